import { spawn } from 'node:child_process';

/**
 * Ends `pid` in order as soon as this process is gone, however it went: a shell waits for the end of a pipe that only
 * this process holds open. Before it signals, it makes sure that the number still belongs to a process whose arguments
 * name `mark`. It runs in a session of its own, so that a Ctrl-C at the terminal does not end it.
 * @param cleanUp folders to remove after that, for servers that live for one test run: those are ended at once
 * @returns a function that dismisses the watchdog without touching the process; resolves when it is gone
 */
export function watchOver(pid: number, mark: string, cleanUp: readonly string[] = []): () => Promise<void> {
  const script = [
    'while read -r line; do [ "$line" = dismissed ] && exit 0; done',
    'if [ -e "/proc/$1/cmdline" ]; then grep -qF -- "$2" "/proc/$1/cmdline" || exit 0; fi',
    'pid=$1; shift 2',
    '[ $# -gt 0 ] || { kill -TERM "$pid" 2>/dev/null; exit 0; }',
    'kill -KILL "$pid" 2>/dev/null',
    'while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done',
    'rm -rf -- "$@"',
  ].join('\n');
  const child = spawn('/bin/sh', ['-c', script, 'linli-watchdog', String(pid), mark, ...cleanUp], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    // Without a shell there is no watchdog; the next start still finds and ends the orphan.
    child.on('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  child.unref();
  unref(child.stdin);
  return () => {
    // Who waits for it must not be ended by having nothing else to do.
    child.ref();
    child.stdin.end('dismissed\n');
    return gone;
  };
}

/** Node's pipe streams are sockets at run time and can be unreferenced; the types do not say so. */
function unref(stream: object): void {
  (stream as { unref?: () => void }).unref?.();
}
