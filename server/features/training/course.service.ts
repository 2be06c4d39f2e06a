import { Types } from 'mongoose';
import { can, canEverywhere } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { courseLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import { holdersAnywhere } from '../memberships/index.ts';
import { CourseModel } from './course.model.ts';
import type { CourseRow } from './course.model.ts';
import type { Instructor } from './session.model.ts';
import type { CourseInput } from './training.schema.ts';

const SORT: readonly SortKey[] = [
  ['title', 1],
  ['_id', 1],
];
/** More courses than a place could teach. */
const MOST_COURSES = 1_000;
/** Who can be chosen from in a form; more than a county has. */
const MOST_INSTRUCTORS = 200;

export type CourseService = ReturnType<typeof createCourseService>;

/** The catalogue of what is taught. */
export function createCourseService() {
  /** One course: members see what is open or was, drafts are for whoever plans. @throws NotFound */
  async function access(actor: Actor, id: string): Promise<CourseRow> {
    const row = isId(id) ? await CourseModel.findById(id).lean() : null;
    if (!row || (row.state === 'draft' && !can(actor, 'training:plan'))) throw new NotFound();
    return row;
  }

  async function accessToPlan(actor: Actor, id: string): Promise<CourseRow> {
    const row = await access(actor, id);
    if (!canEverywhere(actor, 'training:plan')) throw new Forbidden('needs-whole');
    return row;
  }

  /** What must be learned before is a course of the place, and never, by whatever way round, the course itself. */
  async function checkPrerequisites(input: CourseInput, own: string | null): Promise<Types.ObjectId[]> {
    const wanted = [...new Set(input.prerequisites)];
    const seen = new Set<string>();
    let level = wanted;
    while (level.length > 0) {
      if (own !== null && level.includes(own)) throw Invalid.field('prerequisites', 'prerequisite-circle');
      const rows = await CourseModel.find({ _id: { $in: level } })
        .select({ prerequisites: 1 })
        .lean();
      if (rows.length < level.length) throw Invalid.field('prerequisites', 'not-a-choice');
      for (const id of level) seen.add(id);
      level = [...new Set(rows.flatMap((row) => row.prerequisites.map(String)))].filter(
        (id) => !seen.has(id),
      );
    }
    return wanted.map((id) => new Types.ObjectId(id));
  }

  /** Who may teach it: people who are instructors of some unit here. @throws Invalid beside the field */
  async function checkInstructors(
    ids: readonly string[],
    present: readonly Instructor[] = [],
  ): Promise<Instructor[]> {
    // Whoever was named stays until somebody takes the tick away: without them the course might be open to all.
    const kept = present.filter(({ personId }) => ids.includes(String(personId)));
    const known = new Set(kept.map(({ personId }) => String(personId)));
    const wanted = [...new Set(ids)].filter((id) => !known.has(id));
    if (wanted.length === 0) return kept;
    const found = await holdersAnywhere('training:teach-own', wanted.length, wanted);
    if (found.length < wanted.length) throw Invalid.field('instructors', 'not-an-instructor');
    return [...kept, ...found.map(({ personId, personName }) => ({ personId, name: personName }))];
  }

  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (err) {
      if (isDuplicateKey(err)) throw Invalid.field('title', 'course-exists');
      throw err;
    }
  };

  return {
    access,
    accessToPlan,

    async create(actor: AccountActor, input: CourseInput): Promise<CourseRow> {
      return inTransaction(async () => {
        const _id = new Types.ObjectId();
        const row = {
          _id,
          ...born('draft'),
          ...input,
          tracks: [...new Set(input.tracks)],
          prerequisites: await checkPrerequisites(input, null),
          instructors: await checkInstructors(input.instructors),
          createdBy: new Types.ObjectId(actor.accountId),
          createdAt: contextNow(),
        };
        await named(() => CourseModel.create([row as never]));
        await recordAudit({ action: 'courses/create', subjectType: 'Course', subjectId: _id, to: 'draft' });
        return (await CourseModel.findById(_id).lean()) as CourseRow;
      });
    },

    /** Changes the course; sessions that were announced keep the terms they were announced with. */
    async edit(
      actor: AccountActor,
      id: string,
      input: CourseInput,
      version: number | null,
    ): Promise<CourseRow> {
      return inTransaction(async () => {
        const before = await accessToPlan(actor, id);
        const set = {
          ...input,
          tracks: [...new Set(input.tracks)],
          prerequisites: await checkPrerequisites(input, id),
          instructors: await checkInstructors(input.instructors, before.instructors),
        };
        return named(() => editRow(CourseModel, id, { version, set, action: 'courses/edit' }));
      });
    },

    /** Opens a course for sessions, or takes it out of the catalogue. */
    async move(actor: AccountActor, id: string, to: 'open' | 'retired'): Promise<CourseRow> {
      return inTransaction(async () => {
        const row = await accessToPlan(actor, id);
        return named(() =>
          transition(CourseModel, row._id, {
            lifecycle: courseLifecycle,
            from: courseLifecycle.states.filter((from) => courseLifecycle.canMove(from, to)),
            to,
            action: `courses/${to}`,
          }),
        );
      });
    },

    /** By title; whoever plans sees drafts and retired ones too. */
    async list(actor: Actor, limit: number, cursor: string | undefined): Promise<Page<CourseRow>> {
      const rows = await CourseModel.find({
        ...(can(actor, 'training:plan') ? {} : { state: 'open' }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.title, row._id]);
    },

    /** All courses that are open, by title; what forms choose from. */
    open: (): Promise<CourseRow[]> =>
      CourseModel.find({ state: 'open' }).sort({ title: 1 }).limit(MOST_COURSES).lean(),

    /** Everybody who could be said to teach a course, for its form. */
    instructors: () => holdersAnywhere('training:teach-own', MOST_INSTRUCTORS),

    /** Titles of these courses. */
    async titles(ids: readonly (string | Types.ObjectId)[]): Promise<Map<string, string>> {
      if (ids.length === 0) return new Map();
      const rows = await CourseModel.find({ _id: { $in: ids.map((id) => new Types.ObjectId(String(id))) } })
        .select({ title: 1 })
        .lean();
      return new Map(rows.map((row) => [String(row._id), row.title]));
    },

    /** These courses by id; those that are gone are left out. */
    async rows(ids: readonly Types.ObjectId[]): Promise<Map<string, CourseRow>> {
      const found = await CourseModel.find({ _id: { $in: [...ids] } })
        .select({ history: 0 })
        .lean();
      return new Map(found.map((row) => [String(row._id), row]));
    },

    row: async (id: string | Types.ObjectId): Promise<CourseRow> => {
      const row = await CourseModel.findById(id).lean();
      if (!row) throw new NotFound();
      return row;
    },
  };
}
