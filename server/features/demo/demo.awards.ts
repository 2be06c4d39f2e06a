import { awardKey } from '../awards/index.ts';
import { localDay, wallTime } from './demo.calendar.ts';
import type { DemoGround, DemoMembership, DemoPerson } from './demo.types.ts';

/** Awards as people of a county have some: what it is, from whom, and how it was verified; null waits at the desk. */
const SOME = [
  {
    origin: 'own',
    level: null,
    name: '年度优秀志愿者',
    by: '桐庐县委社会工作部',
    check: 'own-files',
    daysAgo: 330,
  },
  {
    origin: 'other',
    level: null,
    name: '社区服务之星',
    by: '桐君街道办事处（演示）',
    check: 'issuer',
    daysAgo: 210,
  },
  {
    origin: 'government',
    level: 'county',
    name: '最美志愿者',
    by: '桐庐县人民政府（演示）',
    check: null,
    daysAgo: 60,
  },
] as const;
/** So many people beside the volunteer whose sign-in is printed have one. */
const OTHERS = 14;

/**
 * Awards of the volunteer of the cast, one of each origin, and of some others, one each. A government's award is recorded on
 * evidence, of which the demo place has none: those wait at the desk.
 */
export function buildAwards(
  ground: DemoGround,
  of: {
    readonly people: readonly DemoPerson[];
    readonly memberships: readonly DemoMembership[];
    readonly star: DemoPerson;
    readonly recorder: DemoPerson;
    readonly cast: number;
  },
): { tenant: string; row: object }[] {
  const own = new Map(
    of.memberships
      .filter(({ tenant, state }) => tenant === 'tonglu' && state === 'approved')
      .map((one) => [one.personId, one]),
  );
  const others = of.people
    .slice(of.cast)
    .filter(({ id }) => own.has(id))
    .slice(0, OTHERS);
  const given = [
    ...SOME.map((award) => ({ award, person: of.star })),
    ...others.map((person, n) => ({ award: SOME[n % SOME.length] as (typeof SOME)[number], person })),
  ];
  return given.flatMap(({ award, person }, n) => {
    const membership = own.get(person.id);
    if (!membership) return [];
    const { origin, level, name, by: awardedBy, check, daysAgo } = award;
    const createdAt = wallTime(ground.today, 5 - daysAgo + (n % 3), 600);
    const facts = { name, awardedBy, awardedOn: localDay(ground.today, -daysAgo) };
    const states = check === null ? ['claimed'] : origin === 'own' ? ['recorded'] : ['claimed', 'recorded'];
    return {
      tenant: membership.tenant,
      row: {
        _id: ground.id('award', n, createdAt),
        state: states.at(-1),
        version: states.length,
        history: states.map((to, step) => ({
          at: createdAt,
          from: step === 0 ? null : states[step - 1],
          to,
          actor: 'operator:seed',
          reason: null,
        })),
        ...facts,
        key: awardKey(facts),
        origin,
        level,
        personId: person.id,
        membershipId: membership.id,
        personName: person.name,
        unitId: membership.unitId,
        enteredByPersonId: origin === 'own' ? of.recorder.id : person.id,
        check,
        ...(check === null ? {} : { decidedByPersonId: of.recorder.id, decidedAt: createdAt }),
        createdAt,
      },
    };
  });
}
