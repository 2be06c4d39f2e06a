import { sortEdges } from './market.ts';
import type { Market } from './market.ts';
import { solveMarket } from './solve-market.ts';
import type { Earlier, Staffing, StaffingOptions, StaffingPlan, StaffingProof } from './staffing.ts';
import { boundOf, objectiveOf } from './staffing-value.ts';

/**
 * Decreasing values in a plain b-matching: everybody gets the first slot's bonus, and each further slot may instead be
 * filled by a nobody of its own, worth what it lacks; a constant is taken off again.
 */
interface Translated {
  readonly market: Market;
  /** Where each edge of the market stands in the list: options first, then the nobodies. */
  readonly origin: Int32Array;
  /** Which slot of which position each nobody stands for. */
  readonly dummyRow: Int32Array;
  readonly dummySlot: Int32Array;
  readonly dummyLack: Int32Array;
}

const firstBonus = ({ bonusStart, bonus }: Staffing, r: number): number =>
  bonusStart[r]! === bonusStart[r + 1]! ? 0 : bonus[bonusStart[r]!]!;

function translate(staffing: Staffing): Translated {
  const { slots, bonusStart, bonus, most, position, cap, weight } = staffing;
  const [dummyRow, dummySlot, dummyLack]: number[][] = [[], [], []];
  for (let r = 0; r < slots.length; r++) {
    const [from, to] = [bonusStart[r]!, bonusStart[r + 1]!];
    for (let slot = 1; slot < slots[r]! && to - from > 1; slot++) {
      const lack = bonus[from]! - bonus[Math.min(from + slot, to - 1)]!;
      if (lack === 0) continue;
      dummyRow!.push(r);
      dummySlot!.push(slot);
      dummyLack!.push(lack);
    }
  }
  const [options, dummies] = [position.length, dummyRow!.length];
  const list = {
    rows: slots.length,
    cols: most.length + dummies,
    row: new Int32Array(options + dummies),
    col: new Int32Array(options + dummies),
    weight: new Int32Array(options + dummies),
  };
  list.row.set(position);
  list.col.set(cap);
  for (let o = 0; o < options; o++) list.weight[o] = weight[o]! + firstBonus(staffing, position[o]!);
  list.row.set(dummyRow!, options);
  list.weight.set(dummyLack!, options);
  for (let i = 0; i < dummies; i++) list.col[options + i] = most.length + i;
  const { origin, ...edges } = sortEdges(list);
  const capacity = new Int32Array(list.cols).fill(1);
  capacity.set(most);
  return {
    market: { rows: list.rows, cols: list.cols, ...edges, demand: slots, capacity },
    origin,
    dummyRow: Int32Array.from(dummyRow!),
    dummySlot: Int32Array.from(dummySlot!),
    dummyLack: Int32Array.from(dummyLack!),
  };
}

/** Prices and held edges of an earlier plan, as the market has them. */
function warmStart(
  staffing: Staffing,
  { market, origin, dummyRow, dummySlot, dummyLack }: Translated,
  { used, proof }: Earlier,
): { prices: Float64Array; held: Uint8Array } {
  const caps = staffing.most.length;
  const prices = new Float64Array(market.cols);
  prices.set(proof.price.subarray(0, caps));
  const filled = new Int32Array(market.rows);
  for (let o = 0; o < used.length; o++) filled[staffing.position[o]!]! += used[o]!;
  for (let i = 0; i < dummyRow.length; i++) {
    const r = dummyRow[i]!;
    const surplus = Math.max(0, firstBonus(staffing, r) - (proof.need[r] ?? 0));
    prices[caps + i] = Math.max(0, dummyLack[i]! - surplus);
  }
  const options = staffing.position.length;
  const held = new Uint8Array(market.col.length);
  for (let e = 0; e < held.length; e++) {
    const at = origin[e]!;
    if (at < options) held[e] = used[at] ?? 0;
    // Of the nobodies, those that lack most stand in the slots left open.
    else held[e] = dummySlot[at - options]! >= filled[dummyRow[at - options]!]! ? 1 : 0;
  }
  return { prices, held };
}

/** Solves a staffing whose caps stand alone and where nobody must be certified. */
export function solveOnMarket(staffing: Staffing, options: StaffingOptions): StaffingPlan {
  const translated = translate(staffing);
  const { earlier, ...rest } = options;
  const warm = earlier ? warmStart(staffing, translated, earlier) : {};
  // Everybody is worth a first slot's bonus more where nobody is yet: positions bid long for the same people.
  const solution = solveMarket(translated.market, { ...rest, ...warm, coarse: true });
  const used = new Uint8Array(staffing.position.length);
  for (let e = 0; e < solution.taken.length; e++) {
    const at = translated.origin[e]!;
    if (at < used.length) used[at] = solution.taken[e]!;
  }
  const proof: StaffingProof = {
    need: solution.surplus.map((surplus, r) => firstBonus(staffing, r) - surplus),
    open: new Float64Array(staffing.slots.length),
    price: solution.price.slice(0, staffing.most.length),
  };
  const [objective, bound] = [objectiveOf(staffing, used), boundOf(staffing, proof)];
  return { status: objective === bound ? 'optimal' : 'feasible', used, objective, bound, proof };
}
