/*
 * The checker of staffing plans: like `proof-check.ts` it shares no code with the solver, and adds up what was given exactly,
 * in BigInt as soon as a sum might not be. It returns what is wrong, or null where the plan keeps every rule and the proof holds.
 */

/** A staffing as it was given (see `Staffing` in staffing.ts). */
export interface GivenStaffing {
  readonly slots: Int32Array;
  readonly certified: Int32Array;
  readonly bonusStart: Int32Array;
  readonly bonus: Int32Array;
  readonly most: Int32Array;
  readonly inside: Int32Array;
  readonly position: Int32Array;
  readonly cap: Int32Array;
  readonly weight: Int32Array;
  readonly holds: Uint8Array;
}

/** What is claimed: who is planned, what that is worth, that nothing is worth more than the bound, and the numbers that prove it. */
export interface StaffingClaim {
  readonly used: Uint8Array;
  readonly objective: bigint;
  readonly bound: bigint;
  readonly proof: {
    readonly need: Float64Array;
    readonly open: Float64Array;
    readonly price: Float64Array;
  };
}

/** Sums of two such numbers are whole and exact. */
const EXACT = 2 ** 52;

/** Proved: the plan keeps slots, certified minimum and caps, is worth `objective`, and none is worth more than `bound`. */
export function checkStaffing(given: GivenStaffing, claim: StaffingClaim): string | null {
  return brokenRule(given, claim) ?? brokenBound(given, claim);
}

/** All caps that somebody uses by one option, the innermost first. */
function capsOf({ inside }: GivenStaffing, cap: number): number[] {
  const all: number[] = [];
  for (let c = cap; c >= 0 && all.length <= inside.length; c = inside[c]!) all.push(c);
  return all;
}

function slotValue({ bonusStart, bonus }: GivenStaffing, r: number, slot: number): number {
  const length = bonusStart[r + 1]! - bonusStart[r]!;
  return length === 0 ? 0 : bonus[bonusStart[r]! + Math.min(slot, length - 1)]!;
}

function brokenRule(given: GivenStaffing, { used, objective }: StaffingClaim): string | null {
  const { slots, certified, most, position, cap, weight, holds } = given;
  if (used.length !== position.length) return 'wrong length';
  const [filled, open] = [new Float64Array(slots.length), new Float64Array(slots.length)];
  const load = new Float64Array(most.length);
  let worth = 0n;
  for (let o = 0; o < used.length; o++) {
    if (used[o] === 0) continue;
    if (used[o] !== 1) return `option ${o} is used more than once`;
    const r = position[o]!;
    worth += BigInt(weight[o]!) + BigInt(slotValue(given, r, filled[r]!++));
    if (holds[o] === 0) open[r]!++;
    for (const c of capsOf(given, cap[o]!)) load[c]!++;
  }
  for (let r = 0; r < slots.length; r++) {
    if (filled[r]! > slots[r]!) return `position ${r} uses more than its slots`;
    if (open[r]! > Math.max(0, slots[r]! - certified[r]!)) return `position ${r} lacks certified people`;
  }
  for (let c = 0; c < most.length; c++) if (load[c]! > most[c]!) return `cap ${c} is passed`;
  return worth === objective ? null : `the objective is ${worth}, not ${objective}`;
}

function brokenBound(given: GivenStaffing, { proof, bound }: StaffingClaim): string | null {
  const { slots, certified, most, position, cap, weight, holds } = given;
  const { need, open, price } = proof;
  if (need.length !== slots.length || open.length !== slots.length || price.length !== most.length)
    return 'wrong length';
  if (![...need].every((x) => Number.isSafeInteger(x))) return 'a need is no whole number';
  if (![...open, ...price].every((x) => Number.isSafeInteger(x) && x >= 0))
    return 'a price is no whole number from 0';
  let sum = 0n;
  let small = 0;
  const gain = (x: number): void => {
    if (x <= 0) return;
    if (x >= EXACT || small >= EXACT) {
      sum += BigInt(small) + BigInt(x);
      small = 0;
    } else small += x;
  };
  for (let r = 0; r < slots.length; r++) {
    sum += BigInt(Math.max(0, slots[r]! - certified[r]!)) * BigInt(open[r]!);
    for (let slot = 0; slot < slots[r]!; slot++) gain(slotValue(given, r, slot) - need[r]!);
  }
  for (let c = 0; c < most.length; c++) sum += BigInt(most[c]!) * BigInt(price[c]!);
  const paid = Float64Array.from(most, (_, c) =>
    capsOf(given, c).reduce((total, one) => total + price[one]!, 0),
  );
  for (let o = 0; o < position.length; o++) {
    const r = position[o]!;
    gain(weight[o]! + need[r]! - (holds[o] === 1 ? 0 : open[r]!) - paid[cap[o]!]!);
  }
  sum += BigInt(small);
  return sum === bound ? null : `the bound is ${sum}, not ${bound}`;
}
