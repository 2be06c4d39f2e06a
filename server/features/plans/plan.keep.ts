import type { Staffing, StaffingProof } from '../matching/index.ts';
import type { PairList } from './plan.pairs.ts';

/** Options kept of a position beside those chosen: so many, and so many more for each slot. */
const OTHERS = 24;
const OTHERS_PER_SLOT = 4;

/** A margin and an option share one exact number: margins stay below 2^20, options below 2^31. */
const EXACT = 2 ** 31;

/** What a run chose, over which options, and what proves it. */
export interface Run {
  readonly staffing: Staffing;
  readonly used: Uint8Array;
  readonly proof: StaffingProof;
}

/** A run over fewer options, with the person and the way of each. */
export interface KeptRun extends Run {
  readonly personOf: Int32Array;
  readonly metres: Int32Array;
}

/**
 * The options that are worth storing: those chosen, those that the bound counts, and for each position the others who would be
 * missed least elsewhere. What is left out changes neither the objective nor the bound: the same numbers prove the same plan.
 */
export function keepForLater({ staffing, used, proof }: Run, pairs: PairList): KeptRun {
  const margin = marginsOf(staffing, proof);
  const kept = new Uint8Array(used.length);
  for (let k = 0; k < used.length; k++) {
    const need = proof.need[staffing.position[k] ?? 0] ?? 0;
    kept[k] = used[k] === 1 || (margin[k] ?? 0) + need > 0 ? 1 : 0;
  }
  let others = new Float64Array(1_024);
  for (let r = 0; r < staffing.slots.length; r++) {
    let size = 0;
    pairs.eachOf(r, (k) => {
      if (kept[k] === 1) return;
      if (size === others.length) others = wider(others);
      // Numbers without a comparator sort several times faster: the margin first, then the later option.
      others[size++] = (margin[k] ?? 0) * EXACT + (EXACT - 1 - k);
    });
    const most = OTHERS + OTHERS_PER_SLOT * (staffing.slots[r] ?? 0);
    for (const one of others
      .subarray(0, size)
      .sort()
      .subarray(Math.max(0, size - most)))
      kept[EXACT - 1 - (((one % EXACT) + EXACT) % EXACT)] = 1;
  }
  const options: number[] = [];
  kept.forEach((one, k) => {
    if (one === 1) options.push(k);
  });
  const pick = <A extends Int32Array | Uint8Array>(from: A): A => {
    const to = from.slice(0, options.length) as A;
    options.forEach((k, at) => (to[at] = from[k] ?? 0));
    return to;
  };
  return {
    staffing: {
      ...staffing,
      position: pick(staffing.position),
      cap: pick(staffing.cap),
      weight: pick(staffing.weight),
      holds: pick(staffing.holds),
    },
    used: pick(used),
    proof,
    personOf: pick(pairs.person),
    metres: pick(pairs.metres),
  };
}

/** What each option brings by the prices, beside the worth of the slot it fills. */
function marginsOf(
  { position, cap, weight, holds, inside }: Staffing,
  { open, price }: StaffingProof,
): Float64Array {
  const paid = Float64Array.from(inside, (_, c) => {
    let sum = 0;
    for (let at = c; at >= 0; at = inside[at] ?? -1) sum += price[at] ?? 0;
    return sum;
  });
  const margins = new Float64Array(weight.length);
  for (let k = 0; k < margins.length; k++) {
    const openly = holds[k] === 1 ? 0 : (open[position[k] ?? 0] ?? 0);
    margins[k] = (weight[k] ?? 0) - openly - (paid[cap[k] ?? 0] ?? 0);
  }
  return margins;
}

function wider(from: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const to = new Float64Array(2 * from.length);
  to.set(from);
  return to;
}
