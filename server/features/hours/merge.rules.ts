/** What of a record decides whether it may become another's of the same human. */
export interface MergedRecord {
  readonly id: string;
  readonly from: Date;
  readonly to: Date;
  readonly confirmedBy: string;
}

/**
 * Records that stay where they are when two records of one human become one: their time counts there already (invariant 7), or
 * the human, by another account, confirmed them (invariant 5).
 * @param theirs stretches that are posted for the record that is kept, in whatever organisation
 * @param people every account of the human
 */
export function stayBehind(
  records: readonly MergedRecord[],
  theirs: readonly { readonly from: Date; readonly to: Date }[],
  people: ReadonlySet<string>,
): string[] {
  const taken = theirs.toSorted((a, b) => a.from.getTime() - b.from.getTime());
  // A posted stretch never overlaps another of its own record: the one before the end is the only one that can.
  const overlaps = ({ from, to }: MergedRecord): boolean => {
    let [low, high] = [0, taken.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((taken[middle] as { from: Date }).from < to) low = middle + 1;
      else high = middle;
    }
    const last = taken[low - 1];
    return last !== undefined && last.to > from;
  };
  return records.filter((one) => people.has(one.confirmedBy) || overlaps(one)).map(({ id }) => id);
}
