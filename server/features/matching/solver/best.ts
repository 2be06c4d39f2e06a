/** Up to so many are kept in order as they come; beyond, sorting now and then is faster. */
const FEW = 40;

/**
 * The k greatest of the values offered above 0, with what they belong to; of equal ones, those offered first.
 * After `finish` the least of k comes last.
 */
export class Best {
  /** Offers at or below it change nothing: the k-th greatest so far, 0 while there are fewer. */
  floor = 0;
  readonly items: Int32Array;
  readonly values: Float64Array;
  private k = 0;
  private count = 0;
  private readonly scratch: Float64Array;

  /** @param most the largest k */
  constructor(most: number) {
    this.items = new Int32Array(2 * most);
    this.values = new Float64Array(2 * most);
    this.scratch = new Float64Array(2 * most);
  }

  begin(k: number): void {
    this.k = k;
    this.count = 0;
    this.floor = 0;
  }

  /** @param value above the floor */
  offer(value: number, item: number): void {
    if (this.k > FEW) {
      this.append(value, item);
      return;
    }
    const { values, items } = this;
    let at = this.count < this.k ? this.count++ : this.k - 1;
    while (at > 0 && values[at - 1]! < value) {
      values[at] = values[at - 1]!;
      items[at] = items[at - 1]!;
      at--;
    }
    values[at] = value;
    items[at] = item;
    if (this.count === this.k) this.floor = values[this.k - 1]!;
  }

  /** @returns how many there are, at most k */
  finish(): number {
    if (this.k > FEW) this.keepBest(true);
    return this.count;
  }

  private append(value: number, item: number): void {
    this.values[this.count] = value;
    this.items[this.count++] = item;
    if (this.count === 2 * this.k) this.keepBest(false);
  }

  /** Forgets all but the k greatest; with `order`, also moves the least of them to the end. */
  private keepBest(order: boolean): void {
    const { values, items, k } = this;
    if (this.count >= k) {
      const sorted = this.scratch.subarray(0, this.count);
      sorted.set(values.subarray(0, this.count));
      sorted.sort();
      this.floor = sorted[this.count - k]!;
      let above = 0;
      for (let i = this.count - k; i < this.count; i++) if (sorted[i]! > this.floor) above++;
      let equal = k - above;
      let kept = 0;
      for (let i = 0; i < this.count; i++) {
        const value = values[i]!;
        if (value < this.floor || (value === this.floor && equal-- <= 0)) continue;
        values[kept] = value;
        items[kept++] = items[i]!;
      }
      this.count = kept;
    }
    if (!order || this.count < k) return;
    // Only the least is asked for by its place.
    const least = values.subarray(0, this.count).lastIndexOf(this.floor);
    const [value, item] = [values[least]!, items[least]!];
    values.copyWithin(least, least + 1, this.count);
    items.copyWithin(least, least + 1, this.count);
    values[this.count - 1] = value;
    items[this.count - 1] = item;
  }
}
