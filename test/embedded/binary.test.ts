import { expect } from 'chai';
import { readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMongod } from '../../server/db/embedded/binary.ts';
import type { Mongod } from '../../server/db/embedded/binary.ts';
import { cacheFolder, listCached, store, workFolder } from '../../server/db/embedded/cache.ts';
import { whyNotWheel } from '../../server/db/embedded/wheel.ts';
import { closedAddress, startMirror, writeFakeMongod } from '../support/fake-mongod.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** An environment in which nothing is installed: empty home, a PATH without python and mongod. */
async function bareEnvironment(more: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  return {
    HOME: temporaryFolder(),
    PATH: temporaryFolder(),
    MONGOMS_DOWNLOAD_MIRROR: await closedAddress(),
    ...more,
  };
}

async function find(
  env: NodeJS.ProcessEnv,
  writtenBy: string | null = null,
): Promise<{ mongod: Mongod | null; lines: string[]; fault: string }> {
  const lines: string[] = [];
  const request = { env, dataDir: temporaryFolder(), writtenBy, report: (line: string) => lines.push(line) };
  try {
    return { mongod: await findMongod(request), lines, fault: '' };
  } catch (err) {
    return { mongod: null, lines, fault: (err as Error).message };
  }
}

async function putInCache(env: NodeJS.ProcessEnv, version: string): Promise<void> {
  const folder = cacheFolder(env, temporaryFolder());
  const work = workFolder(folder);
  await store(folder, work, writeFakeMongod(join(work, 'mongod'), version));
}

describe('Finding a mongod', () => {
  it('takes the named one first, then the installed one, then the cached one', async () => {
    const env = await bareEnvironment();
    await putInCache(env, '7.0.40');
    expect((await find(env)).mongod?.version).to.equal('7.0.40');
    writeFakeMongod(join(env['PATH'] ?? '', 'mongod'), '7.0.50');
    expect((await find(env)).mongod?.version).to.equal('7.0.50');
    const named = writeFakeMongod(join(temporaryFolder(), 'mongod'), '7.0.60');
    const { mongod, lines } = await find({ ...env, LINLI_MONGOD: named });
    expect(mongod).to.deep.equal({ path: named, version: '7.0.60' });
    expect(lines).to.have.length(1);
  });

  it('passes over one that is too old or not there, and says so', async () => {
    const env = await bareEnvironment({ LINLI_MONGOD: '/nowhere/mongod' });
    await putInCache(env, '7.0.40');
    writeFakeMongod(join(env['PATH'] ?? '', 'mongod'), '5.0.9');
    const { mongod, lines } = await find(env);
    expect(mongod?.version).to.equal('7.0.40');
    expect(lines.join('\n')).to.match(/LINLI_MONGOD: there is no such file/);
    expect(lines.join('\n')).to.match(/5\.0\.9, at least 6\.0 is needed/);
  });

  it('never opens data with another series than wrote it', async () => {
    const env = await bareEnvironment();
    await putInCache(env, '8.0.30');
    await putInCache(env, '6.0.9');
    expect((await find(env)).mongod?.version).to.equal('8.0.30');
    expect((await find(env, '6.0.5')).mongod?.version).to.equal('6.0.9');
    expect((await find(env, '7.0.1')).fault).to.include('none that opens data written by 7.0.1');
  });

  it('downloads from the mirror, keeps it, and needs no network the second time', async () => {
    const mirror = await startMirror({ version: '8.0.21' });
    const env = await bareEnvironment({ MONGOMS_DOWNLOAD_MIRROR: mirror.url });
    const first = await find(env);
    expect(first.mongod?.version, first.fault).to.equal('8.0.21');
    expect(first.lines.join('\n')).to.include(`downloading MongoDB 8.0.21 from ${mirror.url}`);
    expect(mirror.asked.some((path) => path.endsWith('.tgz'))).to.equal(true);
    await mirror.close();
    const second = await find(env);
    expect(second.mongod).to.deep.equal(first.mongod);
    expect(second.lines).to.have.length(1);
  }).timeout(60_000);

  it('keeps nothing of a broken download and lists every way that was tried', async () => {
    const mirror = await startMirror({ version: '8.0.21', broken: true });
    const env = await bareEnvironment({ MONGOMS_DOWNLOAD_MIRROR: mirror.url });
    const { mongod, fault } = await find(env);
    await mirror.close();
    expect(mongod).to.equal(null);
    for (const way of ['LINLI_MONGOD', 'PATH', 'cached', "vendor's download", 'Python package']) {
      expect(fault).to.include(way);
    }
    expect(fault).to.match(/vendor's download: .*(MD5|unexpected end)/i);
    expect(fault).to.include('python3 is not installed');
    expect(fault).to.include('MONGODB_URI=');
    expect(readdirSync(cacheFolder(env, ''))).to.deep.equal([]);
  }).timeout(60_000);

  it('goes on at once when the mirror refuses', async () => {
    const env = await bareEnvironment();
    const startedAt = performance.now();
    const { fault } = await find(env);
    expect(fault).to.match(/cannot be reached \(ECONNREFUSED\)/);
    // Far below what is waited for a mirror that does not answer.
    expect(performance.now() - startedAt).to.be.lessThan(10_000);
  });
});

describe('The cache of mongods', () => {
  it('lies in the data folder when no home can be written', async () => {
    const data = temporaryFolder();
    expect(cacheFolder({ HOME: '/dev/null' }, data)).to.equal(join(data, 'cache', 'mongod'));
    expect(cacheFolder({ HOME: '/dev/null', XDG_CACHE_HOME: data }, data)).to.equal(
      join(data, 'linli', 'mongod'),
    );
  });

  it('is safe for two that store the same at once', async () => {
    const env = await bareEnvironment();
    await Promise.all([putInCache(env, '7.0.40'), putInCache(env, '7.0.40'), putInCache(env, '7.0.40')]);
    const folder = cacheFolder(env, '');
    expect(await listCached(folder, () => undefined)).to.have.length(1);
    expect(readdirSync(folder).filter((name) => !name.startsWith('work-'))).to.have.length(1);
  });

  it('drops a file that was changed or cut short, and keeps one that was merely touched', async () => {
    const env = await bareEnvironment();
    await putInCache(env, '7.0.40');
    const folder = cacheFolder(env, '');
    const [entry = ''] = readdirSync(folder).filter((name) => !name.startsWith('work-'));
    const file = join(folder, entry, 'mongod');
    utimesSync(file, 1, 1);
    expect(await listCached(folder, () => undefined)).to.have.length(1);
    truncateSync(file, 5);
    const lines: string[] = [];
    expect(await listCached(folder, (line) => lines.push(line))).to.have.length(0);
    expect(lines.join()).to.include('damaged');
    await putInCache(env, '7.0.40');
    writeFileSync(file, '#!/bin/sh\necho "db version v9.9.99"\n');
    expect(await listCached(folder, () => undefined)).to.have.length(0);
  });
});

describe('The Python package', () => {
  const folders = [temporaryFolder()];

  it('is for Linux x86-64 only', async () => {
    const reason = await whyNotWheel({}, { platform: 'darwin', arch: 'arm64', libraryFolders: [] });
    expect(reason).to.include('Linux x86-64 only');
  });

  it('needs OpenSSL 3', async () => {
    const reason = await whyNotWheel({}, { platform: 'linux', arch: 'x64', libraryFolders: folders });
    expect(reason).to.include('libssl.so.3 is not installed');
  });

  it('needs python3 with pip, and says which of them is missing', async () => {
    for (const name of ['libssl.so.3', 'libcrypto.so.3']) writeFileSync(join(folders[0] ?? '', name), '');
    const machine = { platform: 'linux', arch: 'x64', libraryFolders: folders };
    const bare = temporaryFolder();
    expect(await whyNotWheel({ PATH: bare }, machine)).to.include('python3 is not installed');
    writeFileSync(join(bare, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(await whyNotWheel({ PATH: bare }, machine)).to.include('pip is not installed');
  });
});
