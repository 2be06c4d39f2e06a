import type { Comparison, Outcome, PlanSettings, UnitOutcome } from './plan.types.ts';

/** Raise when what a plan maximises changes: runs say under which version they were made. */
export const PLAN_VALUES_VERSION = 1;

/** What filling a place is worth beside the score of who fills it (0 to 1,000): the first person at a shift before all. */
const FIRST = 3_000;
const REQUIRED = 2_000;
const BEYOND = 500;

/** What filling each open place of a position is worth, the dearest first; `taken` places are filled already. */
export function slotValues(
  position: { readonly required: number; readonly taken: number },
  slots: number,
): number[] {
  return Array.from({ length: slots }, (_, i) => {
    const nth = position.taken + i;
    if (nth === 0) return FIRST;
    return nth < position.required ? REQUIRED : BEYOND;
  });
}

/** Places that a plan fills: those missing to what is required, or all that are free, less those that are offered already. */
export function openSlots(
  position: { readonly required: number; readonly maximum: number; readonly taken: number },
  offered: number,
  fill: PlanSettings['fill'],
): number {
  const wanted = fill === 'required' ? position.required : position.maximum;
  return Math.max(0, wanted - position.taken - offered);
}

/** How many of a position's open places are for certified people. */
export const certifiedOf = (slots: number, { certifiedFrom }: PlanSettings): number =>
  certifiedFrom > 0 && slots >= certifiedFrom ? 1 : 0;

/** Somebody for a position, as the replay and the comparison need it. */
export interface Pairing {
  readonly position: number;
  readonly person: number;
  readonly metres: number | null;
}

/** A position as the comparison sees it. */
export interface Placed {
  readonly unitId: string;
  readonly tenantId: string;
  readonly slots: number;
  readonly minutes: number;
}

/** How unequal the numbers are, in thousandths: 0 all the same, near 1,000 one has everything (Gini). */
export function giniThousandths(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const total = sorted.reduce((sum, one) => sum + one, 0);
  if (total === 0) return 0;
  const weighted = sorted.reduce((sum, one, i) => sum + (i + 1) * one, 0);
  return Math.round(1_000 * ((2 * weighted) / (sorted.length * total) - (sorted.length + 1) / sorted.length));
}

/** What a set of pairs comes to, over the positions that had open places. */
export function outcomeOf(positions: readonly Placed[], pairs: readonly Pairing[]): Outcome {
  const filled = new Map<number, number>();
  const minutes = new Map<number, number>();
  let [metres, known] = [0, 0];
  for (const pair of pairs) {
    filled.set(pair.position, (filled.get(pair.position) ?? 0) + 1);
    minutes.set(pair.person, (minutes.get(pair.person) ?? 0) + (positions[pair.position]?.minutes ?? 0));
    if (pair.metres === null) continue;
    metres += pair.metres;
    known += 1;
  }
  return {
    filled: pairs.length,
    served: filled.size,
    full: [...filled].filter(([position, count]) => count >= (positions[position]?.slots ?? Infinity)).length,
    meanMetres: known === 0 ? null : Math.round(metres / known),
    giniThousandths: giniThousandths([...minutes.values()]),
    people: minutes.size,
  };
}

/** First come, first served against the plan, as a whole and by unit. */
export function compare(
  positions: readonly Placed[],
  before: readonly Pairing[],
  after: readonly Pairing[],
): Comparison {
  const units = new Map<string, { -readonly [Key in keyof UnitOutcome]: UnitOutcome[Key] }>();
  const unitOf = (position: number) => {
    const { unitId, tenantId } = positions[position] as Placed;
    const known = units.get(unitId) ?? { unitId, tenantId, slots: 0, before: 0, after: 0 };
    units.set(unitId, known);
    return known;
  };
  positions.forEach(({ slots }, position) => (unitOf(position).slots += slots));
  for (const { position } of before) unitOf(position).before += 1;
  for (const { position } of after) unitOf(position).after += 1;
  const list = [...units.values()].sort(
    (a, b) => a.after - a.before - (b.after - b.before) || (a.unitId < b.unitId ? -1 : 1),
  );
  return {
    positions: positions.length,
    slots: positions.reduce((sum, { slots }) => sum + slots, 0),
    before: outcomeOf(positions, before),
    after: outcomeOf(positions, after),
    units: list,
    worse: list.filter((unit) => unit.after < unit.before).length,
  };
}
