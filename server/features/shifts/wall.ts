import { Invalid } from '../../core/errors.ts';
import { localDate, localMinutes, wallToInstant } from '../../core/time.ts';
import { spanIssues } from './shift.rules.ts';

/** Minutes after midnight of a clock's `HH:MM`. */
export const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The wall times a form shows for the shift. */
export function wallTimesOf(
  shift: { startsAt: Date; endsAt: Date },
  zone: string,
): { date: string; startTime: string; endTime: string } {
  const clock = (instant: Date): string => {
    const minutes = localMinutes(instant, zone);
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  };
  return {
    date: localDate(shift.startsAt, zone),
    startTime: clock(shift.startsAt),
    endTime: clock(shift.endsAt),
  };
}

/** The instants of wall times; an end that is not after the start is on the next day. @throws Invalid beside the fields */
export function spanOf(
  wall: { date: string; startTime: string; endTime: string; breakMinutes: number },
  zone: string,
): { startsAt: Date; endsAt: Date } {
  const [start, end] = [minutesOf(wall.startTime), minutesOf(wall.endTime)];
  const span = {
    startsAt: wallToInstant({ date: wall.date, minutes: start, zone }),
    endsAt: wallToInstant({ date: wall.date, minutes: end > start ? end : end + 24 * 60, zone }),
  };
  const issues = spanIssues({ ...span, breakMinutes: wall.breakMinutes });
  if (issues.length > 0) throw new Invalid(issues);
  return span;
}
