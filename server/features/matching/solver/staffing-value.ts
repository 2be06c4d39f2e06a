import { bonusOf } from './staffing.ts';
import type { Staffing, StaffingProof } from './staffing.ts';
import { ExactSum } from './sum.ts';

/** What a plan is worth: people's weights and the values of the slots they fill. */
export function objectiveOf(staffing: Staffing, used: Uint8Array): bigint {
  const sum = new ExactSum();
  const filled = new Int32Array(staffing.slots.length);
  for (let o = 0; o < used.length; o++) {
    if (used[o] === 0) continue;
    const r = staffing.position[o]!;
    sum.add(staffing.weight[o]! + bonusOf(staffing, r, filled[r]!++));
  }
  return sum.value;
}

/** What the numbers prove that no plan is worth more than. */
export function boundOf(staffing: Staffing, { need, open, price }: StaffingProof): bigint {
  const { slots, certified, most, inside, position, cap, weight, holds } = staffing;
  const sum = new ExactSum();
  const paid = new Float64Array(most.length);
  for (let c = 0; c < most.length; c++) {
    if (price[c]! > 0) sum.addProduct(most[c]!, price[c]!);
    for (let outer = c; outer >= 0; outer = inside[outer]!) paid[c]! += price[outer]!;
  }
  for (let r = 0; r < slots.length; r++) {
    if (open[r]! > 0) sum.addProduct(Math.max(0, slots[r]! - certified[r]!), open[r]!);
    for (let slot = 0; slot < slots[r]!; slot++) {
      const gain = bonusOf(staffing, r, slot) - need[r]!;
      if (gain <= 0) break;
      sum.add(gain);
    }
  }
  for (let o = 0; o < position.length; o++) {
    const r = position[o]!;
    const gain = weight[o]! + need[r]! - (holds[o] === 1 ? 0 : open[r]!) - paid[cap[o]!]!;
    if (gain > 0) sum.add(gain);
  }
  return sum.value;
}
