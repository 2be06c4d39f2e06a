import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { acrossTenants } from '../../server/core/context.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import type { AssignmentRow } from '../../server/features/assignments/index.ts';
import { PlanModel } from '../../server/features/plans/plan.model.ts';
import { PositionModel } from '../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  inTenant,
  memberOf,
} from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { as } from '../support/actor.ts';
import type { ApiAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified, persist, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';

/** Places of each of four positions, so many offers are answered at once; `LINLI_SEATS=25` makes it a hundred. */
const SEATS = Number(process.env['LINLI_SEATS'] ?? 8);
/** As many as there are places in one organisation, every fourth of them too young. */
const PEOPLE = Math.ceil((2 * SEATS * 4) / 3);
const DAY = 86_400_000;
const YOUNG = { birthDate: '2015-01-01' };

/** Two organisations plan over the same people for the same hours, and everybody answers at once. */
describe('two plans, many acceptances and a drop-out at once', function () {
  this.timeout(180_000);
  let processes: Processes;
  before(async () => {
    await freshTestApp();
    processes = await startProcesses({ web: 1, jobs: 0 });
  });
  after(async () => {
    try {
      await processes.stop();
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  it('give each hour of each person to one of those who ask, and nobody a place that is not there', async () => {
    const { composed, sweep, url } = await testApp();
    const { plans, planSending } = composed.services;
    const urls = [url, ...processes.urls];
    const places: Tenant[] = [await createTenant(), await createTenant()];
    const desks = await Promise.all(places.map((place) => createMember(place, { roles: ['coordinator'] })));
    const people = new Map<string, { here: Member; agent: ApiAgent; young: boolean }>();
    for (let made = 0; made < PEOPLE; made += 10)
      await Promise.all(
        Array.from({ length: Math.min(10, PEOPLE - made) }, async (_unused, at) => {
          const young = (made + at) % 4 === 3;
          const here = await createMember(places[0] as Tenant, { person: young ? YOUNG : {} });
          memberOf(places[1] as Tenant, here, await createMembership(places[1] as Tenant, here));
          people.set(here.personId, {
            here,
            young,
            agent: (await here.api()).at(urls[at % urls.length] ?? url),
          });
        }),
      );
    // The same three hours in both places: nobody can be in both.
    for (const place of places)
      for (const days of [2, 3]) {
        const startsAt = new Date(Math.floor(Date.now() / DAY + days) * DAY + 6 * 3_600_000);
        const shiftId = await createShift(place, {
          startsAt,
          endsAt: new Date(startsAt.getTime() + 3 * 3_600_000),
        });
        await createPosition(place, { shiftId, required: SEATS, maximum: SEATS });
      }
    const start = (): Promise<string[]> =>
      Promise.all(
        desks.map((desk) =>
          as(desk, async (actor) => String((await plans.start(actor, { perWeek: 2 }))._id)),
        ),
      );
    const send = async (ids: readonly string[]): Promise<void> => {
      await Promise.all(
        desks.map((desk, at) =>
          as(desk, (actor) => planSending.send(actor, ids[at] ?? '', null, { reason: '急需', note: '' })),
        ),
      );
      await Promise.all([sweep('plans/send'), sweep('plans/send')]);
    };
    const began = Date.now();
    const mark = (what: string): void => {
      if (process.env['LINLI_SHOW']) process.stderr.write(`${what} at ${Date.now() - began} ms\n`);
    };
    const ids = await start();
    await Promise.all([sweep('plans/solve'), sweep('plans/solve')]);
    mark('solved');
    await send(ids);
    mark('sent');
    const offered = await asOperator(() =>
      acrossTenants('test: all offers', () => AssignmentModel.find({ state: 'offered' }).lean()),
    );
    expect(offered).to.have.length(4 * SEATS);
    expect(offered.filter(({ personId }) => people.get(String(personId))?.young)).to.deep.equal([]);

    const times: number[] = [];
    let waited = 0;
    const answer = async ({ _id, personId }: AssignmentRow): Promise<string> => {
      const { agent } = people.get(String(personId)) as { agent: ApiAgent };
      const at = performance.now();
      const { answer: told, waits } = await persist(
        agent,
        `/me/offers/${String(_id)}/accept`,
        {},
        randomUUID(),
      );
      times.push(performance.now() - at);
      waited += waits;
      const body = told.json<{
        state?: string;
        code?: string;
        reasons?: { code: string; params?: object }[];
      }>();
      expect(told.status, told.text).to.equal(body.state === 'accepted' ? 200 : 409);
      if (body.state === 'accepted') return 'accepted';
      // The rule and the shift that is in the way, whoever organises it.
      expect(body.code, told.text).to.equal('assignment-refused');
      expect(body.reasons?.map(({ code }) => code)).to.deep.equal(['overlapping-shift']);
      expect(body.reasons?.[0]?.params).to.have.keys('shift', 'startsAt', 'endsAt');
      return 'refused';
    };
    const leaver = offered.find(({ tenantId }) => String(tenantId) === places[0]?.id) as AssignmentRow;
    const dropOut = async (): Promise<string> => {
      const said = await answer(leaver);
      const { agent } = people.get(String(leaver.personId)) as { agent: ApiAgent };
      const path = `/assignments/${String(leaver._id)}/cancel`;
      if (said === 'accepted')
        expect((await persist(agent, path, { reason: '生病' }, randomUUID())).answer.status).to.equal(200);
      return said;
    };
    const looks = desks.map((desk, at) =>
      as(desk, (actor) => plans.lookNow(actor, ids[at] ?? '')).then(() => sweep('plans/follow')),
    );
    const outcomes = new Map<string, string[]>();
    const note = ({ personId, startsAt }: AssignmentRow, said: string): void => {
      const key = `${String(personId)} ${startsAt.toISOString()}`;
      outcomes.set(key, [...(outcomes.get(key) ?? []), said]);
    };
    await Promise.all([
      ...offered.map(async (row) => note(row, await (row === leaver ? dropOut() : answer(row)))),
      ...looks,
    ]);
    mark('answered');
    if (process.env['LINLI_SHOW'])
      process.stderr.write(
        `${times.length} answers, longest ${Math.round(Math.max(...times))} ms, told to wait ${waited} times; accepted ${[...outcomes.values()].flat().filter((one) => one === 'accepted').length} of ${outcomes.size} hours\n`,
      );
    // Whose hour two asked for said yes twice: one has it. The one who left may have said yes to the other afterwards.
    const free = `${String(leaver.personId)} ${leaver.startsAt.toISOString()}`;
    for (const [key, said] of outcomes)
      expect(said.filter((one) => one === 'accepted').length, key).to.be.within(1, key === free ? 2 : 1);
    for (const place of places)
      await inTenant(place.id, async () => {
        const seated = await AssignmentModel.find({ state: 'accepted' }).lean();
        for (const { _id, taken, maximum } of await PositionModel.find({}).lean()) {
          expect(taken).to.be.at.most(maximum);
          expect(taken).to.equal(
            seated.filter(({ positionId }) => String(positionId) === String(_id)).length,
          );
        }
        expect(await PlanModel.countDocuments({ state: { $ne: 'proposed' } })).to.equal(0);
      });
  });
});
