/**
 * What a registered volunteer gives in a year (R-2.11: at least 20 hours and one project in the national measure of 2013), as the
 * tenant asks for it. Pure. It only tells: nothing is refused, ended or ranked by it.
 */

/** What is asked for in a calendar year: whole hours, and activities of a name of their own; 0 of either asks for nothing. */
export interface YearlyService {
  readonly yearlyHours: number;
  readonly yearlyActivities: number;
}

/** What somebody gave in a year: whole posted minutes, and how many different activities they were for. */
export interface GivenInYear {
  readonly minutes: number;
  readonly activities: number;
}

export interface YearlyStanding {
  readonly year: number;
  readonly minutes: number;
  readonly neededMinutes: number;
  readonly missingMinutes: number;
  /** Counted up to what is asked for. */
  readonly activities: number;
  readonly neededActivities: number;
  readonly missingActivities: number;
  /** Nothing is missing. */
  readonly met: boolean;
}

export const NOTHING_GIVEN: GivenInYear = { minutes: 0, activities: 0 };

export const asksYearly = ({ yearlyHours, yearlyActivities }: YearlyService): boolean =>
  yearlyHours > 0 || yearlyActivities > 0;

/** Where somebody stands in a year; null where nothing is asked for. */
export function yearlyStanding(
  year: number,
  asked: YearlyService,
  { minutes, activities: taken }: GivenInYear,
): YearlyStanding | null {
  if (!asksYearly(asked)) return null;
  const neededMinutes = asked.yearlyHours * 60;
  const neededActivities = asked.yearlyActivities;
  const activities = Math.min(taken, neededActivities);
  const missingMinutes = Math.max(0, neededMinutes - minutes);
  const missingActivities = Math.max(0, neededActivities - activities);
  return {
    year,
    minutes,
    neededMinutes,
    missingMinutes,
    activities,
    neededActivities,
    missingActivities,
    met: missingMinutes === 0 && missingActivities === 0,
  };
}

/** Years that can be asked about, the latest first: the running one, and the one before, which is judged when it is over. */
export const yearsToAsk = (today: string): number[] => {
  const year = Number(today.slice(0, 4));
  return [year, year - 1];
};
