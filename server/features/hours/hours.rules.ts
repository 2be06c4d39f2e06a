import type { EvidenceGrade, PresenceMethod } from './evidence.rules.ts';

/**
 * From planned and attended time to recorded minutes: one pure, versioned function, so that a record can
 * be computed again years later from the inputs stored beside it. Planned, attended and recorded stay three facts.
 */
export const HOURS_POLICY_VERSION = '2026-12';
/** Versions that this function still computes as they did: what they did not ask for is missing in their inputs. */
export const COMPUTED_VERSIONS: readonly string[] = ['2026-11', HOURS_POLICY_VERSION];

export interface HoursInputs {
  /** Epoch milliseconds. */
  readonly plannedFrom: number;
  readonly plannedTo: number;
  readonly attendedFrom: number;
  readonly attendedTo: number;
  readonly breakMinutes: number;
  /** Recorded minutes are cut down to a multiple of this; 1 keeps every whole minute. */
  readonly roundToMinutes: number;
  /** Coming early or staying a little longer is no service: attended time counts only inside the plan, with this much grace at its end. */
  readonly lateGraceMinutes: number;
  /**
   * Where other service of the same person, in whatever tenant, already counts: end of what began before, start of what
   * began after. One minute of a life counts once (invariant 7). Null when there is none.
   */
  readonly countedBefore: number | null;
  readonly countedAfter: number | null;
  /** Less than this counts nothing. */
  readonly minimumMinutes?: number;
  /** Most of one local day, and what of that day is recorded already in this tenant; null for no limit. */
  readonly dayCapMinutes?: number | null;
  readonly dayMinutes?: number;
}

/** What a tenant decides of counting; the way to and fro is never part of what is attended. */
export interface MinutePolicy {
  readonly roundToMinutes: number;
  readonly minimumMinutes: number;
  readonly lateGraceMinutes: number;
  /** 0 for no limit. */
  readonly recordedCapMinutes: number;
}

export interface RecordedMinutes {
  readonly minutes: number;
  /** Epoch milliseconds; the half-open stretch that is counted, empty when nothing is. */
  readonly from: number;
  readonly to: number;
  readonly notes: readonly string[];
}

const MINUTE = 60_000;

/** Whole minutes of service; never more than the evidence shows, never less than zero. */
export function recordedMinutes(inputs: HoursInputs): RecordedMinutes {
  const begun = Math.max(inputs.plannedFrom, inputs.attendedFrom);
  const ended = Math.min(inputs.plannedTo + inputs.lateGraceMinutes * MINUTE, inputs.attendedTo);
  const from = Math.max(begun, inputs.countedBefore ?? begun);
  const to = Math.max(from, Math.min(ended, inputs.countedAfter ?? ended));
  const present = Math.floor((to - from) / MINUTE);
  const planned = Math.floor((inputs.plannedTo - inputs.plannedFrom) / MINUTE);
  // The break was taken by whoever stayed for more than half of the plan.
  const pause = present * 2 > planned ? inputs.breakMinutes : 0;
  const served = Math.max(0, present - pause);
  const notes: string[] = [];
  const minutes = allowed(served - (served % inputs.roundToMinutes), inputs, notes);
  if (inputs.attendedFrom > inputs.plannedFrom + 5 * MINUTE) notes.push('came-late');
  if (inputs.attendedTo < inputs.plannedTo - 5 * MINUTE) notes.push('left-early');
  if (inputs.attendedTo > inputs.plannedTo + inputs.lateGraceMinutes * MINUTE) notes.push('stayed-longer');
  if (pause > 0) notes.push('break-taken-off');
  if (from > begun || to < Math.max(begun, ended)) notes.push('counted-elsewhere');
  return { minutes, from, to, notes };
}

/** What of the minutes the tenant's limits leave. */
function allowed(minutes: number, inputs: HoursInputs, notes: string[]): number {
  if (minutes > 0 && minutes < (inputs.minimumMinutes ?? 0)) {
    notes.push('below-minimum');
    return 0;
  }
  const cap = inputs.dayCapMinutes ?? null;
  if (cap === null) return minutes;
  const left = Math.max(0, cap - (inputs.dayMinutes ?? 0));
  if (minutes > left) notes.push('day-cap');
  return Math.min(minutes, left);
}

/** How well both ends are evidenced; the weaker end decides. */
export function gradeOf(checkIn: PresenceMethod, checkOut: PresenceMethod): EvidenceGrade {
  const both = [checkIn, checkOut];
  if (both.includes('automatic')) return 'roster';
  if (both.includes('coordinator')) return 'supervisor';
  return both.includes('kiosk') ? 'kiosk' : 'device';
}

export interface ConfirmationFacts {
  readonly confirmerPersonId: string;
  readonly subjectPersonId: string;
  readonly confirmerName: string;
  readonly grade: EvidenceGrade;
  /** Who saw it, in the volunteer's words; only for service logged by the volunteer. */
  readonly witness: string;
  /** Who rejected it before, when this answers an appeal. */
  readonly rejectedByPersonId: string | null;
}

/**
 * Why this person may not confirm these hours (S-10, invariant 5): not their own, not as the only witness, and an appeal
 * is not answered by whoever rejected. People are compared, not accounts. Null when they may.
 */
export function whyNotConfirm(facts: ConfirmationFacts): string | null {
  if (facts.confirmerPersonId === facts.subjectPersonId) return 'not-your-own';
  if (facts.rejectedByPersonId === facts.confirmerPersonId) return 'appeal-needs-another';
  const named = facts.witness.normalize('NFKC').replace(/\s+/g, '');
  if (
    facts.grade === 'self' &&
    named !== '' &&
    named === facts.confirmerName.normalize('NFKC').replace(/\s+/g, '')
  )
    return 'sole-witness';
  return null;
}

/** A service record states all of its items: what nobody typed is said by what is known. */
export const completeActivity = <
  T extends { name: string; content: string; place: string; unitName: string },
>(
  activity: T,
): T => ({
  ...activity,
  content: activity.content || activity.name,
  place: activity.place || activity.unitName,
});

export interface LoggedSpan {
  readonly from: Date;
  readonly to: Date;
}

/** Longest service that may be logged in one piece. */
export const LONGEST_LOG_MINUTES = 16 * 60;

/** Why a self-logged stretch cannot be: by field and code. `others` is recorded time, `booked` is places taken. */
export function logFaults(
  span: LoggedSpan,
  facts: {
    now: Date;
    memberSince: Date;
    others: readonly LoggedSpan[];
    booked: readonly LoggedSpan[];
    /** Those of the booked that give no volunteer hours. */
    withoutHours?: readonly LoggedSpan[];
  },
): { path: string; code: string }[] {
  const minutes = Math.floor((span.to.getTime() - span.from.getTime()) / MINUTE);
  if (minutes <= 0) return [{ path: 'endTime', code: 'ends-before-start' }];
  if (minutes > LONGEST_LOG_MINUTES) return [{ path: 'endTime', code: 'log-too-long' }];
  if (span.to > facts.now) return [{ path: 'date', code: 'in-the-future' }];
  if (span.from < facts.memberSince) return [{ path: 'date', code: 'before-membership' }];
  const clash = (other: LoggedSpan): boolean => other.from < span.to && span.from < other.to;
  if (facts.withoutHours?.some(clash)) return [{ path: 'startTime', code: 'shift-without-hours' }];
  if (facts.others.some(clash)) return [{ path: 'startTime', code: 'overlaps-recorded' }];
  // A shift has its own evidence; a log beside it would be a second, weaker claim to the same time.
  return facts.booked.some(clash) ? [{ path: 'startTime', code: 'overlaps-shift' }] : [];
}
