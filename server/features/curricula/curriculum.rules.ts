import { addDays, addMonths } from '../../core/time.ts';
import { trackOfRole } from '../training/training.catalogue.ts';
import { RENEW_DAYS, roleOf } from '../training/training.rules.ts';
import type { LearnerRole, Track } from '../training/training.catalogue.ts';
import type { TrainedFact } from '../training/training.rules.ts';

/** Curricula as pure rules: which version is in force, what a part asks for, how far somebody is. Dates `YYYY-MM-DD`. */

/** What a part asks for from a day on. Never changed; a later version takes its place. */
export interface CurriculumVersion {
  readonly role: LearnerRole;
  readonly number: number;
  readonly effectiveFrom: string;
  readonly courseIds: readonly string[];
  /** So many months after somebody began with the part everything is to be learned. */
  readonly withinMonths: number;
}

/** The version in force on the day: the last that has begun; null before the first. */
export const versionOn = <T extends { readonly effectiveFrom: string }>(
  versions: readonly T[],
  on: string,
): T | null =>
  versions.reduce<T | null>(
    (best, one) =>
      one.effectiveFrom <= on && (best === null || one.effectiveFrom >= best.effectiveFrom) ? one : best,
    null,
  );

export type LearningState = 'learned' | 'renew' | 'enrolled' | 'missing' | 'late';

/** One course of one's curriculum, and where one stands with it. */
export interface LearningItem {
  readonly courseId: string;
  readonly state: LearningState;
  /** Until when what was learned counts; null for ever, or where it was not learned. */
  readonly validTo: string | null;
  /** By when it is to be learned, or learned again; null where nothing is to be done. */
  readonly dueOn: string | null;
}

export interface LearnerFacts {
  /** Local day on which somebody began with the part. */
  readonly since: string;
  readonly trained: readonly TrainedFact[];
  /** Courses of which they have a place in a session ahead. */
  readonly enrolled: ReadonlySet<string>;
  readonly today: string;
}

/**
 * Where somebody stands with each course of a version. What counts for ever, or for longer than it takes to learn anew, is
 * learned; what runs out within that time is to be renewed by its last day. A new version gives everybody its own time.
 */
export function progressOf(version: CurriculumVersion, facts: LearnerFacts): LearningItem[] {
  const { since, trained, enrolled, today } = facts;
  const begun = since > version.effectiveFrom ? since : version.effectiveFrom;
  const due = addMonths(begun, version.withinMonths);
  return version.courseIds.map((courseId) => {
    const valid = trained
      .filter((fact) => fact.courseId === courseId && (fact.validTo === null || fact.validTo >= today))
      .sort((a, b) => ((a.validTo ?? '9999') < (b.validTo ?? '9999') ? 1 : -1));
    const [best] = valid;
    if (best && (best.validTo === null || best.validTo > addDays(today, RENEW_DAYS)))
      return { courseId, state: 'learned', validTo: best.validTo, dueOn: null };
    if (enrolled.has(courseId))
      return { courseId, state: 'enrolled', validTo: best?.validTo ?? null, dueOn: null };
    if (best) return { courseId, state: 'renew', validTo: best.validTo, dueOn: best.validTo };
    return { courseId, state: due < today ? 'late' : 'missing', validTo: null, dueOn: due };
  });
}

/** Whether nothing of it is left to do. */
export const isComplete = (items: readonly LearningItem[]): boolean =>
  items.every(({ state }) => state === 'learned');

/** Parts that people say of themselves, or an officer of them; the others follow from a certificate or a membership. */
export const CHOSEN_ROLES = [
  'village-cadre',
  'property-staff',
  'owners-committee',
  'party-volunteer',
  'community-cadre',
] as const satisfies readonly LearnerRole[];

/**
 * Every part somebody plays: by certificate, by the kind of membership, and by what was said. One person may be on both
 * tracks: a certified social worker who sits on an owners' committee learns for both.
 */
export function rolesOf(facts: {
  readonly kind: string;
  readonly level: string | null;
  readonly chosen: readonly LearnerRole[];
}): LearnerRole[] {
  const derived = [
    roleOf(facts.kind, facts.level),
    facts.kind === 'community-worker' ? ('community-cadre' as const) : null,
  ].filter((one) => one !== null);
  return [...new Set([...derived, ...facts.chosen])];
}

/** Parts of a track, in the order in which lists show them. */
export const rolesOfTrack = (roles: readonly LearnerRole[], track: Track): LearnerRole[] =>
  roles.filter((role) => trackOfRole(role) === track);

/** How many of a part are how far with its curriculum. Counts of people by part and course: never of units, never of time. */
export interface RoleOverview {
  readonly role: LearnerRole;
  readonly people: number;
  readonly complete: number;
  readonly courses: readonly {
    readonly courseId: string;
    readonly learned: number;
    /** Of those, how many will have to learn it again within the next months. */
    readonly renew: number;
  }[];
}

/** Adds up one part; `trained` names only people who have learned something of it. */
export function overviewOf(
  version: CurriculumVersion,
  people: ReadonlySet<string>,
  trained: ReadonlyMap<string, readonly TrainedFact[]>,
  today: string,
): RoleOverview {
  const counts = new Map(version.courseIds.map((id) => [id, { learned: 0, renew: 0 }]));
  let complete = version.courseIds.length === 0 ? people.size : 0;
  for (const [personId, facts] of trained) {
    if (!people.has(personId)) continue;
    const items = progressOf(version, { since: today, trained: facts, enrolled: new Set(), today });
    for (const { courseId, state } of items) {
      const count = counts.get(courseId);
      if (!count) continue;
      if (state === 'learned') count.learned += 1;
      if (state === 'renew') [count.learned, count.renew] = [count.learned + 1, count.renew + 1];
    }
    if (version.courseIds.length > 0 && isComplete(items)) complete += 1;
  }
  return {
    role: version.role,
    people: people.size,
    complete,
    courses: [...counts].map(([courseId, count]) => ({ courseId, ...count })),
  };
}
