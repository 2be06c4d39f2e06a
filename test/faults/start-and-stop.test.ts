import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { freshDatabase } from '../support/mongod.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { expectVerifiedByCommand } from '../support/processes.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import type { TestReplicaSet } from '../support/replica-set.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Processes that are there before their database, and that are asked to stop (F-24, F-25). */
describe('processes on a database that comes later', function () {
  this.timeout(180_000);
  let set: TestReplicaSet;
  let env: NodeJS.ProcessEnv;
  let uri: string;
  let started: Command[] = [];

  before(async () => {
    set = await startReplicaSet({ members: 1 });
    const database = await freshDatabase(set.uri);
    uri = database.migrateUri;
    env = {
      MONGODB_URI: uri,
      LINLI_DATA: temporaryFolder(),
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'error',
    };
    await set.kill(0);
  });
  after(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await set.stop();
  });

  it('wait for it, and three at once migrate it once', async () => {
    started = ['web', 'web', 'jobs'].map((kind) => startCommand([`scripts/start-${kind}.ts`], env));
    for (const one of started) await one.says('does not answer yet');
    await wait(1_000);
    for (const { child } of started) expect(child.exitCode).to.equal(null);
    await set.restart(0);
    await Promise.all(
      started.map((one, at) => one.says(at < 2 ? 'Linli web is ready at ' : 'Linli jobs are running')),
    );
    const told = started.flatMap((one) =>
      one
        .stdout()
        .split('\n')
        .filter((line) => line.startsWith('Migrating: ')),
    );
    const client = await new MongoClient(uri).connect();
    const applied = await client.db().collection('migrations').countDocuments({});
    await client.close();
    expect(told).to.have.length(applied);
    expect(new Set(told)).to.have.property('size', applied);
  });

  it('say that they are not ready any more, finish, and end with 0; a second wish ends them at once', async () => {
    const [first, second] = started as [Command, Command];
    const url = /ready at (\S+)/.exec(first.stdout())?.[1] ?? '';
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    first.child.kill('SIGTERM');
    await eventually('not ready', async () => (await fetch(`${url}/readyz`)).status === 503, 5_000);
    const last = await fetch(`${url}/sign-in`);
    expect(last.status, 'what still comes is answered').to.equal(200);
    expect(last.headers.get('connection')).to.equal('close');
    expect(await first.ended, first.stderr()).to.equal(0);

    second.child.kill('SIGTERM');
    await second.says('Stopping');
    await wait(600);
    second.child.kill('SIGTERM');
    expect(await second.ended).to.equal(130);
    expect(second.stderr()).to.include('Ended at once.');
    started[2]?.child.kill('SIGTERM');
    expect(await started[2]?.ended).to.equal(0);
    await expectVerifiedByCommand(env);
  });
});
