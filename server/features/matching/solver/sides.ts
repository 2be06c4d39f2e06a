import { budgetOf } from './budget.ts';
import { solveStaffing } from './solve-staffing.ts';
import { bonusOf } from './staffing.ts';
import type { Staffing, StaffingOptions, StaffingPlan } from './staffing.ts';
import { objectiveOf } from './staffing-value.ts';

/** A rule that no flow can keep: the sum of factors over the options used lies within `least` and `most`. */
export interface Side {
  readonly options: readonly number[];
  readonly factors: readonly number[];
  readonly least: number;
  readonly most: number;
}

/**
 * A plan that keeps side rules. `bound` and `proof` are those of the plan without them: no plan that keeps them is worth more
 * either. Where the whole block that they concern was solved as an integer programme, `blockBound` is what that solver says is the
 * most; it is its word, not added up by the checker.
 */
export interface SidedPlan extends StaffingPlan {
  readonly blockBound: bigint | null;
}

/** Options of the largest block that is solved whole; beyond it what lies further off is kept as the flow has it. */
const WHOLE_BLOCK = 4_000;
const SECONDS_LEAST = 1;

/** Solves an integer programme in HiGHS' text form; null where the time ended without any plan. */
export type SolveProgramme = (
  text: string,
  seconds: number,
) => { values: Record<string, number>; optimal: boolean } | null;

export interface SidedOptions extends StaffingOptions {
  readonly milliseconds?: number;
  readonly cancel?: Int32Array | null;
}

/** The best plan that keeps the side rules as well, by blocks: what they do not reach stays a flow. */
export function solveSided(
  staffing: Staffing,
  sides: readonly Side[],
  programme: SolveProgramme,
  options: SidedOptions = {},
): SidedPlan {
  const milliseconds = options.milliseconds ?? Infinity;
  const endsAt = performance.now() + milliseconds;
  const budget = budgetOf(milliseconds, options.cancel ?? null);
  const free = solveStaffing(staffing, { ...options, budget });
  if (sides.every((side) => keeps(side, free.used))) return { ...free, blockBound: null };
  const block = blockOf(staffing, sides, free.used);
  const seconds = Math.max(SECONDS_LEAST, Math.min(600, (endsAt - performance.now()) / 1_000));
  const found = programme(programmeOf(staffing, sides, block, free.used), seconds);
  const used = free.used.slice();
  for (const o of block.options) used[o] = found && found.values[`x${o}`]! > 0.5 ? 1 : 0;
  const objective = objectiveOf(staffing, used);
  const proved = found?.optimal === true && block.whole && free.status === 'optimal';
  return {
    ...free,
    status: proved || objective === free.bound ? 'optimal' : 'feasible',
    used,
    objective,
    blockBound: proved ? objective : null,
  };
}

export const keeps = ({ options, factors, least, most }: Side, used: Uint8Array): boolean => {
  const sum = options.reduce((total, o, i) => total + factors[i]! * used[o]!, 0);
  return least <= sum && sum <= most;
};

interface Block {
  readonly options: readonly number[];
  /** Whether nothing outside shares a position or a cap with it. */
  readonly whole: boolean;
}

/** Everything that the side rules reach, directly or by shared positions and caps; only the near part where that is too much. */
function blockOf(staffing: Staffing, sides: readonly Side[], used: Uint8Array): Block {
  const { position, cap, inside } = staffing;
  const byPosition = Map.groupBy(position.keys(), (o) => position[o]!);
  const outermost = (c: number): number => {
    let outer = c;
    while (inside[outer]! >= 0) outer = inside[outer]!;
    return outer;
  };
  const byPerson = Map.groupBy(cap.keys(), (o) => outermost(cap[o]!));
  const inBlock = new Set(sides.flatMap(({ options }) => options));
  let edge = [...inBlock];
  while (edge.length > 0 && inBlock.size <= WHOLE_BLOCK) {
    const next = new Set<number>();
    for (const o of edge) {
      for (const other of byPosition.get(position[o]!) ?? []) if (!inBlock.has(other)) next.add(other);
      for (const other of byPerson.get(outermost(cap[o]!)) ?? []) if (!inBlock.has(other)) next.add(other);
    }
    edge = [...next];
    for (const o of edge) inBlock.add(o);
  }
  if (inBlock.size <= WHOLE_BLOCK) return { options: [...inBlock].sort((a, b) => a - b), whole: true };
  // The rules' own options, and what is used at their positions or by their people: enough to make room.
  const near = new Set(sides.flatMap(({ options }) => options));
  for (const o of [...near]) {
    for (const other of byPosition.get(position[o]!) ?? []) near.add(other);
    for (const other of byPerson.get(outermost(cap[o]!)) ?? []) if (used[other] === 1) near.add(other);
  }
  return { options: [...near].sort((a, b) => a - b), whole: false };
}

/** The block as an integer programme, with all that is outside it kept as it is. */
function programmeOf(staffing: Staffing, sides: readonly Side[], block: Block, used: Uint8Array): string {
  const { slots, certified, most, inside, position, cap, weight, holds } = staffing;
  const inBlock = new Set(block.options);
  const positions = [...new Set(block.options.map((o) => position[o]!))];
  const filled = new Map<number, number>();
  const openFilled = new Map<number, number>();
  const room = Float64Array.from(most);
  for (let o = 0; o < used.length; o++) {
    if (used[o] === 0 || inBlock.has(o)) continue;
    const r = position[o]!;
    filled.set(r, (filled.get(r) ?? 0) + 1);
    if (holds[o] === 0) openFilled.set(r, (openFilled.get(r) ?? 0) + 1);
    for (let c = cap[o]!; c >= 0; c = inside[c]!) room[c]!--;
  }
  const worth: string[] = [];
  const rows: string[] = [];
  const names = block.options.map((o) => `x${o}`);
  for (const o of block.options) worth.push(term(weight[o]!, `x${o}`));
  for (const r of positions) {
    const own = block.options.filter((o) => position[o] === r);
    const places = slots[r]! - (filled.get(r) ?? 0);
    const steps = Array.from({ length: Math.max(0, Math.min(places, own.length)) }, (_, i) => i);
    for (const i of steps) {
      names.push(`y${r}_${i}`);
      worth.push(term(bonusOf(staffing, r, (filled.get(r) ?? 0) + i), `y${r}_${i}`));
    }
    const sum = own.map((o) => `+ x${o}`).join(' ');
    // Filled places are counted by steps, the dearest first: more steps than people is not allowed, fewer are worth less.
    rows.push(`${sum} ${steps.map((i) => `- y${r}_${i}`).join(' ')} = 0`);
    const openly = own.filter((o) => holds[o] === 0);
    const openPlaces = Math.max(0, slots[r]! - certified[r]!) - (openFilled.get(r) ?? 0);
    if (openly.length > openPlaces) rows.push(`${openly.map((o) => `+ x${o}`).join(' ')} <= ${openPlaces}`);
  }
  const byCap = new Map<number, number[]>();
  for (const o of block.options) {
    for (let c = cap[o]!; c >= 0; c = inside[c]!) byCap.set(c, [...(byCap.get(c) ?? []), o]);
  }
  for (const [c, own] of byCap) {
    if (own.length > room[c]!) rows.push(`${own.map((o) => `+ x${o}`).join(' ')} <= ${room[c]!}`);
  }
  for (const { options, factors, least, most: top } of sides) {
    const sum = options.map((o, i) => term(factors[i]!, `x${o}`)).join(' ');
    if (least === top) rows.push(`${sum} = ${least}`);
    else {
      if (least > -Infinity) rows.push(`${sum} >= ${least}`);
      if (top < Infinity) rows.push(`${sum} <= ${top}`);
    }
  }
  return [
    'Maximize',
    ` obj: ${lines(worth)}`,
    'Subject To',
    ...rows.map((row, i) => ` c${i}: ${lines(row.split(' '))}`),
    'Binary',
    ...names.map((name) => ` ${name}`),
    'End',
  ].join('\n');
}

const term = (factor: number, name: string): string =>
  `${factor < 0 ? '-' : '+'} ${Math.abs(factor)} ${name}`;

/** The format wants short lines. */
function lines(words: readonly string[]): string {
  const PER_LINE = 30;
  const parts: string[] = [];
  for (let i = 0; i < words.length; i += PER_LINE) parts.push(words.slice(i, i + PER_LINE).join(' '));
  return parts.join('\n  ');
}
