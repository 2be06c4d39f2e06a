import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../server/config.ts';
import { KeyFileError, readTrustedKeys } from '../server/core/keys.ts';
import type { TrustedKeys } from '../server/core/keys.ts';

/** What the commands share that check a file offline against keys. */

/** Arguments that mean nothing, or keys that are not there: nothing can be said, so nothing counts as valid. */
export class CannotCheck extends Error {}

/** `FILE [--key PATH …] [--help]`. @throws CannotCheck */
function readCheckArguments(args: string[]): { file: string; keys: string[]; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { file: '', keys: [], help: true };
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new CannotCheck('one FILE is wanted (see --help)');
    return { file, keys: values.key, help: false };
  } catch (err) {
    if (err instanceof CannotCheck) throw err;
    throw new CannotCheck(`${(err as Error).message} (see --help)`);
  }
}

/** The keys named, or those of this installation. @throws CannotCheck when there is none */
function trustedKeys(paths: readonly string[]): TrustedKeys {
  const own = join(loadConfig({ LINLI_DATA: process.env['LINLI_DATA'] }).dataDir, 'keys', 'certificates');
  if (paths.length === 0 && !existsSync(own)) {
    throw new CannotCheck(`no keys to trust: ${own} does not exist; name the issuer's public key with --key`);
  }
  const trusted = new Map((paths.length > 0 ? paths : [own]).flatMap((path) => [...readTrustedKeys(path)]));
  if (trusted.size === 0) throw new CannotCheck(`no keys to trust in ${paths.join(', ') || own}`);
  return trusted;
}

/** What a check found: what the paper states, for people to compare with what they were shown, or why it is none. */
export type Verdict = { readonly states: string } | { readonly invalid: string };

/** Runs a check and makes its answer the exit code; what cannot be checked is not valid. */
export function runCheck(help: string, check: (file: string, keys: TrustedKeys) => Verdict): void {
  const answer = (invalid: string): void => {
    console.log(`invalid: ${invalid}`);
    process.exitCode = 1;
  };
  try {
    const wanted = readCheckArguments(process.argv.slice(2));
    if (wanted.help) return console.log(help);
    const verdict = check(wanted.file, trustedKeys(wanted.keys));
    if ('invalid' in verdict) return answer(verdict.invalid);
    console.log('valid');
    console.error(verdict.states);
  } catch (err) {
    if (!(err instanceof CannotCheck || err instanceof KeyFileError)) throw err;
    answer(err.message);
  }
}

/** @throws CannotCheck for a file that cannot be read, as the caller found it */
export const unreadable = (file: string, err: unknown): CannotCheck =>
  new CannotCheck(`${file} cannot be read (${(err as NodeJS.ErrnoException).code ?? 'error'})`);
