import { evaluate } from './credit.rules.ts';
import type { CreditEntry, CycleInput, Evaluation, Programme, Shortfall } from './credit.types.ts';

/** Something that will be learned, as the entry it would become. */
export interface PlannedLearning {
  readonly id: string;
  readonly category: string | null;
  readonly mode: string | null;
  /** Local day on which it ends. */
  readonly date: string;
  readonly minutes: number;
  readonly evidence: readonly string[];
}

/** What a missing piece weighs beside missing minutes, where both are put in one order: about one session. */
export const PIECE_MINUTES = 60;

/** Something that is missing: minutes, or pieces where a programme asks for those. */
export interface Gap {
  readonly code: 'total' | 'category' | 'one-off' | 'pieces' | 'piece-condition';
  /** The category, or which of the programme's conditions on pieces; empty where there is none. */
  readonly category: string;
  /** 0 for pieces. */
  readonly minutes: number;
  /** 0 for minutes. */
  readonly pieces: number;
}

/** What it would count, and how much less would be missing. */
export interface Outlook {
  /** By the engine: with caps, exclusions and rounding. */
  readonly countedMinutes: number;
  readonly reason: Evaluation['entries'][number]['reason'];
  /** By how much each thing that is missing becomes less. */
  readonly closes: readonly Gap[];
}

export const plannedEntry = (planned: PlannedLearning): CreditEntry => ({
  ...planned,
  activity: 'training',
  quantity: null,
});

const gapOf = (one: Shortfall): Gap => ({
  code: one.code,
  category: 'category' in one ? one.category : 'condition' in one ? String(one.condition) : '',
  minutes: 'minutes' in one ? one.minutes : 0,
  pieces: 'pieces' in one ? one.pieces : 0,
});
/** By how much each of these is less among those; what became no less is left out. */
function closedOf(before: readonly Shortfall[], after: readonly Shortfall[]): Gap[] {
  const left = after.map(gapOf);
  return before.map(gapOf).flatMap((had) => {
    const has = left.find(({ code, category }) => code === had.code && category === had.category);
    const minutes = had.minutes - (has?.minutes ?? 0);
    const pieces = had.pieces - (has?.pieces ?? 0);
    return minutes > 0 || pieces > 0 ? [{ ...had, minutes, pieces }] : [];
  });
}

/** What the engine says of one programme when everything that is planned has been learned, and what more would count. */
export interface PersonOutlook {
  /** Last day on which learning counts for the cycle that is open. */
  readonly until: string;
  readonly shortfalls: readonly Gap[];
  /** Whether a training may count less beside others, or on another day, than it does by itself. */
  readonly capped: boolean;
  /**
   * What something more would count. Null where it lies before today or after the cycle: it would be of no use to it.
   * @param times how often it is learned; the minutes counted are those of the last time, what is closed is closed together
   */
  readonly ask: (planned: PlannedLearning, times?: number) => Outlook | null;
  /** What is left, and what counts in all, when these have been learned too: exactly what `evaluate` says on the last day. */
  readonly having: (more: readonly PlannedLearning[]) => Standing;
}

export interface Standing {
  readonly shortfalls: readonly Gap[];
  readonly totalMinutes: number;
}

/** A cap on training or on a form of learning, something beside which training does not count, or rules that change by day. */
const capsTraining = ({ requirement, conversions }: Programme): boolean =>
  Object.keys(requirement.maxByMode).length > 0 ||
  conversions.some(
    ({ activity, capPerCycle, oncePerCycle, excludes, effective }) =>
      excludes.includes('training') ||
      (activity === 'training' &&
        (capPerCycle !== undefined || oncePerCycle || effective !== undefined || excludes.length > 0)),
  );

/**
 * Beside the entries there are, everything that is planned counts as if it were learned: nobody is asked to learn twice. So all
 * is asked as of the cycle's last day, when it has been.
 */
export function personOutlook(
  versions: readonly Programme[],
  cycle: CycleInput,
  entries: readonly CreditEntry[],
  planned: readonly PlannedLearning[],
  on: string,
): PersonOutlook {
  const all = [...entries, ...planned.map(plannedEntry)];
  const until = evaluate(versions, cycle, entries, on).cycle.end;
  const last = until > on ? until : on;
  const then = (more: readonly PlannedLearning[]): Evaluation =>
    evaluate(versions, cycle, [...all, ...more.map(plannedEntry)], last);
  const before = then([]);
  return {
    until,
    shortfalls: before.shortfalls.map(gapOf),
    capped: versions.some(capsTraining),
    ask(one, times = 1) {
      if (one.date < on || one.date > until) return null;
      const more = Array.from({ length: times }, (_unused, turn) =>
        times === 1 ? one : { ...one, id: `${one.id}-${turn}` },
      );
      const after = then(more);
      const entry = after.entries.at(-1);
      return {
        countedMinutes: entry?.countedMinutes ?? 0,
        reason: entry?.reason ?? 'counted',
        closes: closedOf(before.shortfalls, after.shortfalls),
      };
    },
    having(more) {
      const { shortfalls, totalMinutes } = then(more);
      return { shortfalls: shortfalls.map(gapOf), totalMinutes };
    },
  };
}
