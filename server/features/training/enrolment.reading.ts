import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { OfferService } from '../offers/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from './course.service.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import type { SessionRow } from './session.model.ts';
import type { SessionService } from './session.service.ts';
import { AHEAD_STATES, LIVE_STATES, SEATED_STATES } from './training.catalogue.ts';
import { evidenceOf, signUpRefusals } from './training.rules.ts';
import type { TrainedFact } from './training.rules.ts';
import { trainedOf } from './trained.ts';

const OWN_SORT: readonly SortKey[] = [
  ['startsAt', -1],
  ['_id', -1],
];
const oid = (id: string): Types.ObjectId => new Types.ObjectId(id);

/** A session as the credit hours it would become. */
export interface ToLearn {
  readonly sessionId: string;
  readonly title: string;
  readonly place: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly category: string | null;
  readonly mode: string | null;
  /** Local day on which it ends. */
  readonly date: string;
  readonly minutes: number;
  readonly evidence: readonly string[];
}
/** One thing in a person's diary. */
export interface DiaryEntry {
  readonly id: string;
  readonly session: SessionRow;
  readonly state: string;
  readonly sequence: number;
  readonly changedAt: Date;
}
/** Sessions ahead that are looked through for one person. */
const MOST_TO_LEARN = 200;

/** What is known of enrolments, for pages, diaries and what somebody may take; nothing here changes one. */
export function createEnrolmentReading({
  courses,
  sessions,
  offers,
  tenants,
}: {
  courses: CourseService;
  sessions: SessionService;
  offers: OfferService;
  tenants: TenantService;
}) {
  return {
    /**
     * What somebody has and had in sessions since an instant, as a diary shows it: those called off too, so that they leave
     * programs that knew them. `sequence` grows with every change of the place and of the session.
     */
    async diary(personId: string, since: Date): Promise<DiaryEntry[]> {
      const rows = await EnrolmentModel.find({ personId: oid(personId), startsAt: { $gte: since } })
        .sort({ startsAt: -1, _id: -1 })
        .limit(500)
        .lean();
      const known = new Map(
        (await sessions.rows(rows.map((row) => row.sessionId))).map((row) => [String(row._id), row]),
      );
      return rows.flatMap((row) => {
        const session = known.get(String(row.sessionId));
        const changedAt = row.history.at(-1)?.at ?? row.createdAt;
        return session
          ? [
              {
                id: String(row._id),
                session,
                state: session.state === 'cancelled' ? 'cancelled' : row.state,
                sequence: row.version + session.version,
                changedAt,
              },
            ]
          : [];
      });
    },

    /** Whether the person has a seat ahead in the current tenant, asked for one or was asked. */
    async hasAhead(personId: string): Promise<boolean> {
      const found = await EnrolmentModel.exists({
        personId: oid(personId),
        state: { $in: [...AHEAD_STATES] },
        endsAt: { $gt: contextNow() },
      } as never);
      return found !== null;
    },

    /** One's own, newest first. */
    async listOwn(
      actor: AccountActor,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<EnrolmentRow>> {
      const rows = await EnrolmentModel.find({
        personId: oid(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .select({ history: { $slice: -1 } })
        .lean();
      return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
    },

    /** The person's live enrolment in the session, or null. */
    ownIn: (personId: string, sessionId: Types.ObjectId): Promise<EnrolmentRow | null> =>
      EnrolmentModel.findOne({
        sessionId,
        personId: oid(personId),
        state: { $in: [...LIVE_STATES] },
      }).lean(),

    waitingIn: (sessionId: Types.ObjectId): Promise<number> =>
      EnrolmentModel.countDocuments({ sessionId, state: 'waitlisted' }),

    /** States of the person's live enrolments in these sessions, by the session's id. */
    async statesIn(personId: string, sessionIds: readonly Types.ObjectId[]): Promise<Map<string, string>> {
      if (sessionIds.length === 0) return new Map();
      const rows = await EnrolmentModel.find({
        personId: oid(personId),
        sessionId: { $in: [...sessionIds] },
        state: { $in: [...LIVE_STATES] },
      })
        .select({ sessionId: 1, state: 1 })
        .lean();
      return new Map(rows.map((row) => [String(row.sessionId), row.state]));
    },

    /** Everybody of a session but those who were cancelled; whoever asks was let in before. */
    inSession: (sessionId: Types.ObjectId): Promise<EnrolmentRow[]> =>
      EnrolmentModel.find({ sessionId, state: { $in: [...LIVE_STATES] } })
        .sort({ personName: 1, _id: 1 })
        .limit(5_000)
        .lean(),

    /** How far down the line each of these is: 1 is next. */
    async placesInLine(rows: readonly EnrolmentRow[]): Promise<Map<string, number>> {
      const waiting = rows.filter((row) => row.state === 'waitlisted');
      if (waiting.length === 0) return new Map();
      const line = await EnrolmentModel.find({
        sessionId: { $in: waiting.map((row) => row.sessionId) },
        state: 'waitlisted',
      })
        .select({ sessionId: 1, waitSeq: 1 })
        .lean();
      return new Map(
        waiting.map((row) => [
          String(row._id),
          line.filter(
            (other) =>
              String(other.sessionId) === String(row.sessionId) && (other.waitSeq ?? 0) <= (row.waitSeq ?? 0),
          ).length,
        ]),
      );
    },

    /** Until when these invitations may be answered; by the enrolment's id. */
    async deadlines(rows: readonly EnrolmentRow[]): Promise<Map<string, Date>> {
      const ids = rows.flatMap((row) => (row.state === 'invited' && row.offerId ? [row.offerId] : []));
      if (ids.length === 0) return new Map();
      const open = await offers.rows(ids);
      return new Map(open.map((offer) => [String(offer.enrolmentId), offer.dueAt]));
    },

    /**
     * What somebody could sign up for now, and what they have signed up for already, each as the credit hours it would become:
     * nothing that they would be refused. At most so many, soonest first.
     */
    async toLearn(personId: string): Promise<{ offered: ToLearn[]; planned: ToLearn[] }> {
      const found = await sessions.open(MOST_TO_LEARN);
      const [{ zone }, own, trained, known] = await sideBySide([
        () => tenants.current(),
        () =>
          EnrolmentModel.find({
            personId: oid(personId),
            sessionId: { $in: found.map((row) => row._id) },
            state: { $in: [...LIVE_STATES] },
          })
            .select({ sessionId: 1, state: 1 })
            .lean(),
        () => trainedOf([personId]),
        () => courses.rows(found.map((row) => row.courseId)),
      ]);
      const mine = new Map(own.map((row) => [String(row.sessionId), row.state]));
      const toLearn = (session: SessionRow): ToLearn => ({
        sessionId: String(session._id),
        title: session.title,
        place: session.place.label,
        startsAt: session.startsAt,
        endsAt: session.endsAt,
        category: session.category || null,
        mode: session.mode || null,
        date: localDate(session.endsAt, zone),
        minutes: session.minutes,
        evidence: evidenceOf(session.passMark),
      });
      const may = (session: SessionRow): boolean =>
        signUpRefusals({
          now: contextNow(),
          ...session,
          startDate: localDate(session.startsAt, zone),
          courseId: String(session.courseId),
          prerequisites: known.get(String(session.courseId))?.prerequisites.map(String) ?? [],
          trained: trained.get(personId) ?? [],
          personId,
          instructorIds: session.instructors.map((one) => String(one.personId)),
        }).length === 0;
      return {
        offered: found.filter((one) => !mine.has(String(one._id)) && may(one)).map(toLearn),
        planned: found.filter((one) => mine.get(String(one._id)) === 'enrolled').map(toLearn),
      };
    },

    /** Whether the person has, or had, a seat in a session of the course. */
    isInside: async (personId: string, courseId: Types.ObjectId): Promise<boolean> =>
      Boolean(
        await EnrolmentModel.exists({
          personId: oid(personId),
          courseId,
          state: { $in: [...SEATED_STATES] },
        }),
      ),

    /** Courses of which the person has a place, or an open question, in a session ahead. */
    async coursesAhead(personId: string): Promise<Set<string>> {
      const rows = await EnrolmentModel.find({
        personId: oid(personId),
        state: { $in: [...AHEAD_STATES] },
        endsAt: { $gt: contextNow() },
      } as never)
        .select({ courseId: 1 })
        .lean();
      return new Set(rows.map((row) => String(row.courseId)));
    },

    trained: async (personId: string): Promise<TrainedFact[]> =>
      (await trainedOf([personId])).get(personId) ?? [],

    isSeated: (row: Pick<EnrolmentRow, 'state'>): boolean =>
      (SEATED_STATES as readonly string[]).includes(row.state),
  };
}
