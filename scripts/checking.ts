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
export function readCheckArguments(args: string[]): { file: string; keys: string[]; help: boolean } {
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
export function trustedKeys(paths: readonly string[]): TrustedKeys {
  const own = join(loadConfig({ LINLI_DATA: process.env['LINLI_DATA'] }).dataDir, 'keys', 'certificates');
  if (paths.length === 0 && !existsSync(own)) {
    throw new CannotCheck(`no keys to trust: ${own} does not exist; name the issuer's public key with --key`);
  }
  const trusted = new Map((paths.length > 0 ? paths : [own]).flatMap((path) => [...readTrustedKeys(path)]));
  if (trusted.size === 0) throw new CannotCheck(`no keys to trust in ${paths.join(', ') || own}`);
  return trusted;
}

/** Runs a check and makes its answer the exit code; what cannot be checked is not valid. */
export function runCheck(check: () => number): void {
  try {
    process.exitCode = check();
  } catch (err) {
    if (!(err instanceof CannotCheck || err instanceof KeyFileError)) throw err;
    console.log(`invalid: ${err.message}`);
    process.exitCode = 1;
  }
}
