import { Types } from 'mongoose';
import { distanceMetres, latLngOf } from '../../core/geo.ts';
import type { LatLng } from '../../core/geo.ts';
import { daysBetween, localDate } from '../../core/time.ts';
import type { CreditReading, PersonOutlook } from '../credits/index.ts';
import { allVersions, peopleOfRoles, progressOf, versionOn } from '../curricula/index.ts';
import type { CurriculumVersion } from '../curricula/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { bookingsAfter, peopleToPlan } from '../people/index.ts';
import type { PersonRow } from '../people/index.ts';
import { runningRegistrations } from '../re-registration/index.ts';
import { aheadOf, evidenceOf, LEARNER_ROLES, trackOfRole, trainedOf } from '../training/index.ts';
import type { AheadFact, SessionRow, TrainedFact } from '../training/index.ts';
import type { CourseFact } from './candidate.rules.ts';
import { addCredits } from './needs.rules.ts';
import type { CourseService, Lack } from './needs.rules.ts';
import { urgencyOf } from './planner/urgency.rules.ts';
import type { NeedFact } from './training-plan.types.ts';

/** More than any plan could invite; of more the most urgent are looked at. */
export const MOST_PEOPLE = 3_000;
const AT_ONCE = 500;
/** How far people go to learn who have not said how far. */
const USUAL_REACH_METRES = 30_000;

/** Somebody who lacks something, with all that decides whether they could come. */
export interface Learner {
  readonly personId: string;
  readonly member: Pick<MembershipRow, '_id' | 'personId' | 'personName'>;
  /** Null where every session counts whatever else there is. */
  readonly outlook: PersonOutlook | null;
  readonly needs: readonly NeedFact[];
  /** Of each need, how much of it any learning could close: less than is missing where a programme caps training. */
  readonly reach: readonly number[];
  /** Minutes that several sessions together can close at most. */
  readonly rooms: readonly number[];
  /** Of each course by index; null where it serves no need. */
  readonly serves: readonly (CourseService | null)[];
  readonly trained: readonly TrainedFact[];
  readonly ahead: readonly AheadFact[];
  readonly availability: PersonRow['availability'];
  readonly home: LatLng | null;
  readonly reachMetres: number;
  readonly busy: readonly { readonly startsAt: Date; readonly endsAt: Date }[];
  /** Last day on which credit hours still count for the needs of the programme. */
  readonly creditUntil: string;
}

export interface GroundParts {
  readonly reading: CreditReading;
  readonly memberships: Pick<MembershipService, 'ofPeople' | 'notToBeAsked'>;
}

export interface GroundInput {
  readonly courses: readonly CourseFact[];
  /** Units whose members are planned for; null for all. */
  readonly unitIds: ReadonlySet<string> | null;
  /** Only these people; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly excluded: ReadonlySet<string>;
  readonly from: string;
  readonly zone: string;
  readonly now: Date;
}

/** Everybody who lacks something that these courses could close, the most urgent first. */
export async function readLearners(
  { reading, memberships }: GroundParts,
  input: GroundInput,
  report: (share: number) => Promise<void>,
): Promise<Learner[]> {
  const { courses, unitIds, only, excluded, zone, now } = input;
  const today = localDate(now, zone);
  const ahead = await aheadOf();
  const lacks = new Map<string, Lack>();
  const lackOf = (personId: string): Lack => {
    const found = lacks.get(personId) ?? {
      outlook: null,
      needs: [],
      reach: [],
      rooms: [],
      serves: courses.map(() => null),
      creditUntil: '',
    };
    lacks.set(personId, found);
    return found;
  };
  const wanted = (personId: string): boolean =>
    !excluded.has(personId) && (only === null || only.has(personId));
  await lackingCredits({ reading, input, today, ahead, wanted, lackOf, report });
  await lackingCourses({ input, today, ahead, wanted, lackOf });
  const urgency = ({ needs }: Lack): number =>
    needs.reduce((sum, { minutes, weight }) => sum + minutes * weight, 0);
  const order = [...lacks]
    .filter(([, { serves }]) => serves.some((one) => one !== null))
    .sort(([a, one], [b, other]) => urgency(other) - urgency(one) || (a < b ? -1 : 1))
    .slice(0, MOST_PEOPLE);
  const people: Learner[] = [];
  for (let at = 0; at < order.length; at += AT_ONCE) {
    people.push(...(await withFacts(order.slice(at, at + AT_ONCE), { memberships, unitIds, ahead, now })));
    await report(0.5 + (0.5 * at) / order.length);
  }
  return people;
}

/** Social workers whose registration runs, evaluated with what they have signed up for already. */
async function lackingCredits(parts: {
  reading: CreditReading;
  input: GroundInput;
  today: string;
  ahead: ReadonlyMap<string, readonly AheadFact[]>;
  wanted: (personId: string) => boolean;
  lackOf: (personId: string) => Lack;
  report: (share: number) => Promise<void>;
}): Promise<void> {
  const { reading, input, today, ahead, wanted, lackOf, report } = parts;
  const professional = input.courses.map(({ tracks }) => tracks.includes('professional'));
  const registered = (await runningRegistrations(today)).filter(({ personId }) => wanted(personId));
  for (let at = 0; at < registered.length; at += AT_ONCE) {
    const some = registered.slice(at, at + AT_ONCE);
    const outlooks = await reading.outlooks(
      some.map((one) => ({
        ...one,
        planned: (ahead.get(one.personId) ?? []).map((seat) => ({
          id: seat.enrolmentId,
          category: seat.category || null,
          mode: seat.mode || null,
          date: localDate(seat.endsAt, input.zone),
          minutes: seat.minutes,
          evidence: evidenceOf(seat.passMark),
        })),
      })),
      today,
    );
    some.forEach(({ personId }, index) => {
      const outlook = outlooks[index];
      if (!outlook || outlook.shortfalls.length === 0) return;
      const weight = urgencyOf(daysBetween(today, outlook.until));
      addCredits(lackOf(personId), outlook, {
        weight,
        courses: input.courses.map((course, place) => (professional[place] ? course : null)),
        date: input.from > today ? input.from : today,
      });
    });
    await report((0.5 * at) / registered.length);
  }
}

/** Whoever has courses of their curriculum still to learn, or to learn again. */
async function lackingCourses(parts: {
  input: GroundInput;
  today: string;
  ahead: ReadonlyMap<string, readonly AheadFact[]>;
  wanted: (personId: string) => boolean;
  lackOf: (personId: string) => Lack;
}): Promise<void> {
  const { input, today, ahead, wanted, lackOf } = parts;
  const placeOf = new Map(input.courses.map(({ id }, place) => [id, place]));
  const versions = await allVersions();
  const current = LEARNER_ROLES.flatMap((role) => versionOn(versions.get(role) ?? [], today) ?? []).filter(
    ({ courseIds }) => courseIds.some((id) => placeOf.has(id)),
  );
  const people = await peopleOfRoles(current.map(({ role }) => role));
  for (const version of current) {
    const own = [...(people.get(version.role) ?? [])].filter(([personId]) => wanted(personId));
    for (let at = 0; at < own.length; at += 5_000) {
      const some = own.slice(at, at + 5_000);
      const trained = await trainedOf(some.map(([personId]) => personId));
      for (const [personId, since] of some)
        lackOfVersion(version, { personId, since, trained: trained.get(personId) ?? [] });
    }
  }

  function lackOfVersion(
    version: CurriculumVersion,
    { personId, since, trained }: { personId: string; since: string; trained: readonly TrainedFact[] },
  ): void {
    const enrolled = new Set((ahead.get(personId) ?? []).map(({ courseId }) => courseId));
    for (const { courseId, dueOn } of progressOf(version, { since, trained, enrolled, today })) {
      const place = placeOf.get(courseId);
      const course = place === undefined ? undefined : input.courses[place];
      if (dueOn === null || place === undefined || !course?.tracks.includes(trackOfRole(version.role)))
        continue;
      const lack = lackOf(personId);
      if (lack.needs.some(({ code, what }) => code === 'course' && what === courseId)) continue;
      const weight = urgencyOf(daysBetween(today, dueOn));
      const need =
        lack.needs.push({ code: 'course', what: courseId, minutes: course.minutes, weight, dueOn }) - 1;
      lack.reach[need] = course.minutes;
      const known = lack.serves[place];
      // A session that also counts for a programme serves both; the curriculum wants the whole course.
      lack.serves[place] = {
        counts: known?.counts ?? course.minutes,
        closes: [...(known?.closes ?? []), { need, minutes: course.minutes, room: -1 }],
      };
    }
  }
}

/** What decides whether these people could come; who has left, moved out of reach of the plan or is not asked falls out. */
async function withFacts(
  some: readonly (readonly [string, Lack])[],
  parts: {
    memberships: GroundParts['memberships'];
    unitIds: ReadonlySet<string> | null;
    ahead: ReadonlyMap<string, readonly AheadFact[]>;
    now: Date;
  },
): Promise<Learner[]> {
  const ids = some.map(([personId]) => personId);
  const [members, trained, busy] = await Promise.all([
    parts.memberships.ofPeople(ids),
    trainedOf(ids),
    bookingsAfter(ids, parts.now),
  ]);
  const member = new Map(
    members
      .filter(
        ({ state, unitId }) =>
          state === 'approved' && (parts.unitIds === null || parts.unitIds.has(String(unitId))),
      )
      .map((row) => [String(row.personId), row]),
  );
  const facts = new Map<string, PersonRow>();
  for await (const rows of peopleToPlan(ids)) for (const row of rows) facts.set(String(row._id), row);
  return some.flatMap(([personId, lack]) => {
    const [own, person] = [member.get(personId), facts.get(personId)];
    if (!own || !person) return [];
    return [
      {
        personId,
        member: { _id: own._id, personId: own.personId, personName: own.personName },
        ...lack,
        trained: trained.get(personId) ?? [],
        ahead: parts.ahead.get(personId) ?? [],
        availability: person.availability,
        home: person.home ? latLngOf(person.home) : null,
        reachMetres: person.radiusMetres ?? USUAL_REACH_METRES,
        busy: busy.get(personId) ?? [],
      },
    ];
  });
}

/** The way from a person's home to a room, in whole metres; null where one of both is not known. */
export const wayOf = (home: LatLng | null, room: LatLng | null): number | null =>
  home && room ? Math.round(distanceMetres(home, room)) : null;

export const oid = (id: string): Types.ObjectId => new Types.ObjectId(id);
export type { SessionRow };
