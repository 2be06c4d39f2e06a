import { coveredLevels, dueOnOf, givenSkills, PLATFORM_TYPES, validToOf } from '../credentials/index.ts';
import type { StoredType } from '../credentials/index.ts';
import { searchKeysOf } from '../memberships/index.ts';
import type { Role } from '../../core/permissions.ts';
import { localDay, wallTime } from './demo.calendar.ts';
import {
  generatedAvailability,
  generatedBirthDate,
  generatedLanguages,
  generatedName,
  generatedPhone,
  generatedSkills,
  scattered,
} from './demo.people.ts';
import type { DemoGround, DemoMembership, DemoPerson, DemoTenant } from './demo.types.ts';

export interface CastMember {
  readonly key: string;
  readonly role: Role;
  readonly tenant: string;
  readonly name: string;
  /** A further organisation they serve in. */
  readonly also?: string;
  /** What they are, where it is not told by the role: the sign-in is printed under this word. */
  readonly kind?: 'social-worker';
  /** The first unit of this kind, where the role holds there and below rather than in the whole organisation. */
  readonly at?: 'township' | 'community';
}

/** The people whose sign-ins are printed: one for each role of the department, then some of an organisation. */
export const CAST: readonly CastMember[] = [
  { key: 'volunteer', role: 'volunteer', tenant: 'tonglu', name: '林晓彤', also: 'fuchun' },
  { key: 'coordinator', role: 'coordinator', tenant: 'tonglu', name: '周明远' },
  { key: 'officer', role: 'officer', tenant: 'tonglu', name: '陈思齐' },
  { key: 'reviewer', role: 'reviewer', tenant: 'tonglu', name: '何静宜' },
  { key: 'instructor', role: 'instructor', tenant: 'tonglu', name: '沈嘉禾' },
  { key: 'auditor', role: 'auditor', tenant: 'tonglu', name: '许立诚' },
  { key: 'administrator', role: 'administrator', tenant: 'tonglu', name: '郑怀安' },
  { key: 'fuchun.coordinator', role: 'coordinator', tenant: 'fuchun', name: '吴秋岚' },
  { key: 'fuchun.volunteer', role: 'volunteer', tenant: 'fuchun', name: '江一帆' },
  { key: 'tonghe.coordinator', role: 'coordinator', tenant: 'tonghe', name: '唐诗远' },
  // What needs two persons needs two of them.
  { key: 'reviewer.second', role: 'reviewer', tenant: 'tonglu', name: '苏婉清' },
  // A certified social worker holds no role: what is theirs comes of the certificate.
  { key: 'social-worker', role: 'volunteer', kind: 'social-worker', tenant: 'tonglu', name: '顾若兰' },
  // The same role further down: registers and queues of a township, of a community.
  { key: 'township.officer', role: 'officer', at: 'township', tenant: 'tonglu', name: '俞文博' },
  { key: 'community.officer', role: 'officer', at: 'community', tenant: 'tonglu', name: '盛佳怡' },
];

export function buildPeople(ground: DemoGround, count: number): DemoPerson[] {
  const people = CAST.map((member, index) =>
    onePerson(ground, index, member.name, `${member.key}@example.org`),
  );
  for (let n = CAST.length; n < count; n += 1)
    people.push(
      onePerson(ground, n, generatedName(ground.chance), `v${String(n).padStart(5, '0')}@example.org`),
    );
  return people;
}

function onePerson(ground: DemoGround, n: number, name: string, email: string): DemoPerson {
  const { chance, today, county } = ground;
  const cast = n < CAST.length;
  const township = cast
    ? (county.townships[1] ?? chance.pick(county.townships))
    : chance.pick(county.townships);
  const away = !cast && chance.happens(0.06);
  const neighbour = county.neighbours[0];
  const home = scattered(chance, away && neighbour ? neighbour.centre : township.seat, 4);
  const birthDate = cast
    ? localDay(today, -Math.round((28 + n) * 365.25))
    : generatedBirthDate(chance, today);
  const minor = birthDate > localDay(today, -Math.round(18 * 365.25));
  const skills =
    n === 0
      ? [
          { code: 'elderly-visit', level: 3 },
          { code: 'first-aid', level: 2 },
          { code: 'smartphone-help', level: 3 },
          { code: 'tutoring', level: 2 },
        ]
      : generatedSkills(chance);
  const languages = n === 0 ? ['zh', 'zh-wuu', 'en'] : generatedLanguages(chance);
  const availability =
    n === 0
      ? [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, startMinute: 8 * 60, endMinute: 21 * 60 }))
      : generatedAvailability(chance);
  const joined = wallTime(today, -chance.between(30, 1_400), chance.between(480, 1_200));
  const consent = (purpose: string): object => ({
    purpose,
    version: '2026-11',
    givenAt: joined,
    withdrawnAt: null,
    how: purpose === 'guardian' ? 'paper' : 'self',
    recordedBy: null,
  });
  const id = ground.id('person', n, joined);
  const row = {
    _id: id,
    name,
    phone: generatedPhone(n),
    birthDate,
    languages,
    skills,
    home,
    homeLabel: away
      ? (neighbour?.name['zh-CN'] ?? '')
      : `${township.name['zh-CN']}${chance.pick(township.communities).name['zh-CN']}`,
    county: away ? (neighbour?.code ?? county.code) : county.code,
    availability,
    emergencyContact:
      chance.happens(0.7) || cast
        ? {
            name: generatedName(chance),
            phone: generatedPhone(n + 5_000),
            relation: chance.pick(['配偶', '父母', '子女', '朋友']),
          }
        : null,
    consents: [
      consent('terms'),
      ...(chance.happens(0.4) ? [consent('asked-by-others')] : []),
      ...(minor ? [consent('guardian')] : []),
    ],
    documentType: 'demo',
    createdAt: joined,
  };
  const byRota = CAST[n]?.kind === 'social-worker';
  const accountId = ground.id('account', n, joined);
  return { id, accountId, name, birthDate, skills, languages, row, email, byRota };
}

/** Accounts; only the cast can sign in, the others have no password. */
export const accountRow = (person: DemoPerson, passwordHash: string | null): object => ({
  _id: person.accountId,
  personId: person.id,
  email: person.email,
  emailKey: person.email,
  passwordHash,
  state: 'active',
  createdAt: (person.row as { createdAt: Date }).createdAt,
  confirmedAt: (person.row as { createdAt: Date }).createdAt,
});

const KINDS = [
  'volunteer',
  'volunteer',
  'volunteer',
  'volunteer',
  'volunteer',
  'volunteer',
  'volunteer',
  'community-worker',
  'staff',
] as const;
/** Most are approved; every other state has somebody in it. */
const STATES = [
  'submitted',
  'needs_correction',
  'first_review',
  'rejected',
  'withdrawn',
  'suspended',
  'ended',
  'draft',
] as const;

export function buildMemberships(
  ground: DemoGround,
  people: readonly DemoPerson[],
  tenants: readonly DemoTenant[],
): DemoMembership[] {
  const { chance } = ground;
  const memberships: DemoMembership[] = [];
  const tenantOf = (slug: string): DemoTenant => tenants.find((tenant) => tenant.slug === slug) as DemoTenant;
  people.forEach((person, n) => {
    const member = CAST[n];
    if (member) {
      memberships.push(
        oneMembership(ground, person, tenantOf(member.tenant), {
          state: 'approved',
          kind: member.kind ?? (member.role === 'volunteer' ? 'volunteer' : 'staff'),
          role: member.role,
          at: member.at,
        }),
      );
      if (member.also)
        memberships.push(
          oneMembership(ground, person, tenantOf(member.also), {
            state: 'approved',
            kind: 'volunteer',
            role: 'volunteer',
          }),
        );
      return;
    }
    const slugs = chance.happens(0.72) ? ['tonglu'] : [chance.pick(['fuchun', 'tonghe'])];
    if (chance.happens(0.18))
      slugs.push(chance.pick(['fuchun', 'tonghe'].filter((slug) => !slugs.includes(slug))));
    for (const slug of slugs) {
      const state = chance.happens(0.93) ? 'approved' : chance.pick(STATES);
      const kind = n < CAST.length + SOCIAL_WORKERS + 12 ? 'social-worker' : chance.pick(KINDS);
      memberships.push(oneMembership(ground, person, tenantOf(slug), { state, kind, role: 'volunteer' }));
    }
  });
  return memberships;
}

function oneMembership(
  ground: DemoGround,
  person: DemoPerson,
  tenant: DemoTenant,
  own: { state: string; kind: string; role: Role; at?: string | undefined },
): DemoMembership {
  const { chance } = ground;
  const unitId =
    own.role === 'volunteer'
      ? chance.pick(tenant.places.filter((place) => place.kind !== 'township')).id
      : (tenant.places.find((place) => place.kind === own.at)?.id ?? tenant.rootUnitId);
  const { createdAt } = person.row as { createdAt: Date };
  const id = ground.id('membership', `${tenant.slug}:${person.id}`, createdAt);
  const grants =
    own.role === 'volunteer' ? [] : [{ role: own.role, unitId, grantedBy: null, grantedAt: createdAt }];
  const path = historyOf(own.state);
  const row = {
    _id: id,
    state: own.state,
    version: path.length,
    history: path.map((to, index) => ({
      at: new Date(createdAt.getTime() + index * 86_400_000),
      from: path[index - 1] ?? null,
      to,
      actor: 'operator:seed',
      reason: null,
    })),
    personId: person.id,
    accountId: person.accountId,
    unitId,
    kind: own.kind,
    grants,
    personName: person.name,
    searchKeys: searchKeysOf(person.name),
    motivation: own.state === 'submitted' ? '想为邻居做点事。' : '',
    createdAt,
  };
  return { id, tenant: tenant.slug, personId: person.id, unitId, state: own.state, row };
}

/** The legal way from the first state to this one. */
function historyOf(state: string): string[] {
  const ways: Record<string, string[]> = {
    draft: ['draft'],
    submitted: ['draft', 'submitted'],
    needs_correction: ['draft', 'submitted', 'needs_correction'],
    first_review: ['draft', 'submitted', 'first_review'],
    approved: ['draft', 'submitted', 'first_review', 'approved'],
    rejected: ['draft', 'submitted', 'rejected'],
    withdrawn: ['draft', 'submitted', 'withdrawn'],
    suspended: ['draft', 'submitted', 'first_review', 'approved', 'suspended'],
    ended: ['draft', 'submitted', 'first_review', 'approved', 'ended'],
  };
  return ways[state] ?? [state];
}

/** Holders of a certificate; a few more are members of that kind whose membership is not approved. */
const SOCIAL_WORKERS = 60;
const LEVELS = ['assistant', 'intermediate', 'senior'] as const;
const SOCIAL_WORKER = PLATFORM_TYPES.get('social-worker') as StoredType;
const CHECK = PLATFORM_TYPES.get('background-check') as StoredType;

/** Sixty social-worker certificates in every state of their life; numbers say that they are not real. */
export function buildCredentials(
  ground: DemoGround,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  officerAccountIds: readonly string[],
): { tenant: string; row: object; personId: string; level: string; valid: boolean }[] {
  const { chance, today } = ground;
  const holders = people
    .slice(CAST.length, CAST.length + SOCIAL_WORKERS + 12)
    .flatMap((person) => {
      const membership = memberships.find((own) => own.personId === person.id && own.state === 'approved');
      return membership ? [{ person, membership }] : [];
    })
    .slice(0, SOCIAL_WORKERS);
  return holders.map(({ person, membership }, n) => {
    const level = chance.pick(LEVELS);
    const state =
      n < 40
        ? 'valid'
        : ((
            [
              'claimed',
              'under_review',
              'needs_correction',
              'first_pass',
              'rejected',
              'expiring',
              'expired',
              'suspended',
            ] as const
          )[n % 8] ?? 'valid');
    const startDays = state === 'expired' ? -1_150 : state === 'expiring' ? -1_040 : -chance.between(40, 900);
    const validFrom = localDay(today, startDays);
    const reviewed = ['valid', 'expiring', 'expired', 'suspended'].includes(state);
    const createdAt = wallTime(today, startDays + 5, 600);
    const validTo = validToOf(validFrom, SOCIAL_WORKER);
    const row = {
      _id: ground.id('credential', n, createdAt),
      state,
      version: 1,
      history: [{ at: createdAt, from: null, to: state, actor: 'operator:seed', reason: null }],
      personId: person.id,
      membershipId: membership.id,
      personName: person.name,
      type: 'social-worker',
      level,
      covers: coveredLevels(SOCIAL_WORKER, level),
      gives: givenSkills(SOCIAL_WORKER, level),
      number: `DEMO-${validFrom.slice(0, 4)}-${String(n + 1).padStart(6, '0')}`,
      issuer: '演示发证机构',
      issuedOn: validFrom,
      validFrom,
      validTo,
      windowMonths: SOCIAL_WORKER.windowMonths,
      dueOn: dueOnOf({ state, validTo, windowMonths: SOCIAL_WORKER.windowMonths }),
      firstReviewerId: reviewed || state === 'first_pass' ? officerAccountIds[0] : null,
      finalReviewerId: reviewed ? officerAccountIds[1] : null,
      createdAt,
    };
    return { tenant: membership.tenant, row, personId: person.id, level, valid: state === 'valid' };
  });
}

/** So many members have had their background check, some of them long ago: service for children needs one. */
const CHECKED = 60;

export function buildChecks(
  ground: DemoGround,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  officerAccountIds: readonly string[],
): { tenant: string; row: object }[] {
  const { today } = ground;
  return memberships
    .filter(({ state }) => state === 'approved')
    .filter((_own, n) => n === 0 || n % 7 === 3)
    .slice(0, CHECKED)
    .map((membership, n) => {
      const state = n % 9 === 8 ? 'expired' : 'valid';
      const startDays = state === 'expired' ? -380 - n : -20 - n * 4;
      const validFrom = localDay(today, startDays);
      const validTo = validToOf(validFrom, CHECK) ?? '';
      const createdAt = wallTime(today, startDays + 1, 600);
      const row = {
        _id: ground.id('check', n, createdAt),
        state,
        version: 1,
        history: [{ at: createdAt, from: null, to: state, actor: 'operator:seed', reason: null }],
        personId: membership.personId,
        membershipId: membership.id,
        personName: people.find((person) => person.id === membership.personId)?.name ?? '',
        type: CHECK.code,
        issuer: '演示查询机构',
        issuedOn: validFrom,
        validFrom,
        validTo,
        windowMonths: CHECK.windowMonths,
        dueOn: dueOnOf({ state, validTo, windowMonths: CHECK.windowMonths }),
        firstReviewerId: officerAccountIds[0],
        finalReviewerId: officerAccountIds[1],
        createdAt,
      };
      return { tenant: membership.tenant, row };
    });
}
