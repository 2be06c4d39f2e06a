import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { database } from '../../server/db/connect.ts';
import { OutboxModel } from '../../server/db/outbox.ts';
import { CertificateBatchModel } from '../../server/features/certificates/certificate.batch.model.ts';
import { CertificateModel } from '../../server/features/certificates/certificate.model.ts';
import { bytesOf } from '../../server/features/certificates/certificate.verify.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant, inTenant } from '../factories/people.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { expectVerified } from '../support/processes.ts';
import { eventually } from '../support/temporary.ts';

const PEOPLE = 36;
/** The first dies as soon as ten have numbers, the second half way through, more of them at any moment. */
const KILLS = Math.max(2, Number(process.env['LINLI_FAULT_ROUNDS'] ?? 2));
const AT = [1, PEOPLE / 2];

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('certificates for many whose worker is killed', function () {
  this.timeout(300_000);
  let tenant: Tenant;
  before(async () => {
    await freshTestApp();
    tenant = await createTenant();
  });
  after(async () => stopTestApp());

  async function startJobs(): Promise<Command> {
    const { mongodbUri, dataDir } = await testApp();
    const jobs = startCommand(['scripts/start-jobs.ts'], {
      MONGODB_URI: mongodbUri,
      LINLI_DATA: dataDir,
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
    });
    await jobs.says('Linli jobs are running');
    return jobs;
  }
  const made = (): Promise<number> => inTenant(tenant.id, () => CertificateModel.countDocuments({}));

  it('come once each, numbered without a gap, signed, and told of once', async () => {
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const api = await desk.api();
    const people: string[] = [];
    for (let at = 0; at < PEOPLE; at += 1) {
      const member = await createMember(tenant);
      const hoursId = await createServed(tenant, member, { hoursAgo: 9 });
      expect((await api.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
      people.push(member.personId);
    }
    const started = await api.post('/certificate-batches', { scope: 'all' });
    expect(started.status, started.text).to.equal(201);
    const { id } = started.json<{ id: string }>();
    const over = async (): Promise<boolean> =>
      (await inTenant(tenant.id, () => CertificateBatchModel.findById(id).lean()))?.state === 'done';

    const seen: number[] = [];
    for (let killed = 0; killed < KILLS && !(await over()); killed += 1) {
      const jobs = await startJobs();
      const goal = AT[killed] ?? (await made()) + 1 + Math.floor(Math.random() * 12);
      await eventually(`${goal} are made`, async () => (await made()) >= Math.min(goal, PEOPLE), 60_000);
      jobs.child.kill('SIGKILL');
      expect(await jobs.ended).to.equal('SIGKILL');
      seen.push(await made());
      // Its lease would end by itself in a minute and a half; nobody waits for that here.
      await database().collection('workclaims').deleteMany({});
    }
    expect(seen[0], 'made when the first was killed').to.be.within(1, PEOPLE - 1);
    const last = await startJobs();
    await eventually('all are made', over, 60_000);
    last.child.kill('SIGTERM');
    expect(await last.ended, last.stderr()).to.equal(0);

    expect((await api.get(`/certificate-batches/${id}`)).json()).to.include({
      state: 'done',
      total: PEOPLE,
      issued: PEOPLE,
      found: 0,
      refused: 0,
    });
    const rows = await inTenant(tenant.id, () => CertificateModel.find({}).sort({ number: 1 }).lean());
    expect(rows.map(({ personId }) => String(personId)).sort()).to.deep.equal([...people].sort());
    expect(rows.map(({ number }) => Number(/(\d{6})$/.exec(number)?.[1]))).to.deep.equal(
      Array.from({ length: PEOPLE }, (_none, at) => at + 1),
    );
    for (const { number, pdf, pdfSha256, signedJson } of rows) {
      if (pdf === null || signedJson === null) throw new Error(`${number} was never signed`);
      const bytes = bytesOf(pdf);
      expect(sha256(bytes), number).to.equal(pdfSha256);
      // The signed statement names the drawn part, which stands before it in the file.
      const [, length] = /"pdf":\{"bytes":(\d+)/.exec(signedJson) ?? [];
      expect(signedJson, number).to.include(`"sha256":"${sha256(bytes.subarray(0, Number(length)))}"`);
    }
    const told = await inTenant(tenant.id, () => OutboxModel.find({ kind: 'certificates/issued' }).lean());
    expect(told.map(({ subjectId }) => subjectId).sort()).to.deep.equal(
      rows.map(({ _id }) => String(_id)).sort(),
    );
    await expectVerified();
  });
});
