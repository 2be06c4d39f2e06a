import { spawn } from 'node:child_process';
import { Invalid, Unavailable } from '../../core/errors.ts';
import { logger } from '../../core/logger.ts';

/** Looks at a file from outside before anything of it is kept. @throws Invalid when it is harmful, Unavailable when nobody can say */
export type Scan = (bytes: Buffer) => Promise<void>;

const SECONDS = 30;

/**
 * The operator's malware scanner as a hook (S-43): a command that reads the file on standard input and ends with 0 for
 * clean, 1 for harmful, as `clamdscan -` does. Anything else, or no answer, refuses the file: unknown is not clean.
 */
export function scanWith(command: string | null): Scan {
  if (command === null) return () => Promise.resolve();
  const [program = '', ...args] = command.split(/\s+/);
  return (bytes) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: SECONDS * 1000 });
      const unknown = (why: unknown): void => {
        logger.error({ why }, 'the malware scanner gave no answer; the upload was refused');
        reject(new Unavailable('scan-unavailable'));
      };
      child.once('error', unknown);
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else if (code === 1) reject(Invalid.field('file', 'file-harmful'));
        else unknown(signal ?? code);
      });
      // A scanner may end before it has read everything.
      child.stdin.on('error', () => undefined);
      child.stdin.end(bytes);
    });
}
