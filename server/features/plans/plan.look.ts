import { PairSearch } from '../matching/index.ts';
import type { FitSettings, PairsAsked, PairsFound, PoolColumns, StaffingProof } from '../matching/index.ts';
import type { Caps } from './plan.draft.ts';
import type { OpenPosition, Somebody } from './plan.ground.ts';
import { isCertified } from './plan.judge.ts';
import type { Judge } from './plan.judge.ts';
import type { PairList } from './plan.pairs.ts';
import type { Room } from './plan.room.ts';

/** Nobody was left out at a position. */
const NOBODY = -1;

/** Who fits the nth of some positions that another thread looked at. */
export interface FoundElsewhere {
  readonly found: PairsFound;
  readonly n: number;
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
  private readonly made = new Map<number, PoolColumns>();
  /** The best score left out at each position; NOBODY where all who fit are in the list. */
  private readonly leftOut: Int32Array;
  /** Which position each person was last marked for. */
  private readonly mark: Int32Array;
  /** Rows found for a position, while it is looked at, their scores and metres, and what the plan would gain by them. */
  private readonly rows: Int32Array;
  private readonly scores: Int32Array;
  private readonly metres: Int32Array;
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
    this.rows = new Int32Array(length);
    this.scores = new Int32Array(length);
    this.metres = new Int32Array(length);
    this.gains = new Float64Array(length);
  }

  /**
   * Adds the best of those who fit a position.
   * @param most how many
   * @param also people who are added beside them where they fit, and who fits, where another thread has looked
   */
  best(
    r: number,
    most: number,
    pairs: PairList,
    also: { readonly kept?: readonly number[] | undefined; readonly elsewhere?: FoundElsewhere | null } = {},
  ): void {
    const { kept = [], elsewhere = null } = also;
    const found = elsewhere ? this.take(r, elsewhere) : this.find(r);
    this.fitting += found;
    const size = kept.length === 0 ? found : this.addKept(r, found, kept, pairs);
    this.leftOut[r] = chooseBest({ size, worth: this.scores }, most, (i) => this.add(r, i, pairs));
  }

  /** What another thread is asked about a position. */
  asked(r: number): PairsAsked {
    const { tenant, facts } = this.positions[r] as OpenPosition;
    return { pool: tenant, facts };
  }

  /** The pools of these tenants, by their places among those of the plan, and how each weighs. */
  pools(tenants: number): { pool: PoolColumns; settings: FitSettings }[] {
    return Array.from({ length: tenants }, (_, at) => ({
      pool: this.poolOfTenant(at),
      settings: this.judge.settingsOf(at),
    }));
  }

  /** Adds these people where they fit. @returns how many others are left */
  private addKept(r: number, size: number, kept: readonly number[], pairs: PairList): number {
    const { who } = this.poolOf(r);
    const { rows, mark } = this;
    for (const v of kept) mark[v] = r;
    let left = 0;
    for (let i = 0; i < size; i++)
      if (mark[who[rows[i] ?? 0] ?? 0] === r) this.add(r, i, pairs);
      else this.move(i, left++);
    return left;
  }

  private move(from: number, to: number): void {
    this.rows[to] = this.rows[from] ?? 0;
    this.scores[to] = this.scores[from] ?? 0;
    this.metres[to] = this.metres[from] ?? 0;
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
    const { who } = this.poolOf(r);
    const { rows, scores, gains, mark } = this;
    pairs.eachOf(r, (k) => (mark[pairs.person[k] ?? 0] = r));
    const open = proof.open[r] ?? 0;
    const size = this.find(r);
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
    for (const i of found.slice(0, most)) this.add(r, i, pairs);
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
    return this.poolOfTenant((this.positions[r] as OpenPosition).tenant);
  }

  private poolOfTenant(tenant: number): PoolColumns {
    const known = this.made.get(tenant);
    if (known) return known;
    const made = this.judge.poolOf(tenant, this.people);
    this.made.set(tenant, made);
    return made;
  }

  /** Everybody who fits and has room, with scores and metres. @returns how many */
  private find(r: number): number {
    const search = this.searchOf(r);
    const { rows, metres } = this;
    const size = this.withRoom(r, search.find(rows), (from, to) => (rows[to] = rows[from] ?? 0));
    search.score(rows, size, this.scores);
    for (let i = 0; i < size; i++) metres[i] = search.metres(rows[i] ?? 0);
    return size;
  }

  /** The same of those whom another thread has found. */
  private take(r: number, { found, n }: FoundElsewhere): number {
    const [from, to] = [found.start[n] ?? 0, found.start[n + 1] ?? 0];
    this.rows.set(found.rows.subarray(from, to));
    this.scores.set(found.scores.subarray(from, to));
    this.metres.set(found.metres.subarray(from, to));
    return this.withRoom(r, to - from, (one, place) => this.move(one, place));
  }

  /** Moves those of the first `found` rows forward who have room and are not shut out. @returns how many they are */
  private withRoom(r: number, found: number, move: (from: number, to: number) => void): number {
    const { who } = this.poolOf(r);
    const { rows } = this;
    const shut = this.shut.get(r);
    let size = 0;
    for (let i = 0; i < found; i++) {
      const v = who[rows[i] ?? 0] ?? 0;
      if (shut?.has(v) !== true && this.room.left(v, r) > 0) move(i, size++);
    }
    return size;
  }

  /** Adds the one found in a place. */
  private add(r: number, i: number, pairs: PairList): void {
    const pool = this.poolOf(r);
    const row = this.rows[i] ?? 0;
    const v = pool.who[row] ?? 0;
    const certified =
      pool.holds(row) && isCertified(this.people[v] as Somebody, this.positions[r] as OpenPosition);
    pairs.push(r, v, this.scores[i] ?? 0, this.metres[i] ?? -1, certified);
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
