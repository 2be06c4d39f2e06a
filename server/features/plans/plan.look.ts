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
  /** Rows found for a position, while it is looked at, their scores, and what the plan would gain by them. */
  private readonly rows: Int32Array;
  private readonly scores: Int32Array;
  private readonly gains: Float64Array;

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
    const { length } = input.people;
    this.mark = new Int32Array(length).fill(-1);
    [this.rows, this.scores] = [new Int32Array(length), new Int32Array(length)];
    this.gains = new Float64Array(length);
  }

  /**
   * Adds the best of those who fit a position.
   * @param most how many
   * @param kept people who are added beside them where they fit
   */
  best(r: number, most: number, pairs: PairList, kept: readonly number[] = []): void {
    const search = this.searchOf(r);
    const found = this.find(r, search);
    this.fitting += found;
    const size = kept.length === 0 ? found : this.addKept(r, found, kept, search, pairs);
    this.leftOut[r] = chooseBest({ size, worth: this.scores }, most, (i) => this.add(r, i, search, pairs));
  }

  /** Adds these people where they fit. @returns how many others are left */
  private addKept(
    r: number,
    size: number,
    kept: readonly number[],
    search: PairSearch,
    pairs: PairList,
  ): number {
    const { who } = this.poolOf(r);
    const { rows, scores, mark } = this;
    for (const v of kept) mark[v] = r;
    let left = 0;
    for (let i = 0; i < size; i++) {
      if (mark[who[rows[i] ?? 0] ?? 0] === r) {
        this.add(r, i, search, pairs);
        continue;
      }
      rows[left] = rows[i] ?? 0;
      scores[left++] = scores[i] ?? 0;
    }
    return left;
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
    const { who } = this.poolOf(r);
    const { rows, scores, gains, mark } = this;
    pairs.eachOf(r, (k) => (mark[pairs.person[k] ?? 0] = r));
    const open = proof.open[r] ?? 0;
    const size = this.find(r, search);
    const found: number[] = [];
    for (let i = 0; i < size; i++) {
      const v = who[rows[i] ?? 0] ?? 0;
      if (mark[v] === r || (scores[i] ?? 0) + need <= 0) continue;
      const gain = (scores[i] ?? 0) + need - this.openPrice(r, v, open) - caps.paid(proof.price, v, r);
      if (gain <= 0) continue;
      gains[i] = gain;
      found.push(i);
    }
    found.sort((a, b) => (gains[b] ?? 0) - (gains[a] ?? 0) || (rows[a] ?? 0) - (rows[b] ?? 0));
    for (const i of found.slice(0, most)) this.add(r, i, search, pairs);
    return found.slice(most).reduce((beyond, i) => beyond + (gains[i] ?? 0), 0);
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

  /** Everybody who fits and has room, with their scores. @returns how many */
  private find(r: number, search: PairSearch): number {
    const { who } = this.poolOf(r);
    const { rows } = this;
    const shut = this.shut.get(r);
    const found = search.find(rows);
    let size = 0;
    for (let i = 0; i < found; i++) {
      const v = who[rows[i] ?? 0] ?? 0;
      if (shut?.has(v) !== true && this.room.left(v, r) > 0) rows[size++] = rows[i] ?? 0;
    }
    search.score(rows, size, this.scores);
    return size;
  }

  /** Adds the one found in a place. */
  private add(r: number, i: number, search: PairSearch, pairs: PairList): void {
    const { who, holds } = this.poolOf(r);
    const row = this.rows[i] ?? 0;
    const v = who[row] ?? 0;
    const certified =
      holds(row) && isCertified(this.people[v] as Somebody, this.positions[r] as OpenPosition);
    pairs.push(r, v, this.scores[i] ?? 0, search.metres(row), certified);
  }
}

/** Tells of the best so many, ties in the order found. @returns the best score that is not among them; NOBODY for none */
export function chooseBest(
  { size, worth }: { readonly size: number; readonly worth: Int32Array },
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
