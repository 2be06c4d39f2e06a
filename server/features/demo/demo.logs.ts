import { CAST } from './demo.members.ts';
import { localDay } from './demo.calendar.ts';
import type { DemoGround, DemoMembership, DemoPerson } from './demo.types.ts';

/** Service that nobody scheduled, as its person enters it. */
export interface DemoLog {
  readonly accountId: string;
  readonly membershipId: string;
  readonly name: string;
  readonly content: string;
  readonly place: string;
  readonly category: string;
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly witness: string;
}

/** How far down the list: past those who keep a time bank, whose books stay as they are. */
const NOT_THE_FIRST = 7;

/** A week's evenings, later than any shift of the demo place lasts: days ago, and until when. */
const EVENINGS: readonly (readonly [daysAgo: number, endTime: string, content: string])[] = [
  [6, '21:50', '量血压，血压偏高，提醒按时服药。'],
  [5, '21:45', '送药上门，陪老人说说话。'],
  [3, '21:55', '帮忙更换灯泡，检查煤气阀门。'],
  [2, '21:50', '量血压，记录交给社区医生。'],
];

/**
 * One neighbour enters the evenings of a week in one sitting. The last of so many at once is held by the rules, a burst, and
 * waits at the desk of whoever inspects hours; the others wait for somebody's confirmation.
 */
export function buildLogs(
  { today }: Pick<DemoGround, 'today'>,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  tenant: string,
): DemoLog[] {
  const ids = new Map(
    memberships
      .filter((one) => one.tenant === tenant && one.state === 'approved')
      .map((one) => [one.personId, one.id]),
  );
  const one = people.slice(CAST.length).filter(({ id }) => ids.has(id))[NOT_THE_FIRST];
  if (!one) return [];
  return EVENINGS.map(([daysAgo, endTime, content]) => ({
    accountId: one.accountId,
    membershipId: ids.get(one.id) ?? '',
    name: '晚上探望楼下独居老人',
    content,
    place: '本小区',
    category: 'elderly',
    date: localDay(today, -daysAgo),
    startTime: '21:10',
    endTime,
    witness: '老人的女儿（电话已留给网格员）',
  }));
}
