import { distanceMetres } from '../../core/geo.ts';
import type { PersonFacts, PositionFacts } from './matching.types.ts';

/** Of people from elsewhere only a band is known, in points too: a distance could point at a front door. */
export const BANDS_METRES = [1_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000] as const;
const BEYOND_METRES = 200_000;

/** The far end of the band that the distance lies in. */
export const bandOf = (metres: number): number =>
  BANDS_METRES.find((limit) => metres <= limit) ?? BEYOND_METRES;

/** Whole metres between the person's home and the place, for people from outside up to a band; null when either is unknown. */
export function distanceBetween(
  position: Pick<PositionFacts, 'point'>,
  person: Pick<PersonFacts, 'home' | 'standing'>,
): number | null {
  if (!position.point || !person.home) return null;
  const metres = distanceMetres(position.point, person.home);
  return person.standing === 'findable' || person.standing === 'unasked' ? bandOf(metres) : metres;
}
