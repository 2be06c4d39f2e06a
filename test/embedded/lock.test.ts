import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../../server/db/embedded/lock.ts';
import { identityOf, isRunning } from '../../server/db/embedded/processes.ts';
import { temporaryFolder } from '../support/temporary.ts';

const LOCK = 'in-use.json';

describe('The lock of a data folder', () => {
  it('refuses a second holder and names the first by its process number', () => {
    const folder = temporaryFolder();
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).to.throw(`in use by a running Linli (process ${process.pid})`);
    lock.release();
    lockFolder(folder).release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is taken over from a holder that is gone', () => {
    const folder = temporaryFolder();
    const own = identityOf(process.pid);
    writeFileSync(join(folder, LOCK), JSON.stringify({ ...own, startedAt: '1' }));
    const lock = lockFolder(folder);
    expect(JSON.parse(readFileSync(join(folder, LOCK), 'utf8'))).to.deep.equal(own);
    lock.release();
    expect(existsSync(join(folder, LOCK))).to.equal(false);
  });

  it('is taken over from another boot and from an unreadable file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, LOCK), JSON.stringify({ ...identityOf(process.pid), space: 'another boot' }));
    lockFolder(folder).release();
    writeFileSync(join(folder, LOCK), 'half writ');
    lockFolder(folder).release();
  });
});

describe('A process', () => {
  it('is recognised by number and start time, and not once it has ended', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identityOf(child.pid ?? 0);
    if (identity === null) throw new Error('the child has no identity');
    expect(isRunning(identity)).to.equal(true);
    expect(isRunning({ ...identity, startedAt: `${identity.startedAt}0` })).to.equal(false);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(isRunning(identity)).to.equal(false);
  });
});
