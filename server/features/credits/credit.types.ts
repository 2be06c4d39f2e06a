/**
 * Credit hours as data: what a programme asks for, what people did, and what an evaluation says. Amounts of a programme are
 * in its own unit (`unitMinutes` each); everything that is computed is in whole minutes. Dates are `YYYY-MM-DD`.
 */
import type { Programme } from './programme.schema.ts';

export type { Amount, Conversion, Programme } from './programme.schema.ts';

/** One thing that somebody did, with its raw minutes: caps and exclusions act when a cycle is evaluated, never before. */
export interface CreditEntry {
  readonly id: string;
  readonly activity: string;
  readonly category?: string | null | undefined;
  readonly mode?: string | null | undefined;
  readonly date: string;
  /** Raw minutes; null where the activity counts without them (a degree, a piece). */
  readonly minutes: number | null;
  /** Units for `perUnit` conversions, such as semester credits. */
  readonly quantity?: number | null | undefined;
  readonly evidence: readonly string[];
}

/** Whose cycle it is. */
export interface CycleInput {
  /** First day of the registration; programmes by calendar year do without. */
  readonly registeredOn?: string | null | undefined;
  /** First day of the cycle to look at; by default the one that `on` belongs to. */
  readonly startsOn?: string | null | undefined;
  /** The level held before, when it was raised inside a cycle. */
  readonly changedFrom?: { readonly registeredOn: string; readonly total: number } | null | undefined;
}

export interface CycleBounds {
  /** The version of the programme that governs this cycle. */
  readonly programme: Programme;
  readonly start: string;
  /** Last day, inclusive. */
  readonly end: string;
  /** First day of what counts: the start, unless the programme looks back before a first registration. */
  readonly countsFrom: string;
  readonly windowStart: string;
  /** Last day of the window, inclusive; days of grace included. */
  readonly windowEnd: string;
}

export type CountReason =
  | 'counted'
  | 'counted-in-part'
  | 'before-cycle'
  | 'after-cycle'
  | 'not-yet'
  | 'activity-not-recognised'
  | 'not-in-force'
  | 'evidence-missing'
  | 'quantity-missing'
  | 'rounded-to-nothing'
  | 'excluded-by-other'
  | 'once-per-cycle'
  | 'activity-cap-reached'
  | 'mode-cap-reached';

/** One thing that is still missing; the minutes of the total are not repeated in the others. */
export type Shortfall =
  | { readonly code: 'total'; readonly minutes: number }
  | { readonly code: 'category'; readonly category: string; readonly minutes: number }
  | { readonly code: 'pieces'; readonly pieces: number }
  | { readonly code: 'piece-condition'; readonly condition: number; readonly pieces: number }
  | { readonly code: 'one-off'; readonly category: string; readonly minutes: number };

export interface EvaluatedEntry {
  readonly id: string;
  readonly countedMinutes: number;
  readonly reason: CountReason;
}

export interface Evaluation {
  readonly programme: string;
  readonly cycle: {
    readonly start: string;
    readonly end: string;
    readonly windowStart: string;
    readonly windowEnd: string;
  };
  /** In the order in which the entries were given. */
  readonly entries: readonly EvaluatedEntry[];
  readonly totalMinutes: number;
  /** Of the total, brought from the cycle before. */
  readonly carriedMinutes: number;
  readonly requiredMinutes: number;
  readonly missingMinutes: number;
  /** Counted minutes of the entries that name one. */
  readonly byCategory: Readonly<Record<string, number>>;
  readonly byMode: Readonly<Record<string, number>>;
  readonly shortfalls: readonly Shortfall[];
  /** First day on which these entries allow an application, or null. */
  readonly eligibleFrom: string | null;
  readonly canApplyOn: boolean;
}
