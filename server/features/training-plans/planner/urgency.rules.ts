/**
 * How much a missing minute is worth by the days that are left: what is late or due within two months comes first. Steps, so
 * that two people a day apart are not told different things; whole numbers, so that plans can be compared exactly.
 */
export const URGENCY: readonly { readonly withinDays: number; readonly weight: number }[] = [
  { withinDays: 60, weight: 8 },
  { withinDays: 120, weight: 4 },
  { withinDays: 240, weight: 2 },
];
export const LEAST_URGENCY = 1;

/** @param days until it is due; below zero when that is past */
export const urgencyOf = (days: number): number =>
  URGENCY.find(({ withinDays }) => days <= withinDays)?.weight ?? LEAST_URGENCY;

/** From this weight on a need counts as urgent. */
export const URGENT_WEIGHT = 4;
