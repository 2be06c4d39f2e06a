import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createMember, createMembership, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { PageAgent } from '../../support/agent.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { watchViolations } from '../../support/violations.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Place {
  member: Member;
  api: ApiAgent;
  id: string;
}

/** What comes late, twice, in the wrong order, or from who should have no say any more. */
describe('the day of a shift under attack', function () {
  this.timeout(120_000);
  const broken = watchViolations(/^(hours|assignments)\//);
  before(() => broken.note());
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  /** A shift of four hours that begins in ten minutes. */
  async function scene(people = 1) {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const startsAt = new Date(Date.now() + 10 * MINUTE);
    const shiftId = await createShift(tenant, { startsAt, endsAt: new Date(startsAt.getTime() + 4 * HOUR) });
    const positionId = await createPosition(tenant, { shiftId, maximum: 10 });
    const places: Place[] = [];
    for (let at = 0; at < people; at += 1) {
      const member = await createMember(tenant);
      const api = await member.api();
      const answer = await api.post(`/positions/${positionId}/assignments`);
      expect(answer.status, answer.text).to.equal(201);
      places.push({ member, api, id: answer.json<{ id: string }>().id });
    }
    return { tenant, coordinator, desk: await coordinator.api(), shiftId, places };
  }
  const codeOf = async (desk: ApiAgent, shiftId: string): Promise<string> =>
    String((await desk.get(`/shifts/${shiftId}/attendance`)).json()['code']);
  const codeAt = (desk: ApiAgent, shiftId: string, minutes: number): Promise<string> =>
    atOffset(minutes * MINUTE, () => codeOf(desk, shiftId));
  const deliver = (api: ApiAgent, code: string, key: string = randomUUID()) =>
    api.post('/check-ins', { code, kept: true }, { 'idempotency-key': key });
  const stored = (member: Member, id: string) =>
    inTenant(member.tenant.id, () => AssignmentModel.findById(id).lean());
  const recordOf = async (api: ApiAgent) =>
    (await api.get('/hours')).json<{ data: { id: string; recordedMinutes: number; notes: string[] }[] }>()
      .data;
  const minutesAfter = (from: Date | undefined, at: Date | undefined): number =>
    Math.round((Number(at) - Number(from)) / MINUTE);

  it('gives no hours for what was left of a shift that was cancelled while people were there', async () => {
    const { desk, shiftId, places } = await scene(2);
    const [inside, gone] = places as [Place, Place];
    const coming = await codeOf(desk, shiftId);
    for (const { api } of places)
      expect((await api.post('/check-ins', { code: coming })).json()).to.include({ did: 'checked-in' });
    await atOffset(70 * MINUTE, async () => {
      await (await testApp()).sweep('shifts/start');
      const going = await codeOf(desk, shiftId);
      expect((await gone.api.post('/check-ins', { code: going })).json()).to.include({ did: 'checked-out' });
      const cancelled = await desk.post(`/shifts/${shiftId}/cancellation`, { reason: '雷雨大风' });
      expect(cancelled.status, cancelled.text).to.equal(200);
    });
    await atOffset(7 * HOUR, async () => (await testApp()).sweep('assignments/close'));
    for (const { api, member, id } of [inside, gone]) {
      expect((await stored(member, id))?.state).to.equal('checked_out');
      const records = await recordOf(api);
      expect(records.map(({ recordedMinutes }) => recordedMinutes)).to.deep.equal([60]);
      expect(records[0]?.notes).to.include('left-early');
    }
    expect((await stored(inside.member, inside.id))?.checkOut).to.include({ method: 'automatic' });
    // What was kept on a phone comes too late.
    const late = await codeAt(desk, shiftId, 75);
    await atOffset(80 * MINUTE, async () =>
      expect((await deliver(inside.api, late)).json()).to.include({ code: 'nothing-to-check-in' }),
    );
  });

  it('takes two codes from two phones by what they say, in whatever order they arrive', async () => {
    const { desk, shiftId, places } = await scene(2);
    const codes = [await codeAt(desk, shiftId, 12), await codeAt(desk, shiftId, 132)] as const;
    for (const [place, order] of [
      [places[0], [0, 1]],
      [places[1], [1, 0]],
    ] as const) {
      const { api, member, id } = place as Place;
      await atOffset(140 * MINUTE, async () => {
        const did: unknown[] = [];
        for (const at of order) did.push((await deliver(api, codes[at])).json()['did']);
        expect(did).to.deep.equal(['checked-in', 'checked-out']);
      });
      const row = await stored(member, id);
      expect(minutesAfter(row?.checkIn?.at, row?.checkOut?.at), order.join()).to.be.within(118, 121);
      const [record] = await recordOf(api);
      expect(record?.recordedMinutes).to.be.within(117, 121);
      expect(record?.notes).to.include('code-kept-offline');
    }
  });

  it('takes two codes of one moment, from two phones or typed twice, as one coming', async () => {
    const { desk, shiftId, places } = await scene(2);
    const [kept, typed] = places as [Place, Place];
    const [first, second] = [await codeAt(desk, shiftId, 12), await codeAt(desk, shiftId, 13)];
    await atOffset(60 * MINUTE, async () => {
      expect((await deliver(kept.api, first)).json()).to.include({ did: 'checked-in' });
      expect((await deliver(kept.api, second)).json()).to.include({ code: 'code-used' });
      expect((await deliver(kept.api, first)).json()).to.include({ code: 'code-used' });
    });
    await atOffset(12 * MINUTE, async () =>
      expect((await typed.api.post('/check-ins', { code: first })).json()).to.include({ did: 'checked-in' }),
    );
    await atOffset(13 * MINUTE, async () =>
      expect((await typed.api.post('/check-ins', { code: second })).json()).to.include({ code: 'code-used' }),
    );
    for (const { member, id } of [kept, typed])
      expect((await stored(member, id))?.state).to.equal('checked_in');
  });

  it('takes no kept code of whom the organisation suspended or who left, and none of a shift that was closed', async () => {
    const { desk, shiftId, places, tenant } = await scene(3);
    const [suspended, left, late] = places as [Place, Place, Place];
    const code = await codeAt(desk, shiftId, 12);
    const reviewer = await (await createMember(tenant, { roles: ['reviewer', 'officer'] })).api();
    const stopped = await reviewer.post(`/memberships/${suspended.member.membershipId}/standing`, {
      to: 'suspended',
      reason: '多次违反规定',
    });
    expect(stopped.status, stopped.text).to.equal(200);
    expect((await left.api.post(`/memberships/${left.member.membershipId}/leaving`, {})).status).to.be.within(
      200,
      204,
    );
    await atOffset(60 * MINUTE, async () => {
      for (const { api } of [suspended, left])
        expect((await deliver(api, code)).status).to.be.within(401, 409);
    });
    await atOffset(7 * HOUR, async () => {
      expect((await deliver(late.api, code)).json()).to.include({ code: 'code-not-valid' });
      await (await testApp()).sweep('assignments/close');
      expect((await deliver(late.api, code)).json()).to.include({ code: 'nothing-to-check-in' });
    });
    for (const { api, member, id } of [suspended, left, late]) {
      expect((await stored(member, id))?.checkIn ?? null).to.equal(null);
      if (api === late.api) expect(await recordOf(api)).to.deep.equal([]);
    }
  });

  it('lets no minute run on for somebody who is suspended while there', async () => {
    const { desk, shiftId, places, tenant } = await scene();
    const [{ member, api, id }] = places as [Place];
    await api.post('/check-ins', { code: await codeOf(desk, shiftId) });
    const reviewer = await (await createMember(tenant, { roles: ['reviewer', 'officer'] })).api();
    await atOffset(40 * MINUTE, async () => {
      const stopped = await reviewer.post(`/memberships/${member.membershipId}/standing`, {
        to: 'suspended',
        reason: '酒后到场',
      });
      expect(stopped.status, stopped.text).to.equal(200);
    });
    await atOffset(7 * HOUR, async () => (await testApp()).sweep('assignments/close'));
    expect((await stored(member, id))?.checkOut).to.include({ method: 'automatic' });
    expect((await recordOf(api)).map(({ recordedMinutes }) => recordedMinutes)).to.deep.equal([30]);
  });

  it('counts wrong codes of a person, whatever the door; right ones are not counted', async () => {
    const { desk, shiftId, places } = await scene();
    const [{ api, id }] = places as [Place];
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_none, at) =>
        at % 2 === 0
          ? deliver(api, `AAAA${String(at).padStart(2, '2')}`)
          : api.post(`/assignments/${id}/check-in`, { code: `BBBB${String(at).padStart(2, '2')}` }),
      ),
    );
    const looked = guesses.filter((answer) => answer.json()['code'] === 'code-not-valid');
    expect(looked.length).to.be.at.most(20);
    expect(guesses.filter(({ status }) => status === 429).length).to.equal(40 - looked.length);
    expect((await api.post('/check-ins', { code: await codeOf(desk, shiftId) })).status).to.equal(429);
    // Another person is not held up, however often they are right.
    const other = await scene();
    const [place] = other.places as [Place];
    const key = { 'idempotency-key': randomUUID() };
    const code = await codeOf(other.desk, other.shiftId);
    expect((await place.api.post('/check-ins', { code }, key)).status).to.equal(201);
    for (let turn = 0; turn < 25; turn += 1)
      expect((await place.api.post('/check-ins', { code })).json()).to.include({ code: 'code-used' });
  });

  it('ends devices at the place with the right of who opened them', async () => {
    const { tenant, shiftId, places } = await scene();
    const [{ member, id }] = places as [Place];
    const opener = await createMember(tenant, { roles: ['coordinator'] });
    const opened = await (await opener.api()).post(`/shifts/${shiftId}/kiosks`);
    const device = new PageAgent();
    await device.post(new URL(String(opened.json()['link'])).pathname);
    expect((await device.get('/kiosk')).text).to.not.include('这台设备尚未启用');
    const personal =
      />([A-Z0-9]{6})<\/p>/.exec((await (await member.page()).get('/check-in')).text)?.[1] ?? '';
    const change = (set: object) =>
      inTenant(tenant.id, () => MembershipModel.updateOne({ _id: opener.membershipId }, { $set: set }));
    const before = await inTenant(tenant.id, () => MembershipModel.findById(opener.membershipId).lean());
    for (const [away, back] of [
      [{ state: 'suspended' }, { state: 'approved' }],
      [{ grants: [] }, { grants: before?.grants }],
    ] as const) {
      await change(away);
      expect((await device.get('/kiosk')).text).to.include('这台设备尚未启用');
      await device.post('/kiosk', { who: personal });
      expect((await stored(member, id))?.state).to.equal('accepted');
      await change(back);
    }
    await device.post('/kiosk', { who: personal });
    expect((await stored(member, id))?.state).to.equal('checked_in');
  });

  it('keeps a phone’s codes apart by organisation: what waits for one is not refused by another', async () => {
    const { places } = await scene();
    const [{ member }] = places as [Place];
    const other = await createTenant();
    const there = await createMembership(other, member);
    const page = await member.page();
    const markIn = async (membershipId: string): Promise<string | undefined> => {
      await page.get('/');
      expect((await page.post('/session/membership', { membershipId })).status).to.equal(303);
      return /data-account="([^"]+)"/.exec((await page.get('/check-in')).text)?.[1];
    };
    const [here, elsewhere] = [await markIn(member.membershipId), await markIn(there)];
    expect(here).to.match(/^[\w-]{22}$/);
    expect(elsewhere).to.match(/^[\w-]{22}$/);
    expect(elsewhere).to.not.equal(here);
    expect(await markIn(member.membershipId)).to.equal(here);
  });
});
