import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { latLngOf } from '../../core/geo.ts';
import { localDate, localMinutes } from '../../core/time.ts';
import type { CalendarService } from '../calendars/index.ts';
import type { CreditReading } from '../credits/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { bookingsAfter } from '../people/index.ts';
import { certifiedIn } from '../talent-pools/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from '../training/index.ts';
import type { UnitService } from '../units/index.ts';
import { keyOf, spotAt, spotsOf } from './candidate.rules.ts';
import type { CourseFact, SpecialDays, Spot } from './candidate.rules.ts';
import { readLearners } from './ground.ts';
import type { Learner } from './ground.ts';
import { outcomeOf, sumsOf } from './outcome.rules.ts';
import { planGreedily } from './planner/greedy.ts';
import { planTraining } from './planner/planner.ts';
import type { PlannerLimits } from './planner/planner.ts';
import type { ProvenPlan } from './planner/planner.types.ts';
import { worthOf } from './planner/worth.ts';
import { problemOf } from './problem.ts';
import type { Instructor, MadeProblem } from './problem.ts';
import type { PlannedSessionRow, TrainingPlanRow } from './training-plan.model.ts';
import { sameKey } from './training-plan.types.ts';
import type { PlanOutcome, ServedNeed } from './training-plan.types.ts';

/** Why there can be no plan: told beside the settings. */
export class NothingToPlan extends Error {
  readonly code: 'plan-nobody-lacks' | 'plan-no-spot' | 'plan-pins-clash';
  constructor(code: NothingToPlan['code']) {
    super(code);
    this.name = 'NothingToPlan';
    this.code = code;
  }
}

/** More people than a talent pool has. */
const MOST_IN_POOL = 20_000;
/** A county's plan is made within a minute or two, whatever it holds; half a percent from the best is near enough. */
const LIMITS: PlannerLimits = { rounds: 120, wholeOptions: 16_000, seconds: 45, parts: 3, gap: 0.005 };
/** So near that nothing is said of what might be better. */
const BEST_GAP = 0.0005;

export interface RunParts {
  readonly reading: CreditReading;
  readonly calendars: Pick<CalendarService, 'special'>;
  readonly courses: CourseService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

export interface Made {
  readonly sessions: Omit<PlannedSessionRow, '_id' | 'tenantId'>[];
  readonly inputs: NonNullable<TrainingPlanRow['inputs']>;
  readonly proof: NonNullable<TrainingPlanRow['proof']>;
  readonly outcome: PlanOutcome;
}

/** Makes a proposal from what is known now; reads, solves, explains, and writes nothing. @throws NothingToPlan */
export async function makePlan(
  row: TrainingPlanRow,
  parts: RunParts,
  report: (phase: string, share: number) => Promise<void>,
): Promise<Made> {
  const { settings, edits } = row;
  const { zone } = await parts.tenants.current();
  const now = contextNow();
  const courses = await coursesOf(row, parts.courses);
  const special = await parts.calendars.special(settings.from, settings.to);
  const { spots, pinned } = allSpots(row, { courses, special, zone, now });
  if (spots.length === 0) throw new NothingToPlan('plan-no-spot');
  const learners = await readLearners(
    parts,
    {
      courses,
      unitIds: await unitsOf(row, parts),
      only: settings.poolId ? new Set(await certifiedIn([settings.poolId], MOST_IN_POOL)) : null,
      excluded: new Set(edits.excluded),
      from: settings.from,
      zone,
      now,
    },
    (share) => report('people', share),
  );
  if (learners.length === 0) throw new NothingToPlan('plan-nobody-lacks');
  await report('spots', 0);
  const made = problemOf({
    settings,
    courses,
    learners,
    spots,
    pinned,
    rooms: await roomsOf(row, parts.units),
    instructors: await instructorsOf(row, parts.memberships, now),
  });
  const { problem } = made;
  const fixed = problem.fixed ?? [];
  if (planGreedily({ ...problem, options: [] }, 'most').held.length < fixed.length)
    throw new NothingToPlan('plan-pins-clash');
  await report('solve', 0);
  const plan = await planTraining(problem, LIMITS, (share) => void report('solve', share));
  const sessions = explained(row, { plan, made, learners, spots, courses });
  const before = sumsOf(
    learners.flatMap(({ needs }) => needs),
    learners.length,
  );
  return {
    sessions,
    inputs: {
      people: learners.length,
      needs: problem.needs.length,
      spots: problem.candidates.length,
      options: problem.options.length,
    },
    proof: {
      worth: plan.worth,
      bound: plan.bound,
      greedy: planGreedily(problem, 'most').worth,
      optimal: plan.bound <= plan.worth * (1 + BEST_GAP),
    },
    outcome: outcomeOf(
      before,
      sessions.map((one) => ({
        ...one,
        invitations: one.invitations.map((own) => ({ ...own, personId: String(own.personId) })),
      })),
    ),
  };
}

async function coursesOf({ settings }: TrainingPlanRow, courses: CourseService): Promise<CourseFact[]> {
  const open = await courses.open();
  return open
    .filter((one) => settings.courseIds.length === 0 || settings.courseIds.includes(String(one._id)))
    .map((one) => ({
      id: String(one._id),
      title: one.title,
      minutes: one.minutes,
      category: one.category,
      mode: one.mode,
      passMark: one.passMark,
      tracks: one.tracks,
      prerequisites: one.prerequisites.map(String),
      teachers: one.instructors.map(({ personId }) => String(personId)),
    }));
}

/** What could be held, with what the officer pinned (wherever it lies) and without what the officer dropped. */
function allSpots(
  { settings, edits }: TrainingPlanRow,
  parts: { courses: readonly CourseFact[]; special: SpecialDays; zone: string; now: Date },
): { spots: Spot[]; pinned: Set<number> } {
  const { courses, zone, now } = parts;
  const isIn = (spot: Spot, list: TrainingPlanRow['edits']['pins']): boolean =>
    list.some((one) => sameKey(one, keyOf(spot, courses)));
  const usual = spotsOf({ ...parts, settings }).filter(
    (spot) => !isIn(spot, edits.dropped) && !isIn(spot, edits.pins),
  );
  const pins = edits.pins.flatMap((key) => {
    const course = courses.findIndex(({ id }) => id === key.courseId);
    const startsAt = new Date(key.startsAt);
    if (course < 0 || key.room >= settings.rooms.length || startsAt <= now) return [];
    const at = {
      course,
      room: key.room,
      date: localDate(startsAt, zone),
      startMinute: localMinutes(startsAt, zone),
    };
    return [spotAt(at, { courses, settings, zone })];
  });
  return { spots: [...pins, ...usual], pinned: new Set(pins.keys()) };
}

async function unitsOf(row: TrainingPlanRow, { tenants, units }: RunParts): Promise<Set<string> | null> {
  const { rootUnitId } = await tenants.current();
  return String(row.unitId) === rootUnitId ? null : units.expand([String(row.unitId)]);
}

async function roomsOf({ settings }: TrainingPlanRow, units: UnitService) {
  const known = new Map((await units.all()).map((unit) => [unit.id, unit.centre]));
  return settings.rooms.map(({ unitId }) => {
    const centre = unitId === null ? null : (known.get(unitId) ?? null);
    return centre && latLngOf(centre);
  });
}

async function instructorsOf(
  { settings }: TrainingPlanRow,
  memberships: MembershipService,
  now: Date,
): Promise<Instructor[]> {
  const [rows, busy] = await Promise.all([
    memberships.ofPeople(settings.instructorIds),
    bookingsAfter([...settings.instructorIds], now),
  ]);
  return settings.instructorIds.map((personId) => ({
    personId,
    name: rows.find((row) => String(row.personId) === personId)?.personName ?? '',
    busy: busy.get(personId) ?? [],
  }));
}

/** The plan as rows that say of each session and each invitation why it is there. */
function explained(
  row: TrainingPlanRow,
  found: {
    plan: ProvenPlan;
    made: MadeProblem;
    learners: readonly Learner[];
    spots: readonly Spot[];
    courses: readonly CourseFact[];
  },
): Made['sessions'] {
  const { plan, made, learners, spots, courses } = found;
  const { problem } = made;
  const reach = new Map<number, number>();
  for (const { candidate } of problem.options) reach.set(candidate, (reach.get(candidate) ?? 0) + 1);
  const order = [...plan.held].sort(
    (a, b) => (problem.candidates[a]?.start ?? 0) - (problem.candidates[b]?.start ?? 0) || a - b,
  );
  return order.map((candidate, place) => {
    const spot = spots[made.spots[candidate] ?? -1] as Spot;
    const course = courses[spot.course] as CourseFact;
    const room = row.settings.rooms[spot.room];
    const own = plan.invited.filter((index) => problem.options[index]?.candidate === candidate);
    const others = plan.invited.filter((index) => problem.options[index]?.candidate !== candidate);
    const teacher = made.teachers[candidate] ?? -1;
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
      instructor: teacherOf(row, teacher),
      seats: room?.seats ?? 0,
      costCents: spot.costCents,
      minutes: course.minutes,
      pinned: (problem.fixed ?? []).includes(candidate),
      reach: reach.get(candidate) ?? 0,
      worth: plan.worth - worthOf(problem, others),
      invitations: own.map((index) => {
        const option = problem.options[index] as MadeProblem['problem']['options'][number];
        const learner = learners[option.person] as Learner;
        return {
          personId: learner.member.personId,
          membershipId: learner.member._id,
          personName: learner.member.personName,
          minutes: made.options[index]?.counts ?? 0,
          needs: option.serves.flatMap(({ need, minutes, room }): ServedNeed[] => {
            const fact = learner.needs[made.needs[need]?.need ?? -1];
            if (!fact) return [];
            const shared = room < 0 ? null : { key: String(room), minutes: problem.rooms[room] ?? 0 };
            return [{ ...fact, closes: minutes, room: shared }];
          }),
          statedFree: made.options[index]?.statedFree ?? false,
          metres: made.options[index]?.metres ?? null,
          refusal: null,
          enrolmentId: null,
        };
      }),
      state: 'proposed' as const,
      refusal: null,
      sessionId: new Types.ObjectId(),
    };
  });

  function teacherOf({ settings }: TrainingPlanRow, at: number): PlannedSessionRow['instructor'] {
    const personId = settings.instructorIds[at];
    return personId === undefined ? null : { personId: new Types.ObjectId(personId), name: '' };
  }
}
