import { addMonths, ageOn, startOfDay } from '../../core/time.ts';

/** Below this age a guardian speaks; below the lower one the law asks for rules of their own. */
export const OF_AGE = 18;
export const CHILD_BELOW = 14;
/** The law of ages is that of the mainland: a birthday begins there. */
const ZONE = 'Asia/Shanghai';

/** @param birthDate `YYYY-MM-DD`; @param today likewise */
export const isMinor = (birthDate: string | null, today: string): boolean =>
  birthDate !== null && birthDate !== '' && ageOn(birthDate, today) < OF_AGE;

/** The instant at which somebody comes of age; of one born on 29 February, the first of March. */
export function comesOfAge(birthDate: string): Date {
  const day = addMonths(birthDate, OF_AGE * 12);
  const late = ageOn(birthDate, day) < OF_AGE ? `${day.slice(0, 4)}-03-01` : day;
  return startOfDay(late, ZONE);
}

/**
 * Whether somebody for whom a guardian once spoke, and took it back, speaks for themselves by now: nothing of what was
 * agreed to stands, and they are of age, so that their own word is all that is needed (R-1.36, PIPL 14).
 * @param today `YYYY-MM-DD`
 */
export const mayDecideAnew = (
  person: {
    readonly birthDate: string | null;
    readonly consents: readonly { readonly purpose: string; readonly withdrawnAt: Date | null }[];
  },
  today: string,
): boolean =>
  person.birthDate !== null &&
  person.birthDate !== '' &&
  !isMinor(person.birthDate, today) &&
  person.consents.some(({ purpose }) => purpose === 'guardian') &&
  person.consents.every(({ withdrawnAt }) => withdrawnAt !== null);
