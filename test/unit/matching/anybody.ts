import fc from 'fast-check';
import { Types } from 'mongoose';
import { RULES } from '../../../server/features/matching/index.ts';
import type { FitSettings, PersonSources, PositionFacts } from '../../../server/features/matching/index.ts';
import { SOFT_RULES } from '../../../server/features/matching/soft.rules.ts';
import { PoolColumns } from '../../../server/features/matching/pairs/pool.columns.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { position, settings } from './facts.ts';

export const TENANT = '0123456789abcdef01234567';
const REQUEST = 'aaaaaaaaaaaaaaaaaaaaaaaa';
export const tenant = { id: TENANT, zone: 'Asia/Shanghai', serviceCounties: ['330122'] } as unknown as Tenant;
const oid = (n: number): Types.ObjectId => new Types.ObjectId(n.toString(16).padStart(24, '0'));
export const RUNS = Number(process.env['LINLI_FUZZ'] ?? 60);
const CODES = ['first-aid', 'it-help', 'of-no-catalogue'];
const START = position.startsAt.getTime();
const HOUR = 3_600_000;

const slot = fc.record({
  weekday: fc.constantFrom(1, 2, 3, 3, 4, 7),
  startMinute: fc.constantFrom(0, 480, 495, 540, 1_380),
  endMinute: fc.constantFrom(480, 600, 660, 1_440, 1_500),
});
const credential = fc.record({
  type: fc.constantFrom('social-worker', 'first-aider'),
  level: fc.constantFrom('', 'assistant', 'senior'),
  covers: fc.subarray(['assistant', 'intermediate', 'senior']),
  gives: fc.array(fc.record({ code: fc.constantFrom(...CODES), level: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 1,
  }),
  validFrom: fc.constantFrom('2025-01-01', '2026-11-26'),
  validTo: fc.constantFrom(null, '2026-11-25', '2026-11-24', '2030-01-01'),
  state: fc.constantFrom('valid', 'expiring'),
  renewalUnderWay: fc.boolean(),
});
const booking = fc
  .record({
    hour: fc.integer({ min: -60, max: 60 }),
    hours: fc.integer({ min: 1, max: 9 }),
    own: fc.boolean(),
  })
  .map(({ hour, hours, own }) => ({
    assignmentId: oid(hour + 1_000),
    tenantId: new Types.ObjectId(own ? TENANT : 'ffffffffffffffffffffffff'),
    startsAt: new Date(START + hour * HOUR),
    endsAt: new Date(START + (hour + hours) * HOUR),
  }));
const place = fc.record({ kept: fc.boolean(), here: fc.boolean(), daysAgo: fc.integer({ min: 1, max: 90 }) });
const seldom = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 }).map((all) => all.slice(1));

/** Somebody at random, with everything that a rule asks for more or less often. */
export const someone: fc.Arbitrary<PersonSources> = fc
  .record({
    standing: fc.constantFrom('approved', 'approved', 'suspended', 'outside', 'unasked', 'elsewhere'),
    at: fc.option(
      fc.record({
        up: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        along: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
      }),
    ),
    birthDate: fc.option(
      fc.constantFrom(
        '1950-02-28',
        '1990-11-25',
        '2008-02-29',
        '2008-11-25',
        '2008-11-26',
        '2012-11-26',
        '2014-02-28',
        '2016-06-01',
      ),
    ),
    guardian: fc.boolean(),
    languages: fc.subarray(['zh', 'en', 'wu']),
    skills: fc.uniqueArray(
      fc.record({ code: fc.constantFrom(...CODES), level: fc.integer({ min: 1, max: 3 }) }),
      {
        selector: ({ code }) => code,
      },
    ),
    seen: fc.subarray(CODES),
    availability: fc.array(slot, { maxLength: 5 }),
    radiusMetres: fc.constantFrom(null, null, 0, 1_500, 30_000),
    interests: fc.subarray(['elderly', 'children', 'another']),
    kind: fc.constantFrom('volunteer', 'social-worker', 'community-worker'),
    kept: fc.constantFrom(false, false, true),
    elsewhere: fc.boolean(),
    credentials: seldom(credential),
    bookings: seldom(booking),
    places: fc.array(place, { maxLength: 4 }),
    exclusions: seldom(fc.constantFrom(null, REQUEST, 'b'.repeat(24))),
    trained: seldom(
      fc.constantFrom(
        { courseId: 'fire-safety', passedOn: '2026-01-01', validTo: null },
        { courseId: 'fire-safety', passedOn: '2026-11-26', validTo: null },
      ),
    ),
    pools: seldom(
      fc.constantFrom(
        { poolId: 'p1', validTo: null },
        { poolId: 'p1', validTo: '2026-11-24' },
        { poolId: 'p2', validTo: null },
      ),
    ),
  })
  .map(({ standing, at, seen, kind, places, kept, elsewhere, ...one }) => ({
    person: {
      _id: oid(1),
      county: standing === 'elsewhere' ? '999999' : '330122',
      birthDate: one.birthDate,
      languages: one.languages,
      skills: one.skills,
      home: at ? { type: 'Point', coordinates: [119.69 + at.along, 29.8 + at.up] } : undefined,
      availability: one.availability,
      radiusMetres: one.radiusMetres,
      interests: one.interests,
      consents: [
        ...(standing === 'unasked' ? [] : ['asked-by-others']),
        ...(one.guardian ? ['guardian'] : []),
      ].map((purpose) => ({ purpose, version: '2026-11', givenAt: new Date(0), withdrawnAt: null })),
    } as never,
    membership: ['approved', 'suspended'].includes(standing)
      ? {
          state: standing as 'approved',
          kind: kind as 'volunteer',
          verifiedSkills: seen.map((code) => ({
            code,
            level: 2,
            verifiedBy: oid(1),
            verifiedAt: new Date(0),
          })),
        }
      : null,
    notToBeAsked: kept,
    elsewhere,
    credentials: one.credentials,
    bookings: one.bookings,
    exclusions: one.exclusions,
    trained: one.trained,
    pools: one.pools,
    places: places.map(({ kept: came, here, daysAgo }) => ({
      requestId: here ? new Types.ObjectId(REQUEST) : oid(3),
      state: came ? ('checked_out' as const) : ('no_show' as const),
      endsAt: new Date(START - daysAgo * 24 * HOUR),
    })),
  }));

export const somewhere: fc.Arbitrary<PositionFacts> = fc
  .record({
    requestId: fc.constantFrom(REQUEST, REQUEST, 'c'.repeat(24)),
    skills: fc.subarray([...CODES, 'of-nobody'], { maxLength: 2 }),
    minLevel: fc.integer({ min: 1, max: 3 }),
    languages: fc.subarray(['zh', 'en', 'xx'], { maxLength: 2 }),
    placed: fc.boolean(),
    credentials: fc.subarray([
      { type: 'social-worker', level: 'intermediate' },
      { type: 'first-aider', level: '' },
    ]),
    trainings: fc.subarray(['fire-safety']),
    pools: fc.subarray([...position.pools]),
    minAge: fc.constantFrom(null, 18),
    maxAge: fc.constantFrom(null, 60),
    bodilyRisk: fc.boolean(),
    insured: fc.constantFrom(true, true, false),
    weekday: fc.constantFrom(3, 7),
    startMinute: fc.constantFrom(540, 570, 1_380),
    dates: fc.constantFrom(
      { startDate: '2026-11-25', endDate: '2026-11-25' },
      { startDate: '2026-11-25', endDate: '2026-11-26' },
      { startDate: '2026-02-28', endDate: '2026-02-28' },
      { startDate: '2028-02-29', endDate: '2028-03-01' },
    ),
    category: fc.constantFrom('elderly', 'children'),
    lengthMinutes: fc.constantFrom(60, 120, 480, 700, 1_500, 2_880, 4_000),
    shiftState: fc.constantFrom('published', 'published', 'published', 'cancelled'),
    taken: fc.integer({ min: 0, max: 3 }),
    team: fc.record({
      certified: fc.integer({ min: 0, max: 1 }),
      semiProfessional: fc.integer({ min: 0, max: 1 }),
    }),
  })
  .map(({ skills, minLevel, placed, dates, ...rest }) => ({
    ...position,
    ...rest,
    ...dates,
    endsAt: new Date(START + rest.lengthMinutes * 60_000),
    skills: skills.map((code) => ({ code, minLevel })),
    point: placed ? { latitude: 29.8, longitude: 119.69 } : null,
  }));

export const people = fc.array(someone, { minLength: 1, maxLength: 25 });
/** A pool is asked about many positions, and remembers what it is asked often. */
export const places = fc
  .array(somewhere, { minLength: 1, maxLength: 3 })
  .map((some) => [...some, ...some, ...some]);
export const weighing: fc.Arbitrary<FitSettings> = fc
  .record({
    off: fc.subarray(RULES.map(({ name }) => name)),
    weights: fc.dictionary(
      fc.constantFrom(...SOFT_RULES.map(({ name }) => name)),
      fc.integer({ min: 0, max: 999 }),
    ),
    minAge: fc.constantFrom(0, 14, 18),
    dailyCapMinutes: fc.constantFrom(120, 600),
    weeklyCapMinutes: fc.constantFrom(600, 2_400),
    restMinutes: fc.constantFrom(0, 480, 720),
    reachMetres: fc.constantFrom(1, 1_000, 20_000, 60_000),
  })
  .map((some) => ({ ...settings, ...some }));
export const poolOf = (sources: readonly PersonSources[]): PoolColumns =>
  new PoolColumns(
    tenant,
    sources.map((one, number) => ({ number, sources: one })),
  );
