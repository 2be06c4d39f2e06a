import { addDays, addMonths, minutesBetween } from '../../core/time.ts';
import type { LearnerRole, Track } from './training.catalogue.ts';

/** Training as pure rules: who may sign up, when somebody was there, what was passed, what it counts. */

/** What somebody has learned: the course, and until when it counts (local date, inclusive; null for ever). */
export interface TrainedFact {
  readonly courseId: string;
  readonly passedOn: string;
  readonly validTo: string | null;
}

export interface SignUpFacts {
  readonly now: Date;
  readonly state: string;
  readonly startsAt: Date;
  readonly enrolUntil: Date;
  /** Local date on which the session starts. */
  readonly startDate: string;
  readonly courseId: string;
  readonly prerequisites: readonly string[];
  readonly trained: readonly TrainedFact[];
  readonly personId: string;
  readonly instructorIds: readonly string[];
}

export interface TrainingRefusal {
  readonly code:
    | 'session-not-open'
    | 'session-started'
    | 'enrolment-closed'
    | 'instructor-of-session'
    | 'already-trained'
    | 'prerequisite-missing'
    | 'overlapping-time';
  readonly courseIds?: readonly string[];
}

/** Somebody may learn a course again so long before it stops counting. */
export const RENEW_DAYS = 90;

const countsOn = (fact: TrainedFact, date: string): boolean =>
  fact.passedOn <= date && (fact.validTo === null || date <= fact.validTo);

/** Whether a course counts as learned on the local date. */
export const isTrained = (trained: readonly TrainedFact[], courseId: string, date: string): boolean =>
  trained.some((fact) => fact.courseId === courseId && countsOn(fact, date));

/** Courses of these that do not count as learned on the local date. */
export const missingCourses = (
  wanted: readonly string[],
  trained: readonly TrainedFact[],
  date: string,
): string[] => wanted.filter((courseId) => !isTrained(trained, courseId, date));

/** Every reason why this person may not come to this session; empty when they may. Seats are not asked here. */
export function signUpRefusals(facts: SignUpFacts): TrainingRefusal[] {
  const found: TrainingRefusal[] = [];
  if (facts.state !== 'published') found.push({ code: 'session-not-open' });
  if (facts.startsAt <= facts.now) found.push({ code: 'session-started' });
  else if (facts.enrolUntil < facts.now) found.push({ code: 'enrolment-closed' });
  if (facts.instructorIds.includes(facts.personId)) found.push({ code: 'instructor-of-session' });
  const again = addDays(facts.startDate, RENEW_DAYS);
  if (
    isTrained(facts.trained, facts.courseId, facts.startDate) &&
    isTrained(facts.trained, facts.courseId, again)
  )
    found.push({ code: 'already-trained', courseIds: [facts.courseId] });
  const missing = missingCourses(facts.prerequisites, facts.trained, facts.startDate);
  if (missing.length > 0) found.push({ code: 'prerequisite-missing', courseIds: missing });
  return found;
}

/** So long before the start people may come in; codes and lists are open from then. */
export const DOORS_MINUTES = 45;
/** So long after the end an instructor may still mend the list and assess; then the session closes by itself. */
export const CLOSE_AFTER_DAYS = 14;
const MINUTE = 60_000;

/** Why nobody's presence can be noted now, or null. */
export function whyNotPresent(at: {
  startsAt: Date;
  endsAt: Date;
  now: Date;
}): 'check-in-too-early' | 'check-in-too-late' | null {
  if (at.now.getTime() < at.startsAt.getTime() - DOORS_MINUTES * MINUTE) return 'check-in-too-early';
  return at.now >= at.endsAt ? 'check-in-too-late' : null;
}

/** So long before the start whoever has a place is reminded. */
export const REMIND_HOURS = 24;

/** When the reminder of a session is due; null where that has gone by: whoever signs up later knows. */
export function remindAtOf(startsAt: Date, now: Date): Date | null {
  const at = new Date(startsAt.getTime() - REMIND_HOURS * 60 * MINUTE);
  return at > now ? at : null;
}

/** What an assessment says: with a pass mark the score decides, without one the instructor's word. */
export const verdictOf = (
  passMark: number | null,
  score: number | null,
  passed: boolean,
): 'passed' | 'failed' =>
  (passMark === null ? passed : score !== null && score >= passMark) ? 'passed' : 'failed';

/**
 * What the credit entry of a passed session proves. Only an assessment is a pass certificate; having been there is
 * attendance, which a programme may or may not count.
 */
export const evidenceOf = (passMark: number | null): string[] =>
  passMark === null ? ['attendance'] : ['attendance', 'passCertificate'];

/** Credit minutes of one session: those of the course, but never more than it lasts. */
export const creditMinutes = (courseMinutes: number, at: { startsAt: Date; endsAt: Date }): number =>
  Math.min(courseMinutes, minutesBetween(at.startsAt, at.endsAt));

/** Until when a course counts that was passed on the date; null for ever. */
export const validUntil = (passedOn: string, validMonths: number | null): string | null =>
  validMonths === null ? null : addDays(addMonths(passedOn, validMonths), -1);

/** The track that a kind of membership learns on. */
export const trackOfKind = (kind: string): Track =>
  kind === 'social-worker' ? 'professional' : 'semi-professional';

const ROLE_OF_LEVEL: Readonly<Record<string, LearnerRole>> = {
  assistant: 'assistant-social-worker',
  intermediate: 'social-worker',
  senior: 'senior-social-worker',
};

/** The part somebody plays, where the membership or a certificate says it; null where only they know. */
export function roleOf(kind: string, level: string | null): LearnerRole | null {
  if (level !== null) return ROLE_OF_LEVEL[level] ?? null;
  return kind === 'volunteer' ? 'volunteer' : null;
}

/** Mean rating of a session in tenths; null below three answers, where it would tell who said what. */
export function meanRating(ratings: readonly number[]): number | null {
  if (ratings.length < 3) return null;
  return Math.round((ratings.reduce((sum, one) => sum + one, 0) / ratings.length) * 10) / 10;
}
