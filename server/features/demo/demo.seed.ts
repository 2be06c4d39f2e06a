import { randomInt } from 'node:crypto';
import { asTenant } from '../../core/context.ts';
import { insertRows } from '../../db/insert.ts';
import type { TenantService } from '../tenants/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { buildAwards } from './demo.awards.ts';
import {
  accountRow,
  buildChecks,
  buildCredentials,
  buildMemberships,
  buildPeople,
  CAST,
} from './demo.members.ts';
import { buildLogs } from './demo.logs.ts';
import type { DemoLog } from './demo.logs.ts';
import { buildNeeds } from './demo.needs.ts';
import { readCounty } from './demo.people.ts';
import { buildTenants } from './demo.places.ts';
import { buildPools } from './demo.pools.ts';
import { buildCredits, buildWatches, ownRegistration } from './demo.talent.ts';
import { createChance, stableId } from './demo.random.ts';
import { buildSearches } from './demo.searches.ts';
import { buildStaffing } from './demo.staffing.ts';
import { buildTraining } from './demo.training.ts';
import type { DemoGround, DemoMembership, DemoPerson, DemoTenant } from './demo.types.ts';

/** One account of each role, for `first-sign-in.json`, and of some who are asked for by another word. */
export interface SignIn {
  readonly role: string;
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

/** What the seed needs from the features whose rules must decide, not a script: hours and their ledger. */
export interface DemoServices {
  readonly tenants: TenantService;
  readonly memberships: MembershipService;
  readonly passwords: { hash(password: string): Promise<string> };
  /** Turns served shifts into hours records and posts the older ones, through the real rules. */
  readonly recordHours: (served: ServedShift) => Promise<void>;
  /** Posts the credit hours of the tenant that are in, as the credits feature does. */
  readonly postCredits: (tenantId: string) => Promise<void>;
  /** Lets these members of a tenant save what they served, the first of them give and ask. */
  readonly keepBank: (tenantId: string, savers: readonly DemoSaver[]) => Promise<void>;
  /** Enters service for its own person, as they would; the rules hold what is worth a second look. */
  readonly logHours: (tenantId: string, log: DemoLog) => Promise<void>;
}

export interface ServedShift {
  readonly tenantId: string;
  readonly assignmentIds: readonly string[];
  /** The account that confirms; null leaves the hours waiting for somebody. */
  readonly confirmer: { readonly accountId: string; readonly membershipId: string } | null;
}

/** Somebody who keeps a time bank. */
export interface DemoSaver {
  readonly accountId: string;
  readonly membershipId: string;
}

export interface DemoOptions {
  readonly seed: number;
  readonly people: number;
  readonly requests?: number;
  readonly today: Date;
  readonly report?: (line: string) => void;
}

export interface DemoCounts {
  readonly tenants: number;
  readonly units: number;
  readonly people: number;
  readonly memberships: number;
  readonly credentials: number;
  readonly requests: number;
  readonly shifts: number;
  readonly assignments: number;
}

/** The days whose hours still wait for confirmation. */
const WAITING_DAYS = 4;

/** Loads the demo place into an empty database. Deterministic but for the passwords, which are made anew each time. */
export async function seedDemo(
  services: DemoServices,
  options: DemoOptions,
): Promise<{ counts: DemoCounts; signIns: SignIn[] }> {
  const { report = () => undefined } = options;
  const ground = groundOf(options);
  const { tenants, rows: tenantRows, units } = buildTenants(ground);
  const people = buildPeople(ground, options.people);
  const memberships = buildMemberships(ground, people, tenants);
  const castOf = (key: string): DemoPerson =>
    people[CAST.findIndex((member) => member.key === key)] as DemoPerson;
  const officers = [castOf('officer').accountId, castOf('reviewer').accountId] as const;
  const registered = [castOf('instructor'), castOf('social-worker')];
  const membershipOf = ({ id }: DemoPerson): DemoMembership =>
    memberships.find(({ personId }) => personId === id) as DemoMembership;
  const credentials = [
    ...buildCredentials(ground, people, memberships, officers),
    ...registered.map((person, n) => ownRegistration(ground, person, membershipOf(person), officers, n + 1)),
  ];
  const watches = buildWatches(ground, credentials, memberships);
  const registeredIds = new Set(registered.map(({ id }) => id));
  const credits = buildCredits(ground, credentials, memberships, registeredIds, castOf('officer'));
  const checks = buildChecks(ground, people, memberships, officers);
  const talent = buildPools(ground, tenants[0] as DemoTenant, people, memberships, credentials, officers);
  const leaderOf = (slug: string): DemoPerson =>
    castOf(slug === 'tonglu' ? 'coordinator' : `${slug}.coordinator`);
  const needs = buildNeeds(
    ground,
    tenants,
    (slug) => ({
      personId: leaderOf(slug).id,
      name: leaderOf(slug).name,
      accountId: leaderOf(slug).accountId,
    }),
    options.requests,
  );
  const socialWorkers = new Set(
    credentials.filter((credential) => credential.valid).map((credential) => credential.personId),
  );
  const searches = buildSearches(ground, people[0] as DemoPerson);
  const awards = buildAwards(ground, {
    people,
    memberships,
    star: castOf('volunteer'),
    recorder: castOf('officer'),
    cast: CAST.length,
  });
  const staffing = buildStaffing(ground, people, memberships, needs.shifts, socialWorkers);

  report(`Demo place: ${people.length} people, ${needs.shifts.length} shifts`);
  const { hashes, passwords } = await castPasswords(services);
  await insertRows('Tenant', tenantRows);
  await insertRows(
    'Person',
    people.map((person) => person.row),
  );
  await insertRows(
    'Account',
    people.map((person, n) => accountRow(person, hashes[n] ?? null)),
  );
  await insertRows('PersonDay', staffing.personDays);
  const served = new Set(staffing.personDays.map(({ _id }) => _id));
  for (const tenant of tenants) {
    const own = <T extends { tenant: string; row: object }>(rows: readonly T[]): object[] =>
      rows.filter((row) => row.tenant === tenant.slug).map(({ row }) => row);
    const shifts = needs.shifts.filter((shift) => shift.tenant === tenant.slug);
    await asTenant(tenant.id, async () => {
      await insertRows(
        'Unit',
        (units.get(tenant.slug) ?? []).map((unit) => unit.row),
      );
      await insertRows('Membership', own(memberships));
      await insertRows('Credential', [...own(credentials), ...own(checks)]);
      await insertRows('RegistrationWatch', own(watches));
      await insertRows('Credit', own(credits));
      if (tenant.slug === 'tonglu') {
        await insertRows('TalentPool', talent.pools);
        await insertRows('PoolMember', talent.members);
      }
      if (tenant.slug === 'tonglu') {
        const names = new Map(people.map(({ id, name }) => [id, name]));
        const learners = memberships
          .filter((one) => one.tenant === tenant.slug && one.state === 'approved')
          .map((membership) => ({ membership, name: names.get(membership.personId) ?? '' }));
        const training = buildTraining(
          ground,
          tenant,
          castOf('instructor'),
          learners,
          served,
          castOf('social-worker'),
        );
        for (const [model, rows] of Object.entries(training)) await insertRows(model, rows);
      }
      await insertRows('Request', own(needs.requests));
      await insertRows(
        'Shift',
        shifts.map((shift) => shift.row),
      );
      await insertRows(
        'Position',
        shifts.map((shift) => ({ ...shift.positionRow, taken: shift.taken, waitSeq: shift.waiting })),
      );
      await insertRows('Assignment', own(staffing.assignments));
      await insertRows('Offer', own(staffing.offers));
      await insertRows('SavedSearch', own(searches));
      await insertRows('Award', own(awards));
    });
    report(`Demo place: ${tenant.slug} is in`);
  }
  await recordServedHours(services, { tenants, memberships, staffing, leaderOf });
  // After the hours: those go into an empty ledger in bulk.
  for (const tenant of tenants) await services.postCredits(tenant.id);
  await services.keepBank(
    (tenants[0] as DemoTenant).id,
    saversOf(castOf('volunteer'), people, memberships, (tenants[0] as DemoTenant).slug),
  );
  const [{ id: department, slug }] = tenants as [DemoTenant];
  for (const log of buildLogs(ground, people, memberships, slug)) await services.logHours(department, log);
  const counts: DemoCounts = {
    tenants: tenants.length,
    units: [...units.values()].flat().length,
    people: people.length,
    memberships: memberships.length,
    credentials: credentials.length,
    requests: needs.requests.length,
    shifts: needs.shifts.length,
    assignments: staffing.assignments.length,
  };
  const signIns = CAST.map((member, n) => ({
    // A role's own word stands for who has it in the whole organisation.
    role: member.kind ?? (member.at ? `${member.at}-${member.role}` : member.role),
    tenant: member.tenant,
    email: castOf(member.key).email,
    password: passwords[n] as string,
  }));
  return { counts, signIns };
}

/** The volunteer of the cast and three more who gave hours in the same organisation. */
function saversOf(
  first: DemoPerson,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  tenant: string,
): DemoSaver[] {
  const of = new Map(
    memberships
      .filter((one) => one.tenant === tenant && one.state === 'approved')
      .map((one) => [one.personId, one.id]),
  );
  return [first, ...people.slice(CAST.length)]
    .flatMap(({ id, accountId }) => {
      const membershipId = of.get(id);
      return membershipId === undefined ? [] : [{ accountId, membershipId }];
    })
    .slice(0, 4);
}

function groundOf({ seed, today }: DemoOptions): DemoGround {
  return {
    seed,
    today,
    chance: createChance(seed),
    county: readCounty(),
    id: (kind, n, at = today) => stableId(seed, kind, n, at),
  };
}

const WORDS = [
  'amber',
  'bamboo',
  'cedar',
  'delta',
  'ember',
  'fern',
  'ginger',
  'harbor',
  'indigo',
  'juniper',
  'kestrel',
  'lotus',
  'maple',
  'nectar',
  'olive',
  'pebble',
  'quartz',
  'river',
  'sorrel',
  'tundra',
  'umber',
  'violet',
  'willow',
  'yarrow',
];

/** Passwords that a person can read off a screen: four words and a number, about 31 bits, for a trial on one machine. */
function memorablePassword(): string {
  return [...Array.from({ length: 4 }, () => WORDS[randomInt(WORDS.length)]), randomInt(1_000, 10_000)].join(
    '-',
  );
}

async function castPasswords({
  passwords,
}: DemoServices): Promise<{ hashes: string[]; passwords: string[] }> {
  const plain = CAST.map(() => memorablePassword());
  return { passwords: plain, hashes: await Promise.all(plain.map((password) => passwords.hash(password))) };
}

interface Served {
  readonly tenants: ReturnType<typeof buildTenants>['tenants'];
  readonly memberships: readonly DemoMembership[];
  readonly staffing: ReturnType<typeof buildStaffing>;
  readonly leaderOf: (slug: string) => DemoPerson;
}

async function recordServedHours(services: DemoServices, served: Served): Promise<void> {
  for (const tenant of served.tenants) {
    const leader = served.leaderOf(tenant.slug);
    const membership = served.memberships.find(
      (own) => own.personId === leader.id && own.tenant === tenant.slug,
    );
    if (!membership) throw new Error(`No coordinator in ${tenant.slug}`);
    const done = served.staffing.assignments.filter(
      (assignment) => assignment.tenant === tenant.slug && assignment.row['state'] === 'checked_out',
    );
    const [older, recent] = [
      done.filter(({ shift }) => shift.day < -WAITING_DAYS),
      done.filter(({ shift }) => shift.day >= -WAITING_DAYS),
    ];
    const ids = (rows: typeof done): string[] => rows.map(({ row }) => String(row['_id']));
    await services.recordHours({
      tenantId: tenant.id,
      assignmentIds: ids(older),
      confirmer: { accountId: leader.accountId, membershipId: membership.id },
    });
    await services.recordHours({ tenantId: tenant.id, assignmentIds: ids(recent), confirmer: null });
  }
}
