import { wallToInstant } from '../../core/time.ts';
import type { AssignmentRow, AttendanceMark } from '../assignments/index.ts';
import type { Nature } from '../shifts/index.ts';
import type { HoursRow } from './hours.model.ts';
import { completeActivity, gradeOf, HOURS_POLICY_VERSION, recordedMinutes } from './hours.rules.ts';
import type { HoursInputs, MinutePolicy } from './hours.rules.ts';

/** What a record says of a service, put together from facts that were read before: pure, the same for one and for many. */

/** The parts of a shift that a service record states. */
export interface ServedShiftFacts {
  readonly title: string;
  readonly description: string;
  readonly place: string;
  readonly leaderName: string;
  /** Service area of the request that it serves. */
  readonly category: string;
  readonly breakMinutes: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Longitude and latitude of the place; null where it has none. */
  readonly at: readonly [number, number] | null;
  /** Metres from it within which a check-in was there. */
  readonly radiusMetres: number;
  /** what is no volunteer service is attended and not recorded. */
  readonly nature?: Nature | undefined;
}

/** Half-open. */
export interface Stretch {
  readonly from: Date;
  readonly to: Date;
}
export type Counted = Pick<HoursInputs, 'countedBefore' | 'countedAfter'>;
export type Attended = AssignmentRow & { checkIn: AttendanceMark; checkOut: AttendanceMark };

/** The longest grace that a tenant may give. */
const MOST_GRACE_MINUTES = 60;
/** States whose time may not be claimed a second time. */
export const CLAIMED_STATES = ['open', 'submitted', 'under_check', 'approved', 'posted', 'appealed'] as const;

/** Planned, attended and recorded time with the inputs of the rule that led from one to the next. */
export function computedTime(
  facts: {
    readonly planned: Stretch;
    readonly attended: Stretch;
    readonly breakMinutes: number;
    readonly counted?: Counted;
  },
  policy: MinutePolicy,
  /** Minutes of that local day which are recorded already. */
  dayMinutes = 0,
) {
  const inputs = {
    plannedFrom: facts.planned.from.getTime(),
    plannedTo: facts.planned.to.getTime(),
    attendedFrom: facts.attended.from.getTime(),
    attendedTo: facts.attended.to.getTime(),
    breakMinutes: facts.breakMinutes,
    roundToMinutes: policy.roundToMinutes,
    lateGraceMinutes: policy.lateGraceMinutes,
    minimumMinutes: policy.minimumMinutes,
    dayCapMinutes: policy.recordedCapMinutes > 0 ? policy.recordedCapMinutes : null,
    dayMinutes: policy.recordedCapMinutes > 0 ? dayMinutes : 0,
    ...(facts.counted ?? { countedBefore: null, countedAfter: null }),
  };
  const { minutes, from, to, notes } = recordedMinutes(inputs);
  return {
    inputs,
    attendedFrom: facts.attended.from,
    attendedTo: facts.attended.to,
    servedFrom: new Date(from),
    servedTo: new Date(to),
    breakMinutes: facts.breakMinutes,
    recordedMinutes: minutes,
    notes: [...notes],
    policyVersion: HOURS_POLICY_VERSION,
  };
}

/** The fields of the record of a shift that somebody attended. */
export function servedRecord(
  assignment: Attended,
  shift: ServedShiftFacts,
  of: {
    readonly unitName: string;
    readonly policy: MinutePolicy;
    readonly counted: Counted;
    readonly dayMinutes?: number;
  },
) {
  const { checkIn, checkOut } = assignment;
  const computed = computedTime(
    {
      planned: { from: shift.startsAt, to: shift.endsAt },
      attended: { from: checkIn.at, to: checkOut.at },
      breakMinutes: shift.breakMinutes,
      counted: of.counted,
    },
    of.policy,
    of.dayMinutes,
  );
  return {
    personId: assignment.personId,
    membershipId: assignment.membershipId,
    personName: assignment.personName,
    unitId: assignment.unitId,
    assignmentId: assignment._id,
    shiftId: assignment.shiftId,
    activity: completeActivity({
      name: shift.title,
      content: shift.description.slice(0, 500),
      place: shift.place,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      unitName: of.unitName,
      leaderName: shift.leaderName,
    }),
    category: shift.category,
    grade: gradeOf(checkIn.method, checkOut.method),
    witness: '',
    presence: { method: checkIn.method, byAccountId: checkIn.by },
    at: shift.at ? [...shift.at] : null,
    dueOn: null,
    late: false,
    remindAt: null,
    appealDueOn: null,
    enteredBy: null,
    entryReason: '',
    anomalies: [],
    ...computed,
    notes: [...computed.notes, ...marksNotes([checkIn, checkOut], shift.radiusMetres)],
  };
}

/** What a confirmer should know of how the ends were noted. */
const marksNotes = (marks: readonly AttendanceMark[], radiusMetres: number): string[] => [
  ...(marks.some(({ lateMinutes }) => (lateMinutes ?? 0) > 0) ? ['code-kept-offline'] : []),
  ...(marks.some(({ distanceMetres }) => (distanceMetres ?? 0) > radiusMetres) ? ['far-from-place'] : []),
];

/** Where other service of the same person could meet what this plan may count. */
export const countingSpan = (plan: Pick<ServedShiftFacts, 'startsAt' | 'endsAt'>): Stretch => ({
  from: plan.startsAt,
  to: new Date(plan.endsAt.getTime() + MOST_GRACE_MINUTES * 60_000),
});

/**
 * Where the person's other service already counts around this plan, in whatever tenant: who runs from one shift straight
 * to the next is not refused for the minutes in which both were attended. A log that nobody confirmed does not count.
 * @param others records that meet `countingSpan` and claim their time
 */
export function countedAround(
  others: readonly Pick<HoursRow, 'assignmentId' | 'state' | 'servedFrom' | 'servedTo'>[],
  plannedFrom: Date,
): Counted {
  const rows = others.filter((row) => row.assignmentId !== null || row.state === 'posted');
  const [before, after] = [
    rows.filter((row) => row.servedFrom <= plannedFrom).map((row) => row.servedTo.getTime()),
    rows.filter((row) => row.servedFrom > plannedFrom).map((row) => row.servedFrom.getTime()),
  ];
  return {
    countedBefore: before.length > 0 ? Math.max(...before) : null,
    countedAfter: after.length > 0 ? Math.min(...after) : null,
  };
}

/** The stretch that was typed as wall time; an end not after its start is on the next day. */
export function wallSpan(
  input: { readonly date: string; readonly startTime: string; readonly endTime: string },
  zone: string,
): Stretch {
  const [start, end] = [minutesOf(input.startTime), minutesOf(input.endTime)];
  const at = (minutes: number): Date => wallToInstant({ date: input.date, minutes, zone });
  return { from: at(start), to: at(end > start ? end : end + 1_440) };
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
