import type { Budget } from './budget.ts';

/** What a position asks for. */
export interface Position {
  readonly slots: number;
  /** At least so many of those who come hold the credential wanted: the other slots are the only ones open to all. */
  readonly certified: number;
  /** What filling the first slot, the second, … is worth beside the people's own weight: never more than the one before. */
  readonly bonus: readonly number[];
}

/** A cap on what somebody takes on: a day inside a week, a week inside a month; -1 is inside nothing. */
export interface Cap {
  readonly most: number;
  readonly inside: number;
}

/** Somebody, by the innermost cap, may take a position. One edge a person and position. */
export interface Option {
  readonly position: number;
  readonly cap: number;
  readonly weight: number;
  readonly certified: boolean;
}

/**
 * Who may be planned where, in typed arrays. Positions: `slots`, `certified` and the values of their slots
 * (`bonus[bonusStart[r]] …`, the last one for all further ones, 0 where there is none). Caps: `most`, `inside` (-1 nothing). Options: `position`,
 * `cap`, `weight`, `holds` (1: certified).
 */
export interface Staffing {
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

/**
 * Numbers that prove a bound: what another person at a position would bring (`need`, of any sign: less than a filled slot's
 * value), what one more slot open to all would (`open`), and what a unit of each cap is worth elsewhere (`price`).
 */
export interface StaffingProof {
  readonly need: Float64Array;
  readonly open: Float64Array;
  readonly price: Float64Array;
}

/** Who is planned (1 for each option used), what it is worth, and the bound that `proof` proves. */
export interface StaffingPlan {
  readonly status: 'optimal' | 'feasible';
  readonly used: Uint8Array;
  readonly objective: bigint;
  readonly bound: bigint;
  readonly proof: StaffingProof;
}

/** An earlier plan of the same positions, caps and options (or of most of them): what it held and its proof. */
export interface Earlier {
  readonly used: Uint8Array;
  readonly proof: StaffingProof;
}

export interface StaffingOptions {
  readonly budget?: Budget;
  readonly earlier?: Earlier | null;
  readonly onPhase?: (phase: 'auction' | 'repair' | 'proof') => void;
}

/** The typed arrays of a staffing that was written down as objects. */
export function staffingOf(
  positions: readonly Position[],
  caps: readonly Cap[],
  options: readonly Option[],
): Staffing {
  const bonusStart = new Int32Array(positions.length + 1);
  positions.forEach(({ bonus }, r) => (bonusStart[r + 1] = bonusStart[r]! + bonus.length));
  return {
    slots: Int32Array.from(positions, ({ slots }) => slots),
    certified: Int32Array.from(positions, ({ certified }) => certified),
    bonusStart,
    bonus: Int32Array.from(positions.flatMap(({ bonus }) => bonus)),
    most: Int32Array.from(caps, ({ most }) => most),
    inside: Int32Array.from(caps, ({ inside }) => inside),
    position: Int32Array.from(options, ({ position }) => position),
    cap: Int32Array.from(options, ({ cap }) => cap),
    weight: Int32Array.from(options, ({ weight }) => weight),
    holds: Uint8Array.from(options, ({ certified }) => (certified ? 1 : 0)),
  };
}

/** What filling slot number `slot` (from 0) of a position is worth. */
export function bonusOf({ bonusStart, bonus }: Staffing, position: number, slot: number): number {
  const [from, to] = [bonusStart[position]!, bonusStart[position + 1]!];
  return from === to ? 0 : bonus[Math.min(from + slot, to - 1)]!;
}

/** Whether caps stand alone and nobody must be certified: then it is a plain b-matching. */
export const isPlain = ({ inside, certified }: Staffing): boolean =>
  inside.every((outer) => outer < 0) && certified.every((count) => count === 0);
