import { distanceMetres } from '../../core/geo.ts';
import type { LatLng } from '../../core/geo.ts';

/** A shift, or a place somebody has, in time and space. */
export interface Stretch {
  readonly title: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly point: LatLng | null;
}

export interface Near {
  /** `far-apart`: the way between is longer than the time; `little-time-between`: less than half an hour. */
  readonly code: 'far-apart' | 'little-time-between';
  readonly other: Stretch;
  readonly gapMinutes: number;
  /** Null when a place is not known. */
  readonly metres: number | null;
}

/** Less than this between two shifts is worth a word, wherever they are. */
export const NEAR_MINUTES = 30;
/** Fifteen kilometres an hour from door to door: a bus with its waiting, an electric bicycle. */
export const METRES_PER_MINUTE = 250;

const MINUTE = 60_000;
export const overlap = (
  a: Pick<Stretch, 'startsAt' | 'endsAt'>,
  b: Pick<Stretch, 'startsAt' | 'endsAt'>,
): boolean => a.startsAt < b.endsAt && b.startsAt < a.endsAt;

/**
 * Places a person has that come so shortly before or after the shift that they may be late: warned, never refused, since
 * only they know their way. What overlaps is another rule's business and refused there.
 */
export function nearOnes(shift: Stretch, places: readonly Stretch[]): Near[] {
  return places.flatMap((other): Near[] => {
    if (overlap(shift, other)) return [];
    const gap =
      other.endsAt <= shift.startsAt
        ? shift.startsAt.getTime() - other.endsAt.getTime()
        : other.startsAt.getTime() - shift.endsAt.getTime();
    const gapMinutes = Math.floor(gap / MINUTE);
    const metres = shift.point && other.point ? distanceMetres(shift.point, other.point) : null;
    if (metres !== null && metres > gapMinutes * METRES_PER_MINUTE)
      return [{ code: 'far-apart', other, gapMinutes, metres }];
    return gapMinutes < NEAR_MINUTES ? [{ code: 'little-time-between', other, gapMinutes, metres }] : [];
  });
}
