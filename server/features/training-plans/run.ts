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
import { outcomeOf, sumsOf } from './outcome.rules.ts';
import { planGreedily } from './planner/greedy.ts';
import { planTraining } from './planner/planner.ts';
import type { PlannerLimits } from './planner/planner.ts';
import { problemOf } from './problem.ts';
import type { Instructor } from './problem.ts';
import { proposalOf, worthOfRows } from './proposal.ts';
import type { ProposedRow } from './proposal.ts';
import type { TrainingPlanRow } from './training-plan.model.ts';
import { sameKey } from './training-plan.types.ts';
import type { PlanOutcome } from './training-plan.types.ts';

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
  readonly sessions: ProposedRow[];
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
  // The planner does not wait for what is told of it; we do, before the connection is closed under it. Telling may fail.
  let told = Promise.resolve();
  const plan = await planTraining(problem, LIMITS, (share) => {
    told = told.then(() => report('solve', share)).catch(() => undefined);
  });
  await told;
  const ground = { row, made, learners, spots, courses };
  const sessions = proposalOf(plan, ground);
  // The planner's numbers are never less than the engine's, so its bound holds; what is reached is said by the engine.
  const worth = worthOfRows(sessions);
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
      worth,
      bound: plan.bound,
      greedy: worthOfRows(proposalOf(planGreedily(problem, 'most'), ground)),
      optimal: plan.bound <= worth * (1 + BEST_GAP),
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
