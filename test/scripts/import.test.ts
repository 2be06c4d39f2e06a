import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTenant, inTenant } from '../factories/people.ts';
import { nycFile, nycRow } from '../feature/imports/samples.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { testApp } from '../support/app.ts';
import { testDatabase } from '../support/mongod.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';
import { ImportModel } from '../../server/features/imports/import.model.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import { ShiftModel } from '../../server/features/shifts/shift.model.ts';

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

describe('npm run import', function () {
  this.timeout(180_000);
  const folder = temporaryFolder();

  async function run(file: string, ...args: string[]): Promise<Command> {
    const database = await testDatabase();
    return startCommand(['scripts/import.ts', 'opportunities', file, ...args], {
      NODE_ENV: 'test',
      LINLI_DATA: folder,
      MONGODB_URI: await database.appUri(),
      MIGRATE_MONGODB_URI: database.migrateUri,
    });
  }
  const stored = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const result = (command: Command): unknown => {
    const line = command.stdout().trimEnd().split('\n').at(-1) ?? '';
    return line.startsWith('{') ? JSON.parse(line) : `${command.stdout()}${command.stderr()}`;
  };

  it('ends with its counts, after a dry run that changed nothing, and writes the rejected rows', async () => {
    const tenant = await createTenant();
    const file = stored('small.csv', nycFile([nycRow(), nycRow(), nycRow({ vol_requests: 'some' })]));
    const report = join(folder, 'rejected.csv');
    const dry = await run(file, '--tenant', tenant.slug, '--dry-run', '--report', report);
    expect(await dry.ended, dry.stderr()).to.equal(0);
    const counts = { read: 3, created: 2, updated: 0, unchanged: 0, rejected: 1 };
    expect(result(dry)).to.deep.equal(counts);
    expect(await inTenant(tenant.id, async () => RequestModel.countDocuments({}))).to.equal(0);
    expect(readFileSync(report, 'utf8')).to.include('cannot be read as a number');
    const real = await run(file, '--tenant', tenant.slug, '--from', day(7));
    expect(await real.ended, real.stderr()).to.equal(0);
    expect(result(real)).to.deep.equal(counts);
    expect(await inTenant(tenant.id, async () => ShiftModel.countDocuments({}))).to.equal(2);
  });

  it('is killed half-way, run again and finished by the worker: nothing is lost, nothing doubled', async () => {
    const tenant = await createTenant();
    const file = stored('many.csv', nycFile(Array.from({ length: 400 }, () => nycRow())));
    const killed = await run(file, '--tenant', tenant.slug, '--from', day(7));
    await eventually(
      'the first rows are applied',
      () => killed.stderr().includes('Applied 100 rows'),
      60_000,
    );
    killed.child.kill('SIGKILL');
    expect(await killed.ended).to.equal('SIGKILL');
    const made = await inTenant(tenant.id, async () => RequestModel.countDocuments({}));
    expect(made).to.be.within(100, 350);
    const again = await run(file, '--tenant', tenant.slug, '--from', day(7));
    expect(await again.ended, again.stderr()).to.equal(0);
    expect(result(again)).to.deep.equal({
      read: 400,
      created: 400 - made,
      updated: 0,
      unchanged: made,
      rejected: 0,
    });
    // The transaction that the kill left open holds its rows until the server ends it; the worker backs off meanwhile.
    const stateOfFirst = (): Promise<string | undefined> =>
      inTenant(tenant.id, async () => (await ImportModel.findOne({}).sort({ createdAt: 1 }).lean())?.state);
    const app = await testApp();
    await eventually(
      'the worker finishes what was killed',
      async () => {
        await app.sweep('imports/apply');
        return (await stateOfFirst()) === 'done';
      },
      90_000,
    );
    await inTenant(tenant.id, async () => {
      expect(await RequestModel.countDocuments({})).to.equal(400);
      expect(await ShiftModel.countDocuments({})).to.equal(400);
      const [first] = await ImportModel.find({}).sort({ createdAt: 1 }).lean();
      expect(first?.state).to.equal('done');
      expect(first?.counts).to.include({ read: 400, created: made, unchanged: 400 - made });
    });
  });

  it('takes a mapping from a file', async () => {
    const tenant = await createTenant();
    const file = stored('own.csv', `what,when,where\nCook soup,${day(20)},Kitchen\n`);
    const mapping = { columns: { title: 'what', date: 'when', placeLabel: 'where' }, system: 'own-list' };
    const path = stored('mapping.json', JSON.stringify(mapping));
    const command = await run(file, '--tenant', tenant.slug, '--mapping', path);
    expect(await command.ended, command.stderr()).to.equal(0);
    expect(result(command)).to.include({ created: 1 });
    const request = await inTenant(tenant.id, async () => RequestModel.findOne({}).lean());
    expect(request?.source?.system).to.equal('own-list');
    const wrong = await run(
      file,
      '--tenant',
      tenant.slug,
      '--mapping',
      stored('bad.json', '{"columns":{"x":"y"}}'),
    );
    expect(await wrong.ended).to.equal(1);
    expect(wrong.stderr()).to.include('The mapping cannot be used');
  });

  it('says what stands in the way and exits 1', async () => {
    const tenant = await createTenant();
    const file = stored('words.csv', 'just words\n');
    const faults: [string, string[]][] = [
      ['only one column', [file, '--tenant', tenant.slug]],
      ['There is no tenant', [file, '--tenant', 'nowhere-at-all']],
      ['There is no file', [join(folder, 'missing.csv'), '--tenant', tenant.slug]],
    ];
    for (const [text, [path = '', ...args]] of faults) {
      const command = await run(path, ...args);
      expect(await command.ended, command.stdout()).to.equal(1);
      expect(command.stderr()).to.include(text);
    }
  });
});
