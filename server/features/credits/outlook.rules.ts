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

/** What it would count, and how much less would be missing. */
export interface Outlook {
  /** By the engine: with caps, exclusions and rounding. */
  readonly countedMinutes: number;
  readonly reason: Evaluation['entries'][number]['reason'];
  /** By how much each thing that is missing becomes less; only minutes. */
  readonly closes: readonly {
    readonly code: 'total' | 'category' | 'one-off';
    readonly category: string;
    readonly minutes: number;
  }[];
}

export const plannedEntry = (planned: PlannedLearning): CreditEntry => ({
  ...planned,
  activity: 'training',
  quantity: null,
});

const missingIn = (shortfalls: readonly Shortfall[]): Map<string, number> =>
  new Map(
    shortfalls.flatMap((one) =>
      'minutes' in one
        ? [[`${one.code} ${'category' in one ? one.category : ''}`, one.minutes] as const]
        : [],
    ),
  );

/**
 * What something planned would count beside these entries. Null where it lies after the cycle that is open on the day: it would
 * be of no use to it.
 */
export function outlookOf(
  versions: readonly Programme[],
  cycle: CycleInput,
  entries: readonly CreditEntry[],
  on: string,
  planned: PlannedLearning,
): Outlook | null {
  const now = evaluate(versions, cycle, entries, on);
  if (planned.date < on || planned.date > now.cycle.windowEnd) return null;
  const before = evaluate(versions, cycle, entries, planned.date);
  if (before.cycle.start !== now.cycle.start) return null;
  const after = evaluate(versions, cycle, [...entries, plannedEntry(planned)], planned.date);
  const entry = after.entries.at(-1);
  const [had, has] = [missingIn(before.shortfalls), missingIn(after.shortfalls)];
  return {
    countedMinutes: entry?.countedMinutes ?? 0,
    reason: entry?.reason ?? 'counted',
    closes: [...had].flatMap(([key, minutes]) => {
      const less = minutes - (has.get(key) ?? 0);
      const [code = '', category = ''] = key.split(' ');
      return less > 0 ? [{ code: code as 'total', category, minutes: less }] : [];
    }),
  };
}

/** What is missing of one programme when everything planned has been learned, in minutes, and what more would count. */
export interface PersonOutlook {
  readonly windowEnd: string;
  readonly shortfalls: readonly {
    readonly code: 'total' | 'category' | 'one-off';
    readonly category: string;
    readonly minutes: number;
  }[];
  readonly ask: (planned: PlannedLearning) => Outlook | null;
}

/** Beside the entries there are, everything that is planned counts as if it were learned: nobody is asked to learn twice. */
export function personOutlook(
  versions: readonly Programme[],
  cycle: CycleInput,
  entries: readonly CreditEntry[],
  planned: readonly PlannedLearning[],
  on: string,
): PersonOutlook {
  const all = [...entries, ...planned.map(plannedEntry)];
  const now = evaluate(versions, cycle, entries, on);
  const last = planned.reduce(
    (day, { date }) => (date > day && date <= now.cycle.windowEnd ? date : day),
    on,
  );
  const then = last === on ? now : evaluate(versions, cycle, all, last);
  const open = then.cycle.start === now.cycle.start ? then : now;
  return {
    windowEnd: now.cycle.windowEnd,
    shortfalls: [...missingIn(open.shortfalls)].map(([key, minutes]) => {
      const [code = '', category = ''] = key.split(' ');
      return { code: code as 'total', category, minutes };
    }),
    ask: (one) => outlookOf(versions, cycle, all, on, one),
  };
}
