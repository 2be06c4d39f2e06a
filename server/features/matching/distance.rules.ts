import { distanceMetres } from '../../core/geo.ts';
import type { PersonFacts, PositionFacts } from './matching.types.ts';

/** Of people from elsewhere only a band is known, in points too: a distance could point at a front door. */
export const BANDS_METRES = [1_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000] as const;
const BEYOND_METRES = 200_000;

/** The far end of the band that the distance lies in. */
export function bandOf(metres: number): number {
  for (const limit of BANDS_METRES) if (metres <= limit) return limit;
  return BEYOND_METRES;
}

/** People of no organisation that the posting tenant knows: nothing of theirs rests on exact metres. */
export const isOutside = (standing: PersonFacts['standing']): boolean =>
  standing === 'findable' || standing === 'unasked';

/** Whole metres between the person's home and the place, for people from elsewhere up to a band; null when either is unknown. */
export function distanceBetween(
  position: Pick<PositionFacts, 'point'>,
  person: Pick<PersonFacts, 'home' | 'banded'>,
): number | null {
  if (!position.point || !person.home) return null;
  const metres = distanceMetres(position.point, person.home);
  return person.banded ? bandOf(metres) : metres;
}

/**
 * The same for asking whether somebody goes so far. An organisation's own members are asked by metres also where another one
 * plans for it: yes or no is all that comes of it.
 */
export const reachBetween = (
  position: Pick<PositionFacts, 'point'>,
  person: Pick<PersonFacts, 'home' | 'standing'>,
): number | null => distanceBetween(position, { home: person.home, banded: isOutside(person.standing) });
