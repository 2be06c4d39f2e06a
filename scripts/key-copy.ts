import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StartProblem } from '../server/db/embedded/index.ts';

/** Passwords and key file of the embedded server: every data folder makes its own. */
const OF_THE_SERVER = ['database.json', 'mongod.key'];

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !OF_THE_SERVER.includes(name))
    .sort();
}

/** Copies the keys of a data folder; without them certificates cannot be signed with the same key again. @returns how many files */
export function copyKeys(from: string, to: string): number {
  const files = filesBelow(from);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const file of files) cpSync(join(from, file), join(to, file), { force: false, errorOnExist: true });
  return files.length;
}

/** @throws StartProblem when the data folder has keys of its own that differ from the copy's */
export function assertKeysFit(from: string, to: string): void {
  const clash = filesBelow(to).find(
    (file) =>
      !existsSync(join(from, file)) || !readFileSync(join(from, file)).equals(readFileSync(join(to, file))),
  );
  if (clash !== undefined)
    throw new StartProblem(
      `${join(to, clash)} is another key than the copy's: restore into a new LINLI_DATA, or leave the keys out with --without-keys.`,
    );
}

/** Puts copied keys into a data folder that has none, or the same. @returns how many were added */
export function restoreKeys(from: string, to: string): number {
  const missing = filesBelow(from).filter((file) => !existsSync(join(to, file)));
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const file of missing) cpSync(join(from, file), join(to, file));
  return missing.length;
}
