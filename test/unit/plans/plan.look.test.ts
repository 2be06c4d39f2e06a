import { expect } from 'chai';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { pairsBeside } from '../../../server/features/matching/index.ts';
import type { PersonSources } from '../../../server/features/matching/index.ts';
import { mondayOf } from '../../../server/features/plans/plan.draft.ts';
import { newSomebody } from '../../../server/features/plans/plan.ground.ts';
import type { Member, OpenPosition, Somebody } from '../../../server/features/plans/plan.ground.ts';
import { Judge } from '../../../server/features/plans/plan.judge.ts';
import { Look } from '../../../server/features/plans/plan.look.ts';
import { PairList } from '../../../server/features/plans/plan.pairs.ts';
import { Calendar, Room } from '../../../server/features/plans/plan.room.ts';
import { someone, somewhere, tenant } from '../matching/anybody.ts';
import { settings } from '../matching/facts.ts';

const SEED = 20_261_128;
const oid = (n: number): Types.ObjectId => new Types.ObjectId(n.toString(16).padStart(24, '0'));

/** Somebody as a run has read them. */
function somebody(sources: PersonSources, number: number): Somebody {
  const one = newSomebody(
    { ...sources.person, _id: oid(number + 1), version: 1 },
    sources.membership ? new Map([[0, sources.membership]]) : undefined,
  );
  const own = <T>(facts: readonly T[] | undefined): ReadonlyMap<number, readonly T[]> =>
    new Map(facts && facts.length > 0 ? [[0, facts]] : []);
  return Object.assign(one, {
    credentials: own(sources.credentials),
    places: own(sources.places),
    exclusions: own(sources.exclusions),
    trained: own(sources.trained),
    pools: own(sources.pools),
    bookings: sources.bookings,
  });
}

describe('a look of a plan at everybody', () => {
  const people = fc.sample(someone, { numRuns: 120, seed: SEED }).map(somebody);
  const facts = fc.sample(somewhere, { numRuns: 300, seed: SEED }).map((one, r) => ({
    ...one,
    shiftState: 'published',
    // Some positions ask for nothing.
    ...(r % 2 === 0 ? { skills: [], languages: [], credentials: [], pools: [], trainings: [] } : {}),
  }));
  const positions = facts.map((one, r) => ({
    tenant: 0,
    position: { _id: oid(r) },
    facts: one,
  })) as OpenPosition[];
  const now = settings.now;
  const members: Member[] = [
    {
      tenant: {
        ...tenant,
        settings: { minAge: 14, dailyCapMinutes: 600 },
        matching: {
          version: 0,
          weights: {},
          off: [],
          weeklyCapMinutes: 2_400,
          restMinutes: 0,
          reachMetres: 60_000,
        },
      } as unknown as Member['tenant'],
      unitIds: null,
    },
  ];

  /** Everything that a run does with its positions, here or with those found by another thread. */
  async function looked(elsewhere: boolean, most: number): Promise<unknown> {
    const calendar = new Calendar(
      facts.map(({ startDate }) => ({ day: startDate, week: mondayOf(startDate) })),
    );
    // Some are engaged on a day, others have had their week, and some are shut out.
    const engaged = new Map(
      [...people.keys()].filter((v) => v % 7 === 0).map((v) => [v, new Set(['2026-11-25'])] as const),
    );
    const room = new Room(calendar, 1, engaged);
    const judge = new Judge(members, [new Set()], now);
    const shut = new Map(positions.map((_, r) => [r, new Set([r % 5, (r * 3) % 50])]));
    const look = new Look({ positions, people, judge, room, shut });
    const pairs = new PairList(positions.length);
    const beside = elsewhere ? pairsBeside(look.pools(1)) : null;
    try {
      const found = (await beside?.find(positions.map((_, r) => look.asked(r)))) ?? null;
      expect(found === null).to.equal(!elsewhere);
      positions.forEach((_, r) =>
        look.best(r, most, pairs, { kept: [1, 2, 3], elsewhere: found && { found, n: r } }),
      );
    } finally {
      await beside?.close();
    }
    return { fitting: look.fitting, all: pairs.all() };
  }

  for (const most of [Infinity, 4])
    it(`comes to the same with pairs that another thread found, ${most} a position`, async () => {
      const here = (await looked(false, most)) as { fitting: number };
      expect(here.fitting).to.be.greaterThan(100);
      expect(await looked(true, most)).to.deep.equal(here);
    });
});
