/** What a copy of a shift would meet on its new day. */
export interface CopyFacts {
  readonly requestId: string;
  readonly leaderPersonId: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Names of its positions: two teams of one request may well work at the same time. */
  readonly positions: readonly string[];
}
export interface NeighbourFacts extends CopyFacts {
  readonly id: string;
  readonly title: string;
}

export interface Clash {
  /** `same-request`: the request is served then already; `leader`: who leads it leads another then. */
  readonly kind: 'same-request' | 'leader';
  readonly shiftId: string;
  readonly title: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** Shifts that overlap the copy and share its request or its leader; half-open, so one may start the minute another ends. */
export function clashesOf(copy: CopyFacts, neighbours: readonly NeighbourFacts[]): Clash[] {
  return neighbours
    .filter((other) => other.startsAt < copy.endsAt && copy.startsAt < other.endsAt)
    .flatMap((other): Clash[] => {
      const { id: shiftId, title, startsAt, endsAt } = other;
      if (other.requestId === copy.requestId)
        return [{ kind: 'same-request', shiftId, title, startsAt, endsAt }];
      return copy.leaderPersonId !== null && other.leaderPersonId === copy.leaderPersonId
        ? [{ kind: 'leader', shiftId, title, startsAt, endsAt }]
        : [];
    });
}

const named = (positions: readonly string[]): string => [...positions].sort().join('\n');

/** Whether the very same is there already: the request at these times with these positions. A copy made twice is a slip. */
export const isThereAlready = (copy: CopyFacts, neighbours: readonly NeighbourFacts[]): boolean =>
  neighbours.some(
    (other) =>
      other.requestId === copy.requestId &&
      other.startsAt.getTime() === copy.startsAt.getTime() &&
      other.endsAt.getTime() === copy.endsAt.getTime() &&
      named(other.positions) === named(copy.positions),
  );
