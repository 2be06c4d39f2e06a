import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { OutboxModel } from '../../server/db/outbox.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import type { AssignmentRow } from '../../server/features/assignments/index.ts';
import { HoursModel } from '../../server/features/hours/hours.model.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import { OfferModel } from '../../server/features/offers/offer.model.ts';
import { PositionModel } from '../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { createServed } from '../factories/hours.ts';
import {
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
  PASSWORD,
} from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { as } from '../support/actor.ts';
import { PageAgent } from '../support/agent.ts';
import type { Answer, ApiAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified, persist, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';
import { eventually } from '../support/temporary.ts';

const DAY_MS = 86_400_000;

/** Makes this many, a few at a time. */
async function several<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const batch = Math.min(10, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: batch }, (_, at) => make(made.length + at)))));
  }
  return made;
}

const rowsOn = (tenant: Tenant, positionId: string): Promise<AssignmentRow[]> =>
  inTenant(tenant.id, async () =>
    AssignmentModel.find({ positionId: new Types.ObjectId(positionId) })
      .sort({ waitSeq: 1, _id: 1 })
      .lean(),
  );
const codeOf = (answer: Answer): string => String(answer.json()['code'] ?? answer.json()['state']);

describe('three web and two jobs processes on one database', function () {
  this.timeout(120_000);
  let processes: Processes;
  const urlOf = (index: number): string => processes.urls[index % processes.urls.length] ?? '';

  before(async () => {
    await freshTestApp();
    processes = await startProcesses({ web: 3, jobs: 2 });
  });
  after(async () => {
    try {
      await processes.stop();
    } finally {
      await stopTestApp();
    }
  });

  it('let ten of two hundred people have the last ten places', async () => {
    const tenant = await createTenant();
    const positionId = await createPosition(tenant, { shiftId: await createShift(tenant), maximum: 10 });
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const crowd = await several(200, () => createMember(tenant));

    const asked = crowd.slice(0, 100);
    const { assignments, matching } = (await testApp()).composed.services;
    // A few at a time: an offer to a hundred is one transaction, and this machine may be slow.
    for (let at = 0; at < asked.length; at += 20) {
      const handles = asked.slice(at, at + 20).map(({ personId }) => matching.handleOf(positionId, personId));
      const outcomes = await as(desk, (actor) => assignments.offerTo(actor, positionId, handles, ''));
      expect(outcomes.filter(({ assignmentId }) => assignmentId !== null)).to.have.length(20);
    }

    const offered = new Map(
      (await rowsOn(tenant, positionId)).map((row) => [String(row.personId), String(row._id)]),
    );
    const programs = await several(200, async (index) => (await crowd[index]!.api()).at(urlOf(index)));

    const settled = await Promise.all(
      crowd.map(({ personId }, index) => {
        const id = offered.get(personId);
        const path = id ? `/assignments/${id}/accept` : `/positions/${positionId}/assignments`;
        return persist(programs[index] as ApiAgent, path, {}, randomUUID());
      }),
    );
    const told = settled.map(({ answer }, index) => {
      expect(answer.status, answer.text).to.be.oneOf([200, 201, 409]);
      return `${index < 100 ? 'asked' : 'came'}: ${codeOf(answer)}`;
    });
    const count = (what: string): number => told.filter((one) => one.endsWith(what)).length;
    expect(count(': accepted'), told.join()).to.equal(10);
    expect(new Set(told)).to.have.property('size').that.is.at.most(4);
    expect(count('asked: accepted') + count('asked: position-full')).to.equal(100);
    expect(count('came: accepted') + count('came: waitlisted')).to.equal(100);
    const rows = await rowsOn(tenant, positionId);
    const line = rows.filter(({ state }) => state === 'waitlisted').map(({ waitSeq }) => waitSeq);
    expect(line).to.deep.equal(line.map((_one, index) => index + 1));
    const position = await inTenant(tenant.id, async () => PositionModel.findById(positionId).lean());
    expect(position?.taken).to.equal(10);
    await expectVerified();
  });

  it('let one of two overlapping shifts of two tenants have the person', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const tries = await several(12, async (index) => {
      const member = await createMember(one);
      const second = memberOf(other, member, await createMembership(other, member));
      const startsAt = new Date(Date.now() + (4 + index) * DAY_MS);
      const span = (minutes: number) => ({
        startsAt: new Date(startsAt.getTime() + minutes * 60_000),
        endsAt: new Date(startsAt.getTime() + (minutes + 120) * 60_000),
      });
      const here = await createPosition(one, { shiftId: await createShift(one, span(0)) });
      const there = await createPosition(other, { shiftId: await createShift(other, span(60)) });
      return [
        { agent: (await member.api()).at(urlOf(index)), positionId: here },
        { agent: (await second.api()).at(urlOf(index + 1)), positionId: there },
      ];
    });
    const outcomes = await Promise.all(
      tries.map((pair) =>
        Promise.all(
          pair.map(({ agent, positionId }) =>
            persist(agent, `/positions/${positionId}/assignments`, {}, randomUUID()),
          ),
        ),
      ),
    );
    for (const pair of outcomes) {
      const codes = pair.map(({ answer }) => codeOf(answer)).sort();
      expect(codes).to.deep.equal(['accepted', 'assignment-refused']);
      const refused = pair.find(({ answer }) => answer.status === 409)!;
      const { reasons } = refused.answer.json<{ reasons: { code: string }[] }>();
      expect(reasons.map(({ code }) => code)).to.deep.equal(['overlapping-shift']);
    }
    await expectVerified();
  });

  it('hand a cancelled place to the first in line once, however many see it', async () => {
    const tenant = await createTenant();
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const places = await several(6, async () => {
      const positionId = await createPosition(tenant, { shiftId: await createShift(tenant), maximum: 1 });
      const people = await several(4, () => createMember(tenant));
      const { assignments } = (await testApp()).composed.services;
      for (const member of people) await as(member, (actor) => assignments.signUp(actor, positionId, ''));
      return { positionId, people };
    });
    const stateOf = async (positionId: string, member: Member): Promise<string> =>
      (await rowsOn(tenant, positionId)).find(({ personId }) => String(personId) === member.personId)
        ?.state ?? '';
    const deskAgent = await desk.api();
    const cancels = await Promise.all(
      places.map(async ({ positionId, people }) => {
        const [holder] = people as [Member];
        const id = String((await rowsOn(tenant, positionId))[0]?._id);
        const own = await holder.api();
        return Promise.all(
          [own, deskAgent, own, deskAgent, own, own].map((agent, index) =>
            persist(agent.at(urlOf(index)), `/assignments/${id}/cancel`, { reason: '有事' }, randomUUID()),
          ),
        );
      }),
    );
    for (const answers of cancels) {
      const codes = answers.map(({ answer }) => codeOf(answer));
      expect(
        codes.filter((code) => code === 'wrong-state'),
        codes.join(),
      ).to.have.length(5);
    }
    for (const { positionId, people } of places)
      expect(await Promise.all(people.map((member) => stateOf(positionId, member)))).to.satisfy(
        (states: string[]) =>
          (states[0] ?? '').startsWith('cancelled_by_') &&
          states.slice(1).join() === 'offered,waitlisted,waitlisted',
      );
    // The offers run out at once, while both jobs processes, and this one, look for what is due.
    await inTenant(tenant.id, async () =>
      OfferModel.updateMany({ state: 'open' }, { $set: { dueAt: new Date(Date.now() - 1_000) } }),
    );
    const { sweep } = await testApp();
    const looked = (async () => {
      for (let pass = 0; pass < 5; pass += 1) await sweep('offers/expire');
    })();
    const more = await startProcesses({ web: 0, jobs: 2 });
    await looked;
    await more.stop();
    for (const { positionId, people } of places)
      expect(await Promise.all(people.slice(1).map((member) => stateOf(positionId, member)))).to.deep.equal([
        'expired',
        'offered',
        'waitlisted',
      ]);
    await inTenant(tenant.id, async () => {
      const offers = await OfferModel.find({ holdsSeat: true }).lean();
      expect(offers.filter(({ state }) => state === 'open')).to.have.length(places.length);
      expect(offers.filter(({ state }) => state === 'expired')).to.have.length(places.length);
      const told = await OutboxModel.find({ kind: 'assignments/moved-up' }).lean();
      expect(told).to.have.length(2 * places.length);
    });
    await eventually('what is to be told was sent', async () => {
      const waiting = await inTenant(tenant.id, () => OutboxModel.countDocuments({ state: 'waiting' }));
      return waiting === 0;
    });
    await expectVerified();
  });

  it('let nobody confirm their own hours, by any door, while others confirm theirs', async () => {
    const tenant = await createTenant();
    const pair = await several(2, () => createMember(tenant, { roles: ['coordinator'] }));
    const records = await Promise.all(
      pair.map((member) => several(6, (index) => createServed(tenant, member, { hoursAgo: 5 + 4 * index }))),
    );
    const doors = await Promise.all(
      pair.map(async (member, index) => ({
        api: await member.api(),
        page: await signedIn(member, urlOf(index)),
        own: records[index]!,
        others: records[1 - index]!,
      })),
    );
    const outcomes = await Promise.all(
      doors.flatMap(({ api, page, own, others }) => [
        ...own.map(async (id, at) => {
          const answer = await api.at(urlOf(at)).post(`/hours/${id}/approve`);
          expect(answer.status, answer.text).to.equal(403);
          return codeOf(answer);
        }),
        ...own.map(async (id, at) => {
          const answer = await api.at(urlOf(at)).post('/hours/approvals', { ids: [id, ...own] });
          const { outcomes: many } = answer.json<{ outcomes: { refusal: string }[] }>();
          return [...new Set(many.map(({ refusal }) => refusal))].join();
        }),
        ...own.map(async (id) => {
          const answer = await page.post(`/hours/${id}/approve`);
          expect(answer.status).to.equal(403);
          return 'not-your-own';
        }),
        ...others.map(async (id, at) => {
          const { answer } = await persist(api.at(urlOf(at)), `/hours/${id}/approve`, {}, randomUUID());
          return codeOf(answer);
        }),
      ]),
    );
    expect(outcomes.filter((code) => code === 'not-your-own')).to.have.length(36);
    expect(outcomes.filter((code) => code === 'posted')).to.have.length(12);
    await inTenant(tenant.id, async () => {
      const rows = await HoursModel.find({}).lean();
      for (const row of rows) expect(String(row.confirmedByPersonId)).to.not.equal(String(row.personId));
      expect(await LedgerEntryModel.countDocuments({ cause: 'hours' })).to.equal(24);
    });
    await expectVerified();
  });
});

async function signedIn(member: Member, url: string): Promise<PageAgent> {
  const page = new PageAgent(url);
  await page.get('/sign-in');
  const answer = await page.post('/sign-in', { email: member.email, password: PASSWORD });
  expect(answer.status).to.equal(303);
  await page.post('/session/membership', { membershipId: member.membershipId });
  return page;
}
