import type { EvidenceGrade } from './evidence.rules.ts';
import { logFaults } from './hours.rules.ts';
import type { LoggedSpan } from './hours.rules.ts';

/**
 * A claim that recorded hours are wrong, or that service is missing: what may be claimed, who may answer, and what
 * the corrected record rests on. Pure.
 */

/** What is wrong with a record; `missing` is said where there is none. */
export const CLAIM_WRONGS = ['minutes', 'day', 'shift', 'not-served', 'missing'] as const;
export type ClaimWrong = (typeof CLAIM_WRONGS)[number];
/** Of these, what is said of a record. */
export const RECORD_WRONGS = ['minutes', 'day', 'shift', 'not-served'] as const;
/** In whose name somebody of the organisation takes a claim down. */
export const SAID_BY = ['person', 'guardian'] as const;
export type SaidBy = (typeof SAID_BY)[number];

/** Served time as it is recorded or claimed. */
export interface ServedTime extends LoggedSpan {
  readonly breakMinutes: number;
}

export interface ClaimFacts {
  readonly wrong: ClaimWrong;
  /** Null where nothing was served at all. */
  readonly claimed: ServedTime | null;
  /** What was served instead of what is recorded: a name, or a place in a shift. */
  readonly named: boolean;
  /** What stands; null where nothing is recorded. */
  readonly recorded: ServedTime | null;
  readonly now: Date;
  /** Nothing before it can have been served here: the membership, or the record that stands. */
  readonly since: Date;
  /** Nothing that began later can have been served here: the person had left. Null for who is here. */
  readonly until: Date | null;
  /** Other recorded time of the person, in whatever organisation. */
  readonly others: readonly LoggedSpan[];
  /** Places in shifts that give no volunteer hours. */
  readonly withoutHours: readonly LoggedSpan[];
}

const MINUTE = 60_000;

/** What stands against claiming this, by field and code; a place in another shift does not, since a wrong shift is a reason to claim. */
export function claimFaults(facts: ClaimFacts): { path: string; code: string }[] {
  const { claimed, recorded, wrong } = facts;
  if (claimed === null) return [];
  const faults = logFaults(claimed, {
    now: facts.now,
    memberSince: facts.since,
    others: facts.others,
    booked: [],
    withoutHours: facts.withoutHours,
  });
  if (facts.until !== null && claimed.from >= facts.until && faults.length === 0)
    faults.push({ path: 'date', code: 'after-membership' });
  if (claimed.breakMinutes * MINUTE >= claimed.to.getTime() - claimed.from.getTime() && faults.length === 0)
    faults.push({ path: 'breakMinutes', code: 'break-too-long' });
  if (wrong === 'shift' && !facts.named) faults.push({ path: 'name', code: 'required' });
  if (recorded && !facts.named && faults.length === 0 && isSameTime(claimed, recorded))
    faults.push({ path: 'startTime', code: 'claim-changes-nothing' });
  return faults;
}

const isSameTime = (one: ServedTime, other: ServedTime): boolean =>
  minute(one.from) === minute(other.from) &&
  minute(one.to) === minute(other.to) &&
  one.breakMinutes === other.breakMinutes;
const minute = (at: Date): number => Math.floor(at.getTime() / MINUTE);

/**
 * Why this human may not answer; null when they may. It is answered neither by whom it is about nor by who had a part in it:
 * who confirmed the hours, who typed them in, who took the claim down. Humans are compared, whatever their accounts.
 */
export function whyNotAnswer(answerer: {
  readonly isSubject: boolean;
  readonly hadPart: boolean;
}): 'not-your-own' | 'claim-needs-another' | null {
  if (answerer.isSubject) return 'not-your-own';
  return answerer.hadPart ? 'claim-needs-another' : null;
}

/** What the record that stands, or stood, was evidenced by. */
export interface Evidenced {
  readonly grade: EvidenceGrade;
  readonly attended: LoggedSpan | null;
  readonly breakMinutes: number;
}

/**
 * Whether the evidence of the record covers what was found: the same service, within what was attended. Beyond it there is
 * nothing but somebody's word.
 */
export const isWithinEvidence = (found: ServedTime, before: Evidenced, sameService: boolean): boolean =>
  sameService &&
  before.attended !== null &&
  before.attended.from <= found.from &&
  found.to <= before.attended.to &&
  found.breakMinutes >= before.breakMinutes;

/** How well the corrected time is evidenced: never better than before, and a back-entry stays one for ever. */
export function correctedGrade(
  within: boolean,
  before: EvidenceGrade | null,
  saidBy: SaidBy | null,
): EvidenceGrade {
  if (before === 'back-entry' || (!within && saidBy !== null)) return 'back-entry';
  return within && before !== null ? before : 'self';
}
