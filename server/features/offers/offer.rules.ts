/** Nobody is asked later than this before a shift starts: there must be time to come. */
export const OFFER_LEAD_MINUTES = 30;
/** Shortest time anybody is given to answer. */
export const SHORTEST_OFFER_MINUTES = 10;

/**
 * Until when an offer may be answered: the tenant's window, but never into the lead before the start.
 * @returns null when there is no time left for a fair offer
 */
export function answerBy(input: { now: Date; startsAt: Date; offerMinutes: number }): Date | null {
  const latest = input.startsAt.getTime() - OFFER_LEAD_MINUTES * 60_000;
  const due = Math.min(input.now.getTime() + input.offerMinutes * 60_000, latest);
  return due - input.now.getTime() < SHORTEST_OFFER_MINUTES * 60_000 ? null : new Date(due);
}

/** Who comes next: the lowest number of the waitlist. Null when nobody waits. */
export function nextInLine<T extends { readonly waitSeq: number | null }>(waiting: readonly T[]): T | null {
  const inLine = waiting.filter((one): one is T & { waitSeq: number } => one.waitSeq !== null);
  return inLine.reduce<(T & { waitSeq: number }) | null>(
    (first, one) => (first === null || one.waitSeq < first.waitSeq ? one : first),
    null,
  );
}
