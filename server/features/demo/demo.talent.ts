import { nextReminder, remindersOf } from '../re-registration/index.ts';
import { coveredLevels, dueOnOf, givenSkills, PLATFORM_TYPES, validToOf } from '../credentials/index.ts';
import type { StoredType } from '../credentials/index.ts';
import { localDay, wallTime } from './demo.calendar.ts';
import type { DemoGround, DemoMembership, DemoPerson } from './demo.types.ts';

const SOCIAL_WORKER = PLATFORM_TYPES.get('social-worker') as StoredType;

interface Held {
  readonly tenant: string;
  readonly personId: string;
  readonly level: string;
  readonly valid: boolean;
  readonly row: object;
}

/** A registration whose window is open: whoever signs in with it sees what an application needs, and four hours missing. */
export function ownRegistration(
  ground: DemoGround,
  person: DemoPerson,
  membership: DemoMembership,
  officers: readonly string[],
  n = 1,
): Held {
  const validFrom = localDay(ground.today, -1_036);
  const validTo = validToOf(validFrom, SOCIAL_WORKER) ?? '';
  const createdAt = wallTime(ground.today, -1_030, 600);
  const level = 'intermediate';
  const state = 'expiring';
  const row = {
    _id: ground.id('credential', `own:${n}`, createdAt),
    state,
    version: 2,
    history: ['valid', state].map((to, n) => ({
      at: createdAt,
      from: n === 0 ? null : 'valid',
      to,
      actor: 'operator:seed',
      reason: null,
    })),
    personId: person.id,
    membershipId: membership.id,
    personName: person.name,
    type: SOCIAL_WORKER.code,
    level,
    covers: coveredLevels(SOCIAL_WORKER, level),
    gives: givenSkills(SOCIAL_WORKER, level),
    number: `DEMO-OWN-${String(n).padStart(6, '0')}`,
    issuer: '演示发证机构',
    issuedOn: validFrom,
    validFrom,
    validTo,
    windowMonths: SOCIAL_WORKER.windowMonths,
    dueOn: dueOnOf({ state, validTo, windowMonths: SOCIAL_WORKER.windowMonths }),
    firstReviewerId: officers[0],
    finalReviewerId: officers[1],
    createdAt,
  };
  return { tenant: membership.tenant, personId: person.id, level, valid: true, row };
}

/** Registrations that are looked after: those that count. */
export function buildWatches(
  ground: DemoGround,
  held: readonly Held[],
  memberships: readonly DemoMembership[],
): { tenant: string; row: object }[] {
  const today = localDay(ground.today, 0);
  const unitOf = new Map(memberships.map((own) => [own.id, own.unitId]));
  return held.flatMap(({ tenant, personId, level, row }, n) => {
    const own = row as Record<string, string>;
    if (!['valid', 'expiring'].includes(own['state'] ?? '')) return [];
    const validTo = own['validTo'] ?? '';
    return [
      {
        tenant,
        row: {
          _id: ground.id('watch', n),
          credentialId: own['_id'],
          personId,
          membershipId: own['membershipId'],
          unitId: unitOf.get(own['membershipId'] ?? ''),
          personName: own['personName'],
          level,
          validFrom: own['validFrom'],
          validTo,
          remindOn: nextReminder(remindersOf(validTo), today)?.on ?? null,
          createdAt: ground.today,
        },
      },
    ];
  });
}

/** What was learned: title, kind, hours, competence, and how many days before today. */
const LEARNED = [
  ['个案工作实务培训', 'training', 24, 'ability', 700],
  ['社区矛盾调解网络课程', 'training', 30, 'law', 420],
  ['社会工作硕士课程（两门）', 'course', 32, 'ability', 260],
  ['服务对象权益与伦理', 'training', 12, 'values', 150],
] as const;

export interface DemoCredit {
  readonly tenant: string;
  readonly membershipId: string;
  readonly personId: string;
  readonly row: object;
}

/** Claims that officers have posted: the people of `own` have 86 hours, the others less or more. */
export function buildCredits(
  ground: DemoGround,
  held: readonly Held[],
  memberships: readonly DemoMembership[],
  own: ReadonlySet<string>,
  reviewer: DemoPerson,
): DemoCredit[] {
  const byId = new Map(memberships.map((own) => [own.id, own]));
  return held
    .filter(({ tenant, valid }) => tenant === 'tonglu' && valid)
    .slice(-24)
    .flatMap(({ tenant, personId, row }, n) => {
      const { membershipId = '', personName = '' } = row as Record<string, string>;
      const membership = byId.get(membershipId);
      const many = own.has(personId) ? 3 : n % (LEARNED.length + 1);
      if (!membership) return [];
      return LEARNED.slice(0, many).map(([title, activity, hours, dimension, daysAgo], at) => {
        const on = wallTime(ground.today, -daysAgo + 5, 600);
        return {
          tenant,
          membershipId,
          personId,
          row: {
            _id: ground.id('credit', `${n}:${at}`, on),
            state: 'posted',
            version: 2,
            history: ['submitted', 'posted'].map((to, step) => ({
              at: on,
              from: step === 0 ? null : 'submitted',
              to,
              actor: 'operator:seed',
              reason: null,
            })),
            personId,
            membershipId,
            unitId: membership.unitId,
            personName,
            title,
            host: '桐庐县社会工作协会（演示）',
            activity,
            dimension,
            category: 'professional',
            mode: at === 1 ? 'online' : 'inPerson',
            date: localDay(ground.today, -daysAgo),
            minutes: hours * 60,
            quantity: null,
            evidence: [activity === 'course' ? 'passedTranscript' : 'passCertificate'],
            reviewerId: reviewer.accountId,
            reviewerPersonId: reviewer.id,
            postedAt: on,
            createdAt: on,
          },
        };
      });
    });
}
