import { Types } from 'mongoose';
import type { CourseFact, Spot } from './candidate.rules.ts';
import type { Learner } from './ground.ts';
import { plannedOf } from './needs.rules.ts';
import { outcomeOf } from './outcome.rules.ts';
import type { Plan } from './planner/planner.types.ts';
import { INVITATION_COST } from './planner/worth.ts';
import type { MadeProblem } from './problem.ts';
import { besideThese, needless, promisesOf } from './promise.rules.ts';
import type { PlannedInvitation, PlannedSessionRow, TrainingPlanRow } from './training-plan.model.ts';
import type { Beside, GapSums, ServedNeed } from './training-plan.types.ts';

/** What a plan of numbers is of. */
export interface PlanGround {
  readonly row: TrainingPlanRow;
  readonly made: MadeProblem;
  readonly learners: readonly Learner[];
  readonly spots: readonly Spot[];
  readonly courses: readonly CourseFact[];
}

export type ProposedRow = Omit<PlannedSessionRow, '_id' | 'tenantId'>;

const NOTHING: GapSums = { weighted: 0, urgent: 0, all: 0, people: 0 };

/** What sessions come to in the objective's units, by what their invitations say: see `worthOf` of the planner. */
export function worthOfRows(rows: readonly ProposedRow[]): number {
  const { closed, invitations } = outcomeOf(
    NOTHING,
    rows.map((one) => ({
      costCents: one.costCents,
      invitations: one.invitations.map((own) => ({ ...own, personId: String(own.personId) })),
    })),
  );
  return closed.weighted - INVITATION_COST * invitations;
}

/** A plan as rows that say of each session and each invitation why it is there, each promise by the credit engine's word. */
export function proposalOf(plan: Plan, ground: PlanGround): ProposedRow[] {
  const { row, made, spots, courses } = ground;
  const { problem } = made;
  const reach = new Map<number, number>();
  for (const { candidate } of problem.options) reach.set(candidate, (reach.get(candidate) ?? 0) + 1);
  const ids = new Map(plan.held.map((candidate) => [candidate, new Types.ObjectId()]));
  const asked = invitationsOf(plan, ground, ids);
  const held = [...plan.held]
    .filter((candidate) => (problem.fixed ?? []).includes(candidate) || asked.has(candidate))
    .sort((a, b) => (problem.candidates[a]?.start ?? 0) - (problem.candidates[b]?.start ?? 0) || a - b);
  const rows = held.map((candidate, place): ProposedRow => {
    const spot = spots[made.spots[candidate] ?? -1] as Spot;
    const course = courses[spot.course] as CourseFact;
    const room = row.settings.rooms[spot.room];
    const teacher = row.settings.instructorIds[made.teachers[candidate] ?? -1];
    return {
      planId: row._id,
      attempt: row.attempt,
      place,
      courseId: new Types.ObjectId(course.id),
      title: course.title,
      startsAt: spot.startsAt,
      endsAt: spot.endsAt,
      room: spot.room,
      label: room?.label ?? '',
      address: room?.address ?? '',
      instructor: teacher === undefined ? null : { personId: new Types.ObjectId(teacher), name: '' },
      seats: room?.seats ?? 0,
      costCents: spot.costCents,
      minutes: course.minutes,
      pinned: (problem.fixed ?? []).includes(candidate),
      reach: reach.get(candidate) ?? 0,
      worth: 0,
      invitations: asked.get(candidate) ?? [],
      state: 'proposed' as const,
      refusal: null,
      sessionId: ids.get(candidate) as Types.ObjectId,
    };
  });
  const whole = worthOfRows(rows);
  return rows.map((one) => ({ ...one, worth: whole - worthOfRows(withoutRow(rows, one)) }));
}

/** The others, each invitation as it is when this session is not held. */
export function withoutRow<T extends Pick<PlannedSessionRow, 'sessionId' | 'invitations'>>(
  rows: readonly T[],
  gone: Pick<T, 'sessionId'>,
): T[] {
  const others = rows.filter(({ sessionId }) => !sessionId.equals(gone.sessionId));
  const present = new Set(others.map(({ sessionId }) => String(sessionId)));
  return others.map((one) => ({
    ...one,
    invitations: one.invitations.map((own) => besideThese(own, present)),
  }));
}

/** Who is asked to each candidate, person by person; whoever would come for nothing is not asked. */
function invitationsOf(
  plan: Plan,
  { made, learners, spots, courses }: PlanGround,
  ids: ReadonlyMap<number, Types.ObjectId>,
): Map<number, PlannedInvitation[]> {
  const { problem } = made;
  const found = new Map<number, PlannedInvitation[]>();
  for (const [person, all] of Map.groupBy(plan.invited, (index) => problem.options[index]?.person ?? -1)) {
    const learner = learners[person] as Learner;
    const startOf = (index: number): number =>
      problem.candidates[problem.options[index]?.candidate ?? -1]?.start ?? 0;
    const own = all.toSorted((a, b) => startOf(a) - startOf(b) || a - b);
    for (const { index, ...promised } of promisedTo(learner, own)) {
      const candidate = problem.options[index]?.candidate ?? -1;
      const list = found.get(candidate) ?? [];
      found.set(candidate, list);
      list.push({
        personId: learner.member.personId,
        membershipId: learner.member._id,
        personName: learner.member.personName,
        ...promised,
        statedFree: made.options[index]?.statedFree ?? false,
        metres: made.options[index]?.metres ?? null,
        refusal: null,
        enrolmentId: null,
      });
    }
  }
  return found;

  /** What each of somebody's options, earliest first, is for them. */
  function promisedTo(
    learner: Learner,
    own: readonly number[],
  ): { index: number; needs: ServedNeed[]; minutes: number; beside: Beside | null }[] {
    const servedBy = (index: number): ServedNeed[] =>
      (problem.options[index]?.serves ?? []).flatMap(({ need, minutes }): ServedNeed[] => {
        const fact = learner.needs[made.needs[need]?.need ?? -1];
        return fact ? [{ ...fact, closes: minutes }] : [];
      });
    const countsOf = (index: number): number => made.options[index]?.counts ?? 0;
    const { outlook } = learner;
    if (!outlook)
      return own.map((index) => ({ index, needs: servedBy(index), minutes: countsOf(index), beside: null }));
    const courseOf = (index: number): ServedNeed[] => servedBy(index).filter(({ code }) => code === 'course');
    const learning = (index: number) => {
      const candidate = problem.options[index]?.candidate ?? -1;
      const spot = spots[made.spots[candidate] ?? -1] as Spot;
      return plannedOf(courses[spot.course] as CourseFact, spot.date, String(ids.get(candidate)));
    };
    const needs = learner.needs.filter(({ code }) => code !== 'course');
    const kept = new Set(own.flatMap((index, at) => (courseOf(index).length > 0 ? [at] : [])));
    const spare = needless(outlook, needs, own.map(learning), kept);
    const useful = own.filter((_index, at) => !spare.has(at));
    return promisesOf(outlook, needs, useful.map(learning)).map(({ beside, ...one }, at) => {
      const index = useful[at] ?? -1;
      // What the programme does not count is taught for the curriculum alone.
      const counts = beside.counts.map((minutes) => (one.needs.length > 0 ? minutes : countsOf(index)));
      return {
        index,
        needs: [...one.needs, ...courseOf(index)],
        minutes: counts.at(-1) ?? 0,
        beside: { ...beside, counts },
      };
    });
  }
}
