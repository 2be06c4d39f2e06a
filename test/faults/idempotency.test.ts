import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { createConnection } from 'node:net';
import { database } from '../../server/db/connect.ts';
import { IdempotencyModel, once } from '../../server/db/idempotency.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createMember, createMembership, createTenant, inTenant, memberOf } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { as } from '../support/actor.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified } from '../support/processes.ts';
import { eventually } from '../support/temporary.ts';

/** The same key: the same answer and one effect, whatever happens in between (F-3). */
describe('an idempotency key', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let member: Member;

  before(async () => {
    await freshTestApp();
    tenant = await createTenant();
    member = await createMember(tenant);
  });
  after(async () => {
    try {
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  /** Each on a day of its own: one person can be at one place only. */
  let days = 2;
  const place = async (where: Tenant = tenant): Promise<string> => {
    days += 1;
    const startsAt = new Date(Date.now() + days * 86_400_000);
    return createPosition(where, { shiftId: await createShift(where, { startsAt }) });
  };
  const places = (positionId: string): Promise<number> =>
    inTenant(tenant.id, () => AssignmentModel.countDocuments({ positionId: new Types.ObjectId(positionId) }));
  const keys = (key: string): Promise<number> =>
    inTenant(tenant.id, () => IdempotencyModel.countDocuments({ key }));
  const pathOf = (positionId: string): string => `/positions/${positionId}/assignments`;

  it('gives the same answer again and has one effect, one after the other and all at once', async () => {
    const api = await member.api();
    const positionId = await place();
    const key = { 'idempotency-key': randomUUID() };
    const first = await api.post(pathOf(positionId), { note: '一' }, key);
    expect(first.status).to.equal(201);
    expect(first.headers.get('idempotent-replayed')).to.equal(null);
    const second = await api.post(pathOf(positionId), { note: '一' }, key);
    expect([second.status, second.text, second.headers.get('idempotent-replayed')]).to.deep.equal([
      201,
      first.text,
      'true',
    ]);
    const together = await place();
    const crowd = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.post(pathOf(together), { note: '' }, crowd)),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).to.be.at.least(1);
    expect(new Set(made.map(({ text }) => text))).to.have.property('size', 1);
    for (const { status, text } of answers)
      if (status !== 201) expect([status, text.includes('request-in-flight')]).to.deep.equal([409, true]);
    expect([await places(positionId), await places(together)]).to.deep.equal([1, 1]);
  });

  it('with another body is refused and does nothing', async () => {
    const api = await member.api();
    const [one, other] = [await place(), await place()];
    const key = { 'idempotency-key': randomUUID() };
    expect((await api.post(pathOf(one), { note: '甲' }, key)).status).to.equal(201);
    for (const again of [
      await api.post(pathOf(one), { note: '乙' }, key),
      await api.post(pathOf(other), { note: '甲' }, key),
    ])
      expect([again.status, again.json()['code']]).to.deep.equal([422, 'idempotency-key-reused']);
    expect(await places(other)).to.equal(0);
  });

  it('counts for one person, one organisation and one action only', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const positionId = await place();
    const other = await createMember(tenant);
    const [mine, theirs] = [
      await (await member.api()).post(pathOf(positionId), {}, key),
      await (await other.api()).post(pathOf(positionId), {}, key),
    ];
    expect([mine.status, theirs.status]).to.deep.equal([201, 201]);
    expect(mine.json()['id']).to.not.equal(theirs.json()['id']);
    const cancelled = await (
      await member.api()
    ).post(`/assignments/${String(mine.json()['id'])}/cancel`, { reason: '有事' }, key);
    expect([cancelled.status, cancelled.json()['state']]).to.deep.equal([200, 'cancelled_by_person']);
    const elsewhere = await createTenant();
    const there = memberOf(elsewhere, member, await createMembership(elsewhere, member));
    const far = await place(elsewhere);
    expect((await (await there.api()).post(pathOf(far), {}, key)).status).to.equal(201);
    expect(await keys(key['idempotency-key'])).to.equal(3);
  });

  it('whose first request is still running is told so, and whose request failed may come again', async () => {
    const api = await member.api();
    const positionId = await place();
    const key = randomUUID();
    const call = { route: 'assignments/sign-up', key, input: {} };
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let running = false;
    const failing = as(member, () =>
      inTransaction(() =>
        once(call, async () => {
          running = true;
          await held;
          throw new Error('the first one fails');
        }),
      ),
    ).catch((err: unknown) => (err as Error).message);
    await eventually('the first request is under way', () => running);
    const meanwhile = await api.post(pathOf(positionId), {}, { 'idempotency-key': key });
    expect([meanwhile.status, meanwhile.json()['code']]).to.deep.equal([409, 'request-in-flight']);
    release();
    expect(await failing).to.equal('the first one fails');
    // What failed left no key behind: key and effect are one transaction.
    expect([await keys(key), await places(positionId)]).to.deep.equal([0, 0]);
    const again = await api.post(pathOf(positionId), {}, { 'idempotency-key': key });
    expect([again.status, again.headers.get('idempotent-replayed')]).to.deep.equal([201, null]);
    expect([await keys(key), await places(positionId)]).to.deep.equal([1, 1]);
  });

  it('of a form is in the form, so that pressing twice acts once', async () => {
    const page = await member.page();
    const positionId = await place();
    const shown = await page.get(`/opportunities/${positionId}`);
    const form = shown.status === 200 ? shown : await page.get('/opportunities');
    const inForm = /name="_key" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    expect(inForm).to.match(/^[\x21-\x7e]{8,255}$/);
    const pressed = [
      await page.post(pathOf(positionId), { _key: inForm }),
      await page.post(pathOf(positionId), { _key: inForm }),
    ];
    expect(pressed.map(({ status }) => status)).to.deep.equal([303, 303]);
    expect(pressed[0]?.location).to.equal(pressed[1]?.location);
    expect(await places(positionId)).to.equal(1);
  });

  it('brings back the answer that a broken connection kept from arriving', async () => {
    const api = await member.api();
    const { url } = await testApp();
    for (const patience of [0, 2, 5, 10, 20, 40, 80]) {
      const positionId = await place();
      const key = randomUUID();
      const body = JSON.stringify({ note: '断线' });
      const { hostname, port, host } = new URL(url);
      const socket = createConnection({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.write(
        `POST /api/v1${pathOf(positionId)} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${api.token}\r\nIdempotency-Key: ${key}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      await new Promise((resolve) => setTimeout(resolve, patience));
      socket.destroy();
      let answer = await api.post(pathOf(positionId), { note: '断线' }, { 'idempotency-key': key });
      await eventually('the first request is over', async () => {
        if (answer.status !== 409) return true;
        answer = await api.post(pathOf(positionId), { note: '断线' }, { 'idempotency-key': key });
        return answer.status !== 409;
      });
      expect(answer.status, `cut after ${patience} ms: ${answer.text}`).to.equal(201);
      expect(await places(positionId)).to.equal(1);
    }
  });

  it('is kept for at least a day', async () => {
    const indexes = await database().collection(IdempotencyModel.collection.name).indexes();
    const [expiry] = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
    expect(expiry?.key).to.deep.equal({ createdAt: 1 });
    expect(expiry?.['expireAfterSeconds']).to.be.at.least(24 * 3_600);
  });
});
