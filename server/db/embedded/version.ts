import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest server that the embedded start works with. */
export const OLDEST_MONGOD = '6.0.0';

/** Releases with all published security fixes (stack.md, MongoDB server): below them a server is for trying out only. */
const FLOORS = ['7.0.32', '8.0.21'];

/** Negative when `a` is the older version; missing parts count as zero. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const partsOf = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number);

/** Whether a version has the security fixes that production needs. */
export function isSupported(version: string): boolean {
  const [major = 0] = partsOf(version);
  const floor = FLOORS.find((candidate) => partsOf(candidate)[0] === major);
  return floor ? compareVersions(version, floor) >= 0 : major > 8;
}

/**
 * Whether a mongod of `candidate` opens data that `written` wrote without a step by hand: the same major series, and
 * not an older minor one.
 */
export function canOpen(candidate: string, written: string): boolean {
  const [major, minor = 0] = partsOf(candidate);
  const [writtenMajor, writtenMinor = 0] = partsOf(written);
  return major === writtenMajor && minor >= writtenMinor;
}

/**
 * The version a mongod binary reports.
 * @throws Error with the first line of what it said instead
 */
export async function versionOf(mongod: string): Promise<string> {
  try {
    const { stdout } = await run(mongod, ['--version'], { timeout: 20_000 });
    const version = /db version v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (version) return version;
    throw new Error(`it does not say its version (${stdout.slice(0, 80).trim()})`);
  } catch (err) {
    const { code, stderr } = err as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new Error('there is no such file', { cause: err });
    if (code === 'EACCES') throw new Error('it is not executable', { cause: err });
    throw new Error(stderr?.trim().split('\n')[0] ?? (err as Error).message, { cause: err });
  }
}
