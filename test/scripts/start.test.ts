import { expect } from 'chai';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { signal } from '../../server/db/embedded/processes.ts';
import { endCommands, startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { databaseProcesses, secondsOf } from '../support/database-processes.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';

const START = 'scripts/start.ts';
const READY = 'Linli is ready at ';

/** What the run's own server is called must not reach a start of its own. */
const plain = (data: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  LINLI_DATA: data,
  PORT: '0',
  LINLI_SEED: 'none',
  NODE_ENV: 'development',
  ...more,
});

const addressOf = ({ stdout }: Command): string => /ready at (\S+)/.exec(stdout())?.[1] ?? '';

async function nothingRuns(data: string): Promise<void> {
  await eventually('nothing runs on the data folder', () => {
    const { mongod, watchdog } = databaseProcesses(data);
    return mongod.length + watchdog.length === 0;
  });
}

describe('npm start', function () {
  this.timeout(120_000);

  // What a failed test left running must not fail the next one, which starts on the same folder.
  afterEach(async () => {
    await endCommands();
    if (usedData) await nothingRuns(await usedData.catch(() => ''));
  });

  let usedData: Promise<string> | null = null;
  /** A data folder on which Linli ran before: whoever does not ask about a first start need not wait for another one. */
  const used = (): Promise<string> => (usedData ??= runOnce());
  async function runOnce(): Promise<string> {
    const data = temporaryFolder();
    const start = startCommand([START], plain(data));
    await start.says(READY);
    start.child.kill('SIGTERM');
    expect(await start.ended).to.equal(0);
    return data;
  }

  it('ends its output with the ready line, serves, and stops everything in order', async () => {
    const data = temporaryFolder();
    const start = startCommand([START], plain(data));
    await start.says(READY);
    expect(start.stdout().trimEnd().split('\n').at(-1)).to.equal(`${READY}${addressOf(start)}`);
    const ready = await fetch(`${addressOf(start)}/readyz`);
    expect(await ready.json()).to.deep.include({ ok: true });
    start.child.kill('SIGINT');
    expect(await start.ended).to.equal(0);
    expect(start.stderr()).to.equal('');
    await nothingRuns(data);
    usedData ??= Promise.resolve(data);
  });

  it('starts a second time in under five seconds', async () => {
    const data = await used();
    const startedAt = performance.now();
    const second = startCommand([START], plain(data));
    await second.says(READY);
    // The machine may be busy with other tests: five seconds of work, and nothing that is waited for.
    expect(secondsOf(second.child.pid, databaseProcesses(data).mongod[0])).to.be.lessThan(5);
    expect(performance.now() - startedAt).to.be.lessThan(30_000);
    expect(second.stdout()).not.to.include('Migrating');
    second.child.kill('SIGTERM');
    expect(await second.ended).to.equal(0);
  });

  it('names the port that is taken and the way out, and leaves nothing running', async () => {
    const data = temporaryFolder();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const start = startCommand([START], plain(data, { PORT: String(port) }));
    expect(await start.ended).to.equal(1);
    expect(start.stderr()).to.include(`Port ${port} on 127.0.0.1 is taken`);
    expect(start.stderr()).to.include(`PORT=${port + 1} npm start`);
    expect(start.stderr()).not.to.include('    at ');
    await new Promise((resolve) => other.close(resolve));
    expect(existsSync(join(data, 'database'))).to.equal(false);
  });

  it('says which data folder cannot be used and why, without a trace, and leaves nothing', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'not a folder');
    const reasons = { [file]: 'it is no folder', [join(file, 'below')]: 'ENOTDIR', '/proc/linli': 'ENOENT' };
    for (const [data, reason] of Object.entries(reasons)) {
      const start = startCommand([START], plain(data));
      expect(await start.ended).to.equal(1);
      expect(start.stderr()).to.include(`The data folder ${data} cannot be used: ${reason}`);
      expect(start.stderr()).to.include('LINLI_DATA=FOLDER npm start').and.not.include('    at ');
    }
  });

  it('names the process that uses the data folder, and does not disturb it', async () => {
    const data = await used();
    const first = startCommand([START], plain(data));
    await first.says(READY);
    const second = startCommand([START], plain(data));
    expect(await second.ended).to.equal(1);
    expect(second.stderr()).to.include(`in use by a running Linli (process ${first.child.pid})`);
    expect((await fetch(`${addressOf(first)}/readyz`)).status).to.equal(200);
    first.child.kill('SIGTERM');
    expect(await first.ended).to.equal(0);
  });

  it('says so and ends when the database dies under it', async () => {
    const data = await used();
    const start = startCommand([START], plain(data));
    await start.says(READY);
    signal(databaseProcesses(data).mongod[0] ?? 0, 'SIGKILL');
    expect(await start.ended).to.equal(1);
    expect(start.stderr()).to.include('The database server ended unexpectedly (signal SIGKILL)');
    await nothingRuns(data);
  });

  it('takes the same Ctrl-C arriving over several ways for one', async () => {
    const data = await used();
    const start = startCommand([START], plain(data));
    await start.says(READY);
    start.child.kill('SIGINT');
    start.child.kill('SIGTERM');
    expect(await start.ended).to.equal(0);
    await nothingRuns(data);
  });

  it('stops in order when it is interrupted in the middle of starting', async () => {
    const data = temporaryFolder();
    const start = startCommand([START], plain(data));
    await start.says('mongod');
    start.child.kill('SIGINT');
    expect(await start.ended).to.equal(0);
    await nothingRuns(data);
  });

  it('leaves nothing running when it is killed in the middle of starting, and starts again', async () => {
    const data = temporaryFolder();
    const killed = startCommand([START], plain(data));
    await killed.says('mongod');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const start = startCommand([START], plain(data));
    await start.says(READY);
    start.child.kill('SIGTERM');
    expect(await start.ended).to.equal(0);
    await nothingRuns(data);
  });

  it('lists every fault of the configuration at once', async () => {
    const start = startCommand([START], plain(temporaryFolder(), { PORT: 'eighty', LOG_LEVEL: 'loud' }));
    expect(await start.ended).to.equal(1);
    expect(start.stderr()).to.include('PORT:').and.include('LOG_LEVEL:');
    expect(start.stderr()).not.to.include('    at ');
  });

  it('ends in order, with its database, when the command that started it is killed', async () => {
    const data = await used();
    const outer = startCommand(['scripts/with-node.mjs', START], plain(data));
    await outer.says(READY);
    outer.child.kill('SIGKILL');
    await outer.ended;
    await nothingRuns(data);
  });

  it('gets the signals that its wrapper gets, which ends with the same code', async () => {
    const data = await used();
    const outer = startCommand(['scripts/with-node.mjs', START], plain(data));
    await outer.says(READY);
    outer.child.kill('SIGTERM');
    expect(await outer.ended).to.equal(0);
    await nothingRuns(data);
  });
});

describe('npm run start:web and start:jobs', () => {
  for (const script of ['scripts/start-web.ts', 'scripts/start-jobs.ts']) {
    it(`${script} wants a database of the operator's and says what to use without one`, async () => {
      const start = startCommand([script], plain(temporaryFolder(), { MONGODB_URI: '' }));
      expect(await start.ended).to.equal(1);
      expect(start.stderr()).to.include('MONGODB_URI is not set').and.include('npm start');
    });
  }
});
