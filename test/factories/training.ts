import { Types } from 'mongoose';
import { born, wayAlong } from '../../server/db/transition.ts';
import { courseLifecycle, sessionLifecycle } from '../../server/core/states.ts';
import { CourseModel } from '../../server/features/training/course.model.ts';
import type { CourseRow } from '../../server/features/training/course.model.ts';
import { SessionModel } from '../../server/features/training/session.model.ts';
import type { SessionRow } from '../../server/features/training/session.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { inTenant } from './people.ts';

let counter = 0;
const HOUR = 3_600_000;

/** An open course. @returns its id */
export async function createCourse(tenant: Tenant, change: Partial<CourseRow> = {}): Promise<string> {
  return inTenant(tenant.id, async () => {
    const _id = new Types.ObjectId();
    await CourseModel.create([
      {
        _id,
        ...born('draft'),
        state: 'open',
        history: wayAlong(courseLifecycle, null, ['draft', 'open']),
        title: `课程${(counter += 1)}`,
        dimension: 'ability',
        tracks: ['professional', 'semi-professional'],
        minutes: 180,
        createdAt: new Date(),
        ...change,
      } as never,
    ]);
    return String(_id);
  });
}

/** An announced session of a new course, a week from now, unless told otherwise. */
export async function createSession(
  tenant: Tenant,
  change: Partial<SessionRow> = {},
): Promise<{ courseId: string; sessionId: string }> {
  const courseId = change.courseId ? String(change.courseId) : await createCourse(tenant);
  const startsAt = change.startsAt ?? new Date(Date.now() + 7 * 24 * HOUR);
  return inTenant(tenant.id, async () => {
    const course = await CourseModel.findById(courseId).lean();
    const _id = new Types.ObjectId();
    await SessionModel.create([
      {
        _id,
        ...born('draft'),
        state: 'published',
        history: wayAlong(sessionLifecycle, null, ['draft', 'published']),
        courseId: new Types.ObjectId(courseId),
        unitId: new Types.ObjectId(tenant.rootUnitId),
        title: course?.title,
        dimension: course?.dimension,
        tracks: course?.tracks,
        minutes: course?.minutes,
        passMark: course?.passMark,
        place: { label: '会议室' },
        startsAt,
        endsAt: new Date(startsAt.getTime() + 3 * HOUR),
        enrolUntil: startsAt,
        capacity: 20,
        createdAt: new Date(),
        ...change,
      } as never,
    ]);
    return { courseId, sessionId: String(_id) };
  });
}
