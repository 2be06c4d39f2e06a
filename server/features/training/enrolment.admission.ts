import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import { bookingsOf, lockPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from './course.service.ts';
import type { SessionRow } from './session.model.ts';
import { signUpRefusals } from './training.rules.ts';
import type { TrainingRefusal } from './training.rules.ts';
import { trainedOf } from './trained.ts';

/** Who may come to a session, and what stands in the way. */
export function createAdmission({ courses, tenants }: { courses: CourseService; tenants: TenantService }) {
  async function refusalsFor(session: SessionRow, personId: string): Promise<TrainingRefusal[]> {
    const [{ zone }, course, trained] = await sideBySide([
      () => tenants.current(),
      () => courses.row(session.courseId),
      () => trainedOf([personId]),
    ]);
    return signUpRefusals({
      now: contextNow(),
      state: session.state,
      startsAt: session.startsAt,
      enrolUntil: session.enrolUntil,
      startDate: localDate(session.startsAt, zone),
      courseId: String(session.courseId),
      prerequisites: course.prerequisites.map(String),
      trained: trained.get(personId) ?? [],
      personId,
      instructorIds: session.instructors.map((one) => String(one.personId)),
    });
  }

  /** The same with what stands in the way at that time, as it is known now: what a page tells before anybody presses. */
  async function obstaclesFor(session: SessionRow, personId: string): Promise<TrainingRefusal[]> {
    const [reasons, booked] = await sideBySide([
      () => refusalsFor(session, personId),
      () => bookingsOf([personId], session),
    ]);
    const busy = (booked.get(personId) ?? []).some(
      (other) => other.startsAt < session.endsAt && session.startsAt < other.endsAt,
    );
    const teaches = reasons.some(({ code }) => code === 'instructor-of-session');
    return busy && !teaches ? [...reasons, { code: 'overlapping-time' }] : reasons;
  }

  /** Nobody sits in two places: asked under the lock of the person's days. */
  async function isBusy(session: SessionRow, personId: string): Promise<boolean> {
    const bookings = await lockPersonDays(personId, session);
    return bookings.some((other) => other.startsAt < session.endsAt && session.startsAt < other.endsAt);
  }

  async function assertMayCome(session: SessionRow, personId: string): Promise<void> {
    const reasons: TrainingRefusal[] = await refusalsFor(session, personId);
    if (await isBusy(session, personId)) reasons.push({ code: 'overlapping-time' });
    if (reasons.length > 0) throw new Conflict('training-refused', { reasons });
  }

  return { refusalsFor, obstaclesFor, isBusy, assertMayCome };
}
