import { PairSearch } from '../matching/index.ts';
import type { PoolColumns, StaffingProof } from '../matching/index.ts';
import type { Caps } from './plan.draft.ts';
import type { OpenPosition, Somebody } from './plan.ground.ts';
import { isCertified } from './plan.judge.ts';
import type { Judge } from './plan.judge.ts';
import type { PairList } from './plan.pairs.ts';
import type { Room } from './plan.room.ts';

/** Nobody was left out at a position. */
const NOBODY = -1;

/** Somebody found for a position, while it is looked at. */
interface Found {
  readonly size: number;
  readonly rows: Int32Array;
  readonly worth: Float64Array;
}

/**
 * Looks at everybody for every position: first it takes the best of those who fit, then, by the prices of a plan over them, all
 * whom that plan wrongly left out. Where it finds nobody any more, the plan's proof is one over all pairs that the rules allow.
 */
export class Look {
  /** Pairs that the rules allow and nobody decided against. */
  fitting = 0;
  private readonly positions: readonly OpenPosition[];
  private readonly people: readonly Somebody[];
  private readonly judge: Judge;
  private readonly room: Room;
  private readonly shut: ReadonlyMap<number, ReadonlySet<number>>;
  private readonly pools = new Map<number, PoolColumns>();
  /** The best score left out at each position; NOBODY where all who fit are in the list. */
  private readonly leftOut: Int32Array;
  /** Which position each person was last marked for. */
  private readonly mark: Int32Array;
  private rows = new Int32Array(1_024);
  private worth = new Float64Array(1_024);

  /** @param shut for a position, those who are no option there: asked already, refused, or decided by people */
  constructor(input: {
    readonly positions: readonly OpenPosition[];
    readonly people: readonly Somebody[];
    readonly judge: Judge;
    readonly room: Room;
    readonly shut: ReadonlyMap<number, ReadonlySet<number>>;
  }) {
    this.positions = input.positions;
    this.people = input.people;
    this.judge = input.judge;
    this.room = input.room;
    this.shut = input.shut;
    this.leftOut = new Int32Array(input.positions.length).fill(NOBODY);
    this.mark = new Int32Array(input.people.length).fill(-1);
  }

  /**
   * Adds the best of those who fit a position.
   * @param most how many
   * @param kept people who are added beside them where they fit
   */
  best(r: number, most: number, pairs: PairList, kept: readonly number[] = []): void {
    const search = this.searchOf(r);
    for (const v of kept) this.mark[v] = r;
    const found = this.collect(r, search, (row, v) => {
      this.fitting += 1;
      const score = search.score(row);
      if (this.mark[v] !== r) return score;
      this.add(r, row, score, search, pairs);
      return null;
    });
    this.leftOut[r] = chooseBest(found, most, (i) =>
      this.add(r, found.rows[i] ?? 0, found.worth[i] ?? 0, search, pairs),
    );
  }

  /**
   * Adds those whom the plan wants at a position at its own prices although they were left out, the most wanted first.
   * @returns what the bound has to allow for those who are wanted and were not added: 0 where none is
   */
  wanted(
    r: number,
    most: number,
    pairs: PairList,
    { proof, caps }: { proof: StaffingProof; caps: Caps },
  ): number {
    const need = proof.need[r] ?? 0;
    // Not even the best of them, at no price at all.
    if ((this.leftOut[r] ?? NOBODY) === NOBODY || (this.leftOut[r] ?? 0) + need <= 0) return 0;
    const search = this.searchOf(r);
    pairs.eachOf(r, (k) => (this.mark[pairs.person[k] ?? 0] = r));
    const open = proof.open[r] ?? 0;
    const found = this.collect(r, search, (row, v) => {
      if (this.mark[v] === r) return null;
      const gain = search.score(row) + need - this.openPrice(r, v, open) - caps.paid(proof.price, v, r);
      return gain > 0 ? gain : null;
    });
    const order = Array.from({ length: found.size }, (_, i) => i).sort(
      (a, b) => (found.worth[b] ?? 0) - (found.worth[a] ?? 0) || (found.rows[a] ?? 0) - (found.rows[b] ?? 0),
    );
    let beyond = 0;
    order.forEach((i, nth) => {
      const row = found.rows[i] ?? 0;
      if (nth < most) this.add(r, row, search.score(row), search, pairs);
      else beyond += found.worth[i] ?? 0;
    });
    return beyond;
  }

  private openPrice(r: number, v: number, open: number): number {
    if (open === 0) return 0;
    return isCertified(this.people[v] as Somebody, this.positions[r] as OpenPosition) ? 0 : open;
  }

  private searchOf(r: number): PairSearch {
    const { tenant, facts } = this.positions[r] as OpenPosition;
    return new PairSearch(this.poolOf(r), facts, this.judge.settingsOf(tenant));
  }

  private poolOf(r: number): PoolColumns {
    const { tenant } = this.positions[r] as OpenPosition;
    const known = this.pools.get(tenant);
    if (known) return known;
    const made = this.judge.poolOf(tenant, this.people);
    this.pools.set(tenant, made);
    return made;
  }

  /** Everybody who fits and has room, with what `worthOf` says of them; whoever it says null of is left out. */
  private collect(r: number, search: PairSearch, worthOf: (row: number, v: number) => number | null): Found {
    const { who } = this.poolOf(r);
    const shut = this.shut.get(r);
    let size = 0;
    search.each((row) => {
      const v = who[row] ?? 0;
      if (shut?.has(v) || this.room.left(v, r) === 0) return;
      const worth = worthOf(row, v);
      if (worth === null) return;
      if (size === this.rows.length) this.grow();
      this.rows[size] = row;
      this.worth[size++] = worth;
    });
    return { size, rows: this.rows, worth: this.worth };
  }

  private add(r: number, row: number, score: number, search: PairSearch, pairs: PairList): void {
    const { who, holds } = this.poolOf(r);
    const v = who[row] ?? 0;
    const certified =
      holds(row) && isCertified(this.people[v] as Somebody, this.positions[r] as OpenPosition);
    pairs.push(r, v, score, search.metres(row), certified);
  }

  private grow(): void {
    const [rows, worth] = [new Int32Array(this.rows.length * 2), new Float64Array(this.rows.length * 2)];
    rows.set(this.rows);
    worth.set(this.worth);
    [this.rows, this.worth] = [rows, worth];
  }
}

/** Tells of the best so many, ties in the order found. @returns the best score that is not among them; NOBODY for none */
export function chooseBest(
  { size, worth }: Omit<Found, 'rows'>,
  most: number,
  choose: (i: number) => void,
): number {
  if (size <= most) {
    for (let i = 0; i < size; i++) choose(i);
    return NOBODY;
  }
  const least = worth.slice(0, size).sort()[size - most] ?? Infinity;
  let above = 0;
  for (let i = 0; i < size; i++) if ((worth[i] ?? 0) > least) above += 1;
  let equal = most - above;
  let left = NOBODY;
  for (let i = 0; i < size; i++) {
    const own = worth[i] ?? 0;
    if (own > least || (own === least && equal-- > 0)) choose(i);
    else left = Math.max(left, own);
  }
  return left;
}
