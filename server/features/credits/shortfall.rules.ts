import { entryMinutes, minutesOf } from './amount.rules.ts';
import type { CreditEntry, Programme, Shortfall } from './credit.types.ts';

/** An entry that is part of the chosen combination, with the minutes it counts. */
export interface CountedEntry {
  readonly entry: CreditEntry;
  readonly minutes: number;
}

interface Facts {
  readonly counted: readonly CountedEntry[];
  readonly total: number;
  readonly required: number;
  /** All entries of the person, for what is owed once in a life. */
  readonly entries: readonly CreditEntry[];
  readonly on: string;
}

/** Everything that a cycle still lacks, the total first; empty when an application may be made. */
export function shortfallsOf(programme: Programme, facts: Facts): Shortfall[] {
  const { counted, total, required } = facts;
  return [
    ...(total < required ? [{ code: 'total' as const, minutes: required - total }] : []),
    ...categoryShortfalls(programme, counted),
    ...pieceShortfalls(programme, counted),
    ...oneOffShortfalls(programme, facts),
  ];
}

/** Minima by category are met by what was done in this cycle; a share is one of the required total. */
function categoryShortfalls(programme: Programme, counted: readonly CountedEntry[]): Shortfall[] {
  return Object.entries(programme.requirement.minByCategory).flatMap(([category, amount]) => {
    const got = counted.reduce((sum, one) => (one.entry.category === category ? sum + one.minutes : sum), 0);
    const minutes = minutesOf(amount, programme) - got;
    return minutes > 0 ? [{ code: 'category' as const, category, minutes }] : [];
  });
}

function pieceShortfalls({ requirement }: Programme, counted: readonly CountedEntry[]): Shortfall[] {
  const { minPieces, total } = requirement;
  if (minPieces === null) return [];
  const { total: wanted, conditions } =
    typeof minPieces === 'number' ? { total: minPieces, conditions: [] } : minPieces;
  // A piece that a cap leaves without a minute is none, unless the programme counts no minutes at all.
  const pieces = counted.filter(({ minutes }) => minutes > 0 || total === 0);
  const missing = wanted - pieces.length;
  return [
    ...(missing > 0 ? [{ code: 'pieces' as const, pieces: missing }] : []),
    ...conditions.flatMap(({ min, activity, category, mode, evidence }, condition) => {
      const fitting = pieces.filter(
        ({ entry }) =>
          (activity === undefined || entry.activity === activity) &&
          (category === undefined || entry.category === category) &&
          (mode === undefined || entry.mode === mode) &&
          (evidence === undefined || entry.evidence.includes(evidence)),
      );
      return fitting.length < min
        ? [{ code: 'piece-condition' as const, condition, pieces: min - fitting.length }]
        : [];
    }),
  ];
}

/** Owed once, in whatever cycle: recognised entries of the category with their evidence, up to the day. */
function oneOffShortfalls(programme: Programme, { entries, on }: Facts): Shortfall[] {
  return programme.requirement.oneOff.flatMap(({ category, total }) => {
    const got = entries.reduce((sum, entry) => {
      if (entry.category !== category || entry.date > on) return sum;
      const conversion = programme.conversions.find(({ activity }) => activity === entry.activity);
      if (!conversion?.needs.every((one) => entry.evidence.includes(one))) return sum;
      return sum + (entryMinutes(entry, conversion, programme) ?? 0);
    }, 0);
    const minutes = Math.round(total * programme.unitMinutes) - got;
    return minutes > 0 ? [{ code: 'one-off' as const, category, minutes }] : [];
  });
}
