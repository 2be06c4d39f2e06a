import { expect } from 'chai';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { SERVICE_AREAS, SKILL_CODES } from '../../../server/features/skills/index.ts';
import { fit, funnel, personFacts, rank } from '../../../server/features/matching/index.ts';
import type { PersonSources, PositionFacts } from '../../../server/features/matching/index.ts';
import {
  ColumnBuilder,
  entryOf,
  FLAG,
  rowOf,
  slotsOf,
} from '../../../server/features/matching/search/columns.ts';
import { idBytes } from '../../../server/features/matching/search/codes.ts';
import { entryOfSources, placeBeside, sparseOf } from '../../../server/features/matching/search/entry.ts';
import type { Sparse } from '../../../server/features/matching/search/entry.ts';
import { search } from '../../../server/features/matching/search/query.ts';
import type { Epoch } from '../../../server/features/matching/search/query.ts';
import { TenantEpoch } from '../../../server/features/matching/search/search.epoch.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { priceOf } from '../../../server/features/matching/prices.ts';
import type { Prices } from '../../../server/features/matching/prices.ts';
import { position, settings } from './facts.ts';

const TENANT = '0123456789abcdef01234567';
const tenant = { id: TENANT, zone: 'Asia/Shanghai', serviceCounties: ['330122'] } as unknown as Tenant;
const SKILLS = [...SKILL_CODES].slice(0, 4);
const REQUEST = 'aaaaaaaaaaaaaaaaaaaaaaaa';
const oid = (n: number): Types.ObjectId => new Types.ObjectId(n.toString(16).padStart(24, '0'));

/** Somebody at random, with everything that a rule asks for more or less often. */
const someone = fc.record({
  member: fc.boolean(),
  at: fc.option(
    fc.record({ up: fc.integer({ min: -400, max: 400 }), along: fc.integer({ min: -400, max: 400 }) }),
    {
      freq: 6,
    },
  ),
  birthDate: fc.option(
    fc.constantFrom('1950-02-28', '1990-11-25', '2008-11-25', '2010-01-01', '2016-06-01'),
    {
      freq: 6,
    },
  ),
  guardian: fc.boolean(),
  languages: fc.subarray(['zh', 'en', 'wu']),
  skills: fc.uniqueArray(
    fc.record({
      code: fc.constantFrom(...SKILLS),
      level: fc.integer({ min: 1, max: 3 }),
      seen: fc.boolean(),
    }),
    { selector: ({ code }) => code },
  ),
  slots: fc.array(
    fc.record({
      weekday: fc.integer({ min: 1, max: 7 }),
      from: fc.integer({ min: 0, max: 22 }),
      hours: fc.integer({ min: 1, max: 24 }),
      odd: fc.boolean(),
    }),
    { maxLength: 8 },
  ),
  radius: fc.constantFrom(null, null, 2_000, 10_000, 50_000),
  interests: fc.subarray(SERVICE_AREAS.slice(0, 3).map(({ code }) => code)),
  kind: fc.constantFrom('volunteer', 'social-worker', 'community-worker'),
  places: fc.array(
    fc.record({ kept: fc.boolean(), here: fc.boolean(), daysAgo: fc.integer({ min: 1, max: 90 }) }),
    {
      maxLength: 4,
    },
  ),
  booked: fc.array(
    fc.record({
      hour: fc.integer({ min: -60, max: 60 }),
      hours: fc.integer({ min: 1, max: 9 }),
      own: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  certified: fc.boolean(),
  trained: fc.boolean(),
  excluded: fc.constantFrom(null, null, null, '*', REQUEST, 'bbbbbbbbbbbbbbbbbbbbbbbb'),
});
type Someone = typeof someone extends fc.Arbitrary<infer S> ? S : never;
const consent = (purpose: string) => ({
  purpose,
  version: '2026-11',
  givenAt: new Date(0),
  withdrawnAt: null,
});

function sourcesOf(one: Someone, n: number): PersonSources {
  const { at, places, booked, excluded } = one;
  const start = position.startsAt.getTime();
  return {
    person: {
      _id: oid(n * 7_919 + 1),
      county: '330122',
      birthDate: one.birthDate,
      languages: one.languages,
      skills: one.skills.map(({ code, level }) => ({ code, level })),
      home: at
        ? { type: 'Point', coordinates: [119.69 + at.along / 1_000, 29.8 + at.up / 1_000] }
        : undefined,
      availability: one.slots.map(({ weekday, from, hours, odd }) => ({
        weekday,
        startMinute: from * 60 + (odd && from === 8 ? 30 : odd && from === 7 ? 15 : 0),
        endMinute: Math.min(1_440, (from + hours) * 60),
      })),
      radiusMetres: one.radius,
      interests: one.interests,
      consents: [consent('asked-by-others'), ...(one.guardian ? [consent('guardian')] : [])],
    } as never,
    membership: one.member
      ? {
          state: 'approved',
          kind: one.kind as 'volunteer',
          verifiedSkills: one.skills
            .filter(({ seen }) => seen)
            .map(({ code, level }) => ({ code, level, verifiedBy: oid(1), verifiedAt: new Date(0) })),
        }
      : null,
    notToBeAsked: false,
    credentials: one.certified
      ? [
          {
            type: 'social-worker',
            level: 'senior',
            covers: ['senior'],
            gives: one.guardian ? [{ code: SKILLS[0] ?? '', level: 3 }] : [],
            validFrom: '2025-01-01',
            validTo: one.trained ? '2027-01-01' : '2026-01-01',
            state: 'valid',
            renewalUnderWay: false,
          },
        ]
      : [],
    bookings: booked.map(({ hour, hours, own }, index) => ({
      assignmentId: oid(index + 5),
      tenantId: new Types.ObjectId(own ? TENANT : 'ffffffffffffffffffffffff'),
      startsAt: new Date(start + hour * 3_600_000),
      endsAt: new Date(start + (hour + hours) * 3_600_000),
    })),
    places: places.map(({ kept, here, daysAgo }) => ({
      requestId: here ? new Types.ObjectId(REQUEST) : oid(3),
      state: kept ? 'checked_out' : 'no_show',
      endsAt: new Date(start - daysAgo * 86_400_000),
    })),
    exclusions: excluded === null ? [] : [excluded === '*' ? null : excluded],
    trained: one.trained ? [{ courseId: 'fire-safety', passedOn: '2026-01-01', validTo: null }] : [],
  };
}

const somewhere: fc.Arbitrary<PositionFacts> = fc
  .record({
    skills: fc.subarray(SKILLS, { maxLength: 2 }),
    minLevel: fc.integer({ min: 1, max: 3 }),
    languages: fc.subarray(['zh', 'en', 'xx'], { maxLength: 1 }),
    placed: fc.boolean(),
    certified: fc.boolean(),
    trained: fc.boolean(),
    minAge: fc.constantFrom(null, 18),
    maxAge: fc.constantFrom(null, 60),
    startMinute: fc.constantFrom(540, 570, 1_380),
    category: fc.constantFrom(...SERVICE_AREAS.slice(0, 4).map(({ code }) => code)),
    lengthMinutes: fc.constantFrom(60, 120, 700),
  })
  .map(({ skills, minLevel, placed, certified, trained, ...rest }) => ({
    ...position,
    ...rest,
    requestId: REQUEST,
    endsAt: new Date(position.startsAt.getTime() + rest.lengthMinutes * 60_000),
    skills: skills.map((code) => ({ code, minLevel })),
    point: placed ? { latitude: 29.8, longitude: 119.69 } : null,
    credentials: certified ? [{ type: 'social-worker', level: '' }] : [],
    trainings: trained ? ['fire-safety'] : [],
  }));

function epochOf(sources: readonly PersonSources[], late: number): Epoch {
  const builder = new ColumnBuilder(4);
  for (const one of sources) builder.add(entryOfSources(one, tenant));
  const columns = builder.build();
  const beside = new Map<string, Sparse>();
  const overlay = new Map<string, PersonSources>();
  const gone = new Set<number>();
  for (const [index, one] of sources.entries()) {
    const id = String(one.person._id);
    const row = rowOf(columns, idBytes(id));
    const few = sparseOf(one);
    if (few) beside.set(id, few);
    if (index < late) {
      overlay.set(id, one);
      columns.flags[row]! |= FLAG.gone;
      gone.add(row);
    }
  }
  return { columns, ...placeBeside(columns, beside), overlay, gone };
}

/** Prices of the people that `sourcesOf` makes, 0 for nobody needed. */
function pricesOf(needed: readonly number[]): Prices {
  const found = needed.flatMap((price, n) => (price > 0 ? [{ price, id: oid(n * 7_919 + 1) }] : []));
  return {
    key: needed.join(),
    ids: Uint8Array.from(found.flatMap(({ id }) => [...Buffer.from(String(id), 'hex')])),
    price: Int32Array.from(found, ({ price }) => price),
    // Some are proposed just here.
    except: found.flatMap(({ id }, n) => (n % 7 === 3 ? [String(id)] : [])),
  };
}

describe('the search among columns', () => {
  it('finds whom the one list finds, with its scores, order and funnel', () => {
    fc.assert(
      fc.property(
        fc.array(someone, { minLength: 0, maxLength: 60 }),
        somewhere,
        fc.integer({ min: 0, max: 5 }),
        fc.subarray(['languages', 'availability', 'service-area', 'distance', 'mix']),
        // Whom a plan needs, and whom nobody here is.
        fc.option(fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 61 }), { freq: 2 }),
        (people, facts, late, off, needed) => {
          const sources = people.map(sourcesOf);
          const how = { ...settings, off };
          const judged = sources.map((one) => ({
            id: String(one.person._id),
            fit: fit(facts, personFacts(one, facts, tenant), how),
          }));
          const prices = needed && pricesOf(needed);
          const expected = rank(
            judged.filter((one) => one.fit.eligible),
            (id) => priceOf(prices, id),
          );
          const served = sources.map(
            ({ person, places = [] }) =>
              [
                String(person._id),
                places.filter(
                  ({ state, requestId }) => state === 'checked_out' && String(requestId) === REQUEST,
                ).length,
              ] as const,
          );
          const found = search(epochOf(sources, late), {
            facts,
            settings: how,
            tenant,
            k: 10,
            others: 5,
            served: served.filter(([, times]) => times > 0),
            prices,
          });
          expect(found.best).to.deep.equal(
            expected
              .slice(0, 10)
              .map(({ id, fit: own }) => ({ personId: id, score: own.score, price: priceOf(prices, id) })),
          );
          expect([found.eligible, found.looked]).to.deep.equal([expected.length, people.length]);
          expect(found.funnel).to.deep.equal(funnel(judged.map((one) => one.fit)));
          const quick = search(epochOf(sources, late), {
            facts,
            settings: how,
            tenant,
            k: 10,
            others: 0,
            served,
            prices,
          });
          expect(quick.best).to.deep.equal(found.best);
        },
      ),
      { numRuns: Number(process.env['LINLI_FUZZ'] ?? 60) },
    );
  });

  it('lays people out again as they were', () => {
    fc.assert(
      fc.property(fc.array(someone, { minLength: 1, maxLength: 30 }), (people) => {
        const { columns } = epochOf(people.map(sourcesOf), 0);
        const slots = slotsOf(columns.patterns);
        const again = new ColumnBuilder(2);
        for (let row = 0; row < columns.size; row++) again.add(entryOf(columns, slots, row));
        const laid = again.build();
        const inPlace = again.finish();
        for (const name of ['ids', 'byId', 'skills', 'skillStart', 'born', 'kept', 'radius'] as const)
          for (const made of [laid, inPlace]) expect(made[name], name).to.deep.equal(columns[name]);
        expect(slots(columns.pattern[0] ?? 0)).to.deep.equal(slotsOf(laid.patterns)(laid.pattern[0] ?? 0));
      }),
      { numRuns: 30 },
    );
  });

  it('knows some of many people while it still reads the others', async () => {
    const total = 12_000;
    const [like] = fc.sample(someone, { numRuns: 1, seed: 7 });
    const near = (n: number): PersonSources => sourcesOf(like as Someone, n);
    const reader = {
      tenant: { id: TENANT, zone: tenant.zone, serviceCounties: [] },
      most: async () => Promise.resolve(total),
      async *everybody() {
        for (let n = 0; n < total; n += 1_000)
          yield Array.from({ length: 1_000 }, (_unused, at) => ({ sources: near(n + at), tally: null }));
      },
    };
    const parts: [read: number, looked: number][] = [];
    const lookedIn = (epoch: TenantEpoch): number =>
      search(epoch.now, { facts: position, settings, tenant, k: 1, others: 0, served: [] }).looked;
    const whole = await TenantEpoch.read(reader as never, new Date(), {
      onPart: (part, read) => parts.push([read, lookedIn(part)]),
      onRest: () => undefined,
    });
    expect(parts).to.deep.equal([[5_000, 5_000]]);
    expect(lookedIn(whole)).to.equal(total);
  });
});
