import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey, sideBySide } from '../../db/transaction.ts';
import type { CourseService, EnrolmentService, LearnerRole, SessionService } from '../training/index.ts';
import { LEARNER_ROLES, trackOfRole, TRACKS, trainedIn } from '../training/index.ts';
import { factsOf } from '../credentials/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { CurriculumVersionModel, LearnerModel } from './curriculum.model.ts';
import type { CurriculumVersionRow, LearnerRow } from './curriculum.model.ts';
import { isComplete, overviewOf, progressOf, rolesOf, versionOn } from './curriculum.rules.ts';
import type { CurriculumVersion } from './curriculum.rules.ts';
import type { CurriculumInput, CurriculumView, LearningView, OverviewView } from './curriculum.schema.ts';
import { peopleOfRoles } from './learner.reading.ts';

/** Far more versions than a department publishes in its life. */
const MOST_VERSIONS = 2_000;

export interface CurriculumParts {
  readonly courses: CourseService;
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
}

export type CurriculumService = ReturnType<typeof createCurriculumService>;

export const toVersion = (row: CurriculumVersionRow): CurriculumVersion => ({
  role: row.role,
  number: row.number,
  effectiveFrom: row.effectiveFrom,
  courseIds: row.courseIds.map(String),
  withinMonths: row.withinMonths,
});

/** Versions of every part, oldest first. */
export async function allVersions(): Promise<Map<LearnerRole, CurriculumVersion[]>> {
  const rows = await CurriculumVersionModel.find({}).sort({ role: 1, number: 1 }).limit(MOST_VERSIONS).lean();
  return Map.groupBy(rows.map(toVersion), ({ role }) => role);
}

/** What each part is to learn, and how far people are with it. */
export function createCurriculumService(parts: CurriculumParts) {
  const { courses, sessions, enrolments, memberships, tenants } = parts;
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** An approved member, for whoever plans training where they belong; everybody else is missing. */
  async function accessMember(actor: AccountActor, membershipId: string): Promise<MembershipRow> {
    const member = await memberships.row(membershipId);
    if (member?.state !== 'approved' || !can(actor, 'training:plan', String(member.unitId)))
      throw new NotFound();
    return member;
  }

  async function list(role?: LearnerRole): Promise<CurriculumView[]> {
    const [on, all] = await sideBySide([() => today(), () => allVersions()]);
    const shown = LEARNER_ROLES.filter((one) => role === undefined || one === role).flatMap((one) => {
      const versions = all.get(one) ?? [];
      const current = versionOn(versions, on);
      // Of every part what holds and what is to come; of one part everything there was.
      return versions
        .filter((version) => role !== undefined || version === current || version.effectiveFrom > on)
        .map((version) => ({ version, inForce: version === current }));
    });
    const titles = await courses.titles(shown.flatMap(({ version }) => [...version.courseIds]));
    return shown.map(({ version, inForce }) => ({
      role: version.role,
      number: version.number,
      effectiveFrom: version.effectiveFrom,
      inForce,
      withinMonths: version.withinMonths,
      courses: version.courseIds.map((id) => ({ id, title: titles.get(id) ?? '' })),
    }));
  }

  async function learningOf(member: MembershipRow): Promise<LearningView> {
    const [on, all, learner, credentials, { zone }] = await sideBySide([
      () => today(),
      () => allVersions(),
      () => LearnerModel.findOne({ personId: member.personId }).lean(),
      () => factsOf([member.personId]),
      () => tenants.current(),
    ]);
    const personId = String(member.personId);
    const level = credentials.get(personId)?.find(({ type }) => type === 'social-worker')?.level ?? null;
    const chosen = learner?.roles ?? [];
    const current = rolesOf({ kind: member.kind, level, chosen }).flatMap((one) => {
      const version = versionOn(all.get(one) ?? [], on);
      return version ? [version] : [];
    });
    const [trained, enrolled, titles] = await sideBySide([
      () => enrolments.trained(personId),
      () => enrolments.coursesAhead(personId),
      () => courses.titles(current.flatMap(({ courseIds }) => [...courseIds])),
    ]);
    return {
      personName: member.personName,
      chosen,
      version: learner?.version ?? null,
      curricula: current.map((version) => {
        const since = localDate(
          chosen.includes(version.role) && learner ? learner.since : member.createdAt,
          zone,
        );
        const items = progressOf(version, { since, trained, enrolled, today: on });
        return {
          role: version.role,
          track: trackOfRole(version.role),
          number: version.number,
          complete: isComplete(items),
          items: items.map((one) => ({ ...one, title: titles.get(one.courseId) ?? '' })),
        };
      }),
    };
  }

  async function choose(
    actor: AccountActor,
    member: MembershipRow,
    roles: readonly LearnerRole[],
  ): Promise<LearnerRow | null> {
    const now = contextNow();
    const after = await LearnerModel.findOneAndUpdate(
      { personId: member.personId },
      {
        $set: {
          membershipId: member._id,
          unitId: member.unitId,
          roles: [...new Set(roles)],
          setBy: new Types.ObjectId(actor.accountId),
          setAt: now,
        },
        $inc: { version: 1 },
        $setOnInsert: { since: now },
      },
      { upsert: true, returnDocument: 'after' },
    ).lean();
    await recordAudit({
      action: 'curricula/choose-roles',
      subjectType: 'Learner',
      subjectId: member._id,
      facts: { roles: [...roles].join(',') },
    });
    return after;
  }

  return {
    list,

    /**
     * Publishes what a part is to learn from a day on: after the version before it and not in the past, so that nobody was
     * ever late by a rule that came later. @throws Invalid beside the field, Conflict when somebody published meanwhile
     */
    async publish(actor: AccountActor, input: CurriculumInput): Promise<CurriculumView> {
      const on = await today();
      if (input.effectiveFrom < on) throw Invalid.field('effectiveFrom', 'rules-in-the-past');
      await inTransaction(async () => {
        const versions = (await allVersions()).get(input.role) ?? [];
        const last = versions.at(-1);
        if (last && input.effectiveFrom <= last.effectiveFrom && last.effectiveFrom > on)
          throw Invalid.field('effectiveFrom', 'rules-before-the-last', { from: last.effectiveFrom });
        const wanted = [...new Set(input.courseIds)];
        const open = new Map((await courses.open()).map((row) => [String(row._id), row]));
        const track = trackOfRole(input.role);
        if (!wanted.every((id) => open.get(id)?.tracks.includes(track)))
          throw Invalid.field('courseIds', 'not-a-choice');
        const _id = new Types.ObjectId();
        try {
          await CurriculumVersionModel.create([
            {
              _id,
              ...input,
              number: (last?.number ?? 0) + 1,
              courseIds: wanted.map((id) => new Types.ObjectId(id)),
              publishedBy: new Types.ObjectId(actor.accountId),
              publishedAt: contextNow(),
            } as never,
          ]);
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('already-exists');
          throw err;
        }
        await recordAudit({
          action: 'curricula/publish',
          subjectType: 'CurriculumVersion',
          subjectId: _id,
          to: 'published',
        });
      });
      return (await list(input.role)).at(-1) as CurriculumView;
    },

    /** One's own way: the parts one plays, and each course of their curricula. */
    async own(actor: AccountActor): Promise<LearningView> {
      const member = await memberships.approvedOf(actor.personId);
      if (!member) throw new Forbidden('members-only');
      return learningOf(member);
    },

    async chooseOwn(actor: AccountActor, roles: readonly LearnerRole[]): Promise<LearningView> {
      return inTransaction(async () => {
        const member = await memberships.approvedOf(actor.personId);
        if (!member) throw new Forbidden('members-only');
        await choose(actor, member, roles);
        return learningOf(member);
      });
    },

    /** Somebody else's, for whoever plans training where they belong. @throws NotFound */
    async ofMember(
      actor: AccountActor,
      membershipId: string,
    ): Promise<{ member: MembershipRow; learning: LearningView }> {
      const member = await accessMember(actor, membershipId);
      return { member, learning: await learningOf(member) };
    },

    async chooseFor(
      actor: AccountActor,
      membershipId: string,
      roles: readonly LearnerRole[],
    ): Promise<LearningView> {
      return inTransaction(async () => {
        const member = await accessMember(actor, membershipId);
        await choose(actor, member, roles);
        return learningOf(member);
      });
    },

    /** Both tracks of the place: how many of each part have learned what it asks for, and where places are open. */
    async overview(): Promise<OverviewView> {
      const [on, all] = await sideBySide([() => today(), () => allVersions()]);
      const current = LEARNER_ROLES.flatMap((role) => versionOn(all.get(role) ?? [], on) ?? []);
      const courseIds = [...new Set(current.flatMap((one) => [...one.courseIds]))];
      const [people, trained, titles, seats] = await sideBySide([
        () => peopleOfRoles(current.map(({ role }) => role)),
        () => trainedIn(courseIds),
        () => courses.titles(courseIds),
        () => sessions.seatsAhead(courseIds),
      ]);
      return {
        on,
        tracks: TRACKS.map((track) => ({
          track,
          roles: current
            .filter(({ role }) => trackOfRole(role) === track)
            .map((version) => {
              const own = people.get(version.role) ?? new Map<string, string>();
              const found = overviewOf(version, new Set(own.keys()), trained, on);
              return {
                role: found.role,
                people: found.people,
                complete: found.complete,
                courses: found.courses.map(({ courseId, ...count }) => ({
                  id: courseId,
                  title: titles.get(courseId) ?? '',
                  ...count,
                  seatsAhead: seats.get(courseId) ?? 0,
                })),
              };
            }),
        })),
      };
    },
  };
}
