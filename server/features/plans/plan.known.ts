import { isPlain } from '../matching/index.ts';
import type { Earlier } from '../matching/index.ts';
import type { DraftStaffing } from './plan.draft.ts';
import type { PairList } from './plan.pairs.ts';
import type { Solved } from './plan.outcome.ts';
import { idAt } from './plan.store.ts';
import type { PlanArrays } from './plan.store.ts';

/** An earlier run to go on from, and the pairs that are over: `position:person` of those who said no or left. */
export interface Known {
  readonly arrays: PlanArrays;
  readonly over: ReadonlySet<string>;
}

/**
 * What of an earlier run is still there, in the numbers of the new one. Only its prices and its choice are taken over: who
 * fits is judged anew, since somebody's certificate may have ended meanwhile.
 */
export class Resumed {
  private readonly arrays: PlanArrays;
  /** New number of each old position and person; −1 where it is gone. */
  private readonly position: Int32Array;
  private readonly person: Int32Array;

  constructor(
    { arrays }: Known,
    placeOfPosition: ReadonlyMap<string, number>,
    placeOfPerson: ReadonlyMap<string, number>,
  ) {
    this.arrays = arrays;
    this.position = numbersOf(arrays.positionIds, placeOfPosition);
    this.person = numbersOf(arrays.personIds, placeOfPerson);
  }

  /** Everybody whom the earlier plan had somewhere. */
  settled(): Set<number> {
    return new Set([...this.chosen().values()].flat());
  }

  /** Whom the earlier plan had at each position, as far as they are still there. */
  chosen(): Map<number, number[]> {
    const found = new Map<number, number[]>();
    this.arrays.used.forEach((used, k) => {
      const [r, v] = this.pairAt(k);
      if (used !== 1 || r < 0 || v < 0) return;
      const own = found.get(r);
      if (own) own.push(v);
      else found.set(r, [v]);
    });
    return found;
  }

  /** The earlier plan and its prices, in the numbers of the new one; null where there are caps inside caps. */
  earlierOf({ staffing, caps }: DraftStaffing, pairs: PairList): Earlier | null {
    if (!isPlain(staffing)) return null;
    const { used: old, proof, staffing: before } = this.arrays;
    const used = new Uint8Array(pairs.length);
    const price = new Float64Array(staffing.most.length);
    for (let k = 0; k < old.length; k++) {
      const [r, v] = this.pairAt(k);
      if (r < 0 || v < 0) continue;
      const cap = caps.innermost(v, r);
      if (cap >= 0) price[cap] = pricesAt(before, proof.price, k);
      const at = old[k] === 1 ? pairs.find(r, v) : -1;
      if (at >= 0) used[at] = 1;
    }
    const need = Float64Array.from(
      staffing.slots,
      (_slots, r) => staffing.bonus[staffing.bonusStart[r] ?? 0] ?? 0,
    );
    this.position.forEach((r, old_) => {
      if (r >= 0) need[r] = proof.need[old_] ?? 0;
    });
    return { used, proof: { need, open: new Float64Array(staffing.slots.length), price } };
  }

  private pairAt(k: number): [position: number, person: number] {
    const { staffing, personOf } = this.arrays;
    return [this.position[staffing.position[k] ?? 0] ?? -1, this.person[personOf[k] ?? 0] ?? -1];
  }
}

function pricesAt({ cap, inside }: PlanArrays['staffing'], price: Float64Array, k: number): number {
  let sum = 0;
  for (let c = cap[k] ?? -1; c >= 0; c = inside[c] ?? -1) sum += price[c] ?? 0;
  return sum;
}

const numbersOf = (ids: Uint8Array, placeOf: ReadonlyMap<string, number>): Int32Array =>
  Int32Array.from({ length: ids.length / 12 }, (_, i) => placeOf.get(idAt(ids, i)) ?? -1);

/** A run's plan and prices for a draft with more pairs: nobody new is chosen, and their caps cost nothing yet. */
export function widened(
  { draft: before, run: { used, proof } }: Solved,
  { staffing, caps }: DraftStaffing,
): Earlier | null {
  if (!isPlain(staffing)) return null;
  const more = new Uint8Array(staffing.position.length);
  more.set(used);
  const price = new Float64Array(staffing.most.length);
  for (let k = 0; k < used.length; k++) price[caps.of[k] ?? 0] = proof.price[before.caps.of[k] ?? 0] ?? 0;
  return { used: more, proof: { ...proof, price } };
}
