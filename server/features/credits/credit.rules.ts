import { entryMinutes, minutesOf } from './amount.rules.ts';
import { choose } from './choice.rules.ts';
import type { Candidate, Limits } from './choice.rules.ts';
import { cyclesUpTo, firstDay, requiredMinutes } from './cycle.rules.ts';
import type { CycleFault } from './cycle.rules.ts';
import type {
  Conversion,
  CountReason,
  CreditEntry,
  CycleBounds,
  CycleInput,
  EvaluatedEntry,
  Evaluation,
  Programme,
  Shortfall,
} from './credit.types.ts';
import { shortfallsOf } from './shortfall.rules.ts';
import type { CountedEntry } from './shortfall.rules.ts';

/** What an evaluation cannot do without: a fault of its input rather than a result. */
export class CycleError extends RangeError {
  readonly code: CycleFault;
  constructor(code: CycleFault) {
    super(code);
    this.name = 'CycleError';
    this.code = code;
  }
}

/**
 * What a person's entries are worth on a day (domain rules, worked example B).
 *
 * Entries keep their raw minutes; conversions, rounding, caps and exclusions act here. The order of the entries does not
 * matter, a further entry never lowers the total, and entries after `on` do not count yet. The programme may be given in
 * versions, oldest first: a cycle keeps the version it began under unless a later one says that it takes over open cycles,
 * and a closed cycle never changes. Which cycle is looked at, and when one is late: see `cyclesUpTo`. In a programme by
 * calendar year the whole year counts, also before a registration within it.
 *
 * `eligibleFrom` is the first day, given these entries, on which the window was open and nothing was missing.
 * @throws CycleError when there is no such cycle or no rules for it
 */
export function evaluate(
  programme: Programme | readonly Programme[],
  cycle: CycleInput,
  entries: readonly CreditEntry[],
  on: string,
): Evaluation {
  const versions = 'programme' in programme ? [programme] : programme;
  const carries = versions.some(({ carryOver }) => carryOver.allowed);
  const cycles = cyclesUpTo(
    versions,
    cycle,
    on,
    carries ? firstDay(entries, cycle.startsOn ?? on) : undefined,
  );
  if (typeof cycles === 'string') throw new CycleError(cycles);
  const bounds = cycles.at(-1);
  if (!bounds) throw new CycleError('no-such-cycle');
  const carried = carries ? carriedInto(cycles, entries, on, cycle) : 0;
  const now = assess(bounds, entries, on, carried, cycle);
  const eligibleFrom =
    now.shortfalls.length === 0 ? firstEligible(bounds, entries, on, carried, cycle) : null;
  const { programme: version, start, end, windowStart, windowEnd } = bounds;
  return {
    programme: version.programme,
    cycle: { start, end, windowStart, windowEnd },
    entries: now.entries,
    totalMinutes: now.total,
    carriedMinutes: carried,
    requiredMinutes: now.required,
    missingMinutes: Math.max(0, now.required - now.total),
    byCategory: sums(now.counted, ({ entry }) => entry.category),
    byMode: sums(now.counted, ({ entry }) => entry.mode),
    shortfalls: now.shortfalls,
    eligibleFrom,
    canApplyOn: now.shortfalls.length === 0 && windowStart <= on && on <= windowEnd,
  };
}

interface Assessment {
  readonly entries: readonly EvaluatedEntry[];
  readonly counted: readonly CountedEntry[];
  readonly earned: number;
  readonly total: number;
  readonly required: number;
  readonly shortfalls: readonly Shortfall[];
}

interface Admitted {
  readonly at: number;
  readonly entry: CreditEntry;
  readonly minutes: number;
}

/** One cycle's entries as of the day, against what it asks for. */
function assess(
  bounds: CycleBounds,
  entries: readonly CreditEntry[],
  on: string,
  carried: number,
  input: CycleInput,
): Assessment {
  const results: EvaluatedEntry[] = [];
  const admitted: Admitted[] = [];
  const conversions = conversionsOf(bounds.programme);
  entries.forEach((entry, at) => {
    const verdict = admit(entry, bounds, conversions, on);
    if (typeof verdict === 'string') results[at] = { id: entry.id, countedMinutes: 0, reason: verdict };
    else admitted.push({ at, entry, minutes: verdict });
  });
  admitted.sort((a, b) => compare(a.entry.date, b.entry.date) || compare(a.entry.id, b.entry.id));
  const choice = choose(admitted.map(toCandidate), limitsOf(bounds.programme));
  const counted: CountedEntry[] = [];
  admitted.forEach(({ at, entry }, n) => {
    const minutes = choice.minutes[n] ?? 0;
    const reason = choice.standings[n] ?? 'counted';
    results[at] = { id: entry.id, countedMinutes: minutes, reason };
    if (reason !== 'excluded-by-other' && reason !== 'once-per-cycle') counted.push({ entry, minutes });
  });
  const total = choice.total + carried;
  const required = requiredMinutes(bounds, input);
  const shortfalls = shortfallsOf(bounds.programme, { counted, total, required, entries, on });
  return { entries: results, counted, earned: choice.total, total, required, shortfalls };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const toCandidate = ({ entry, minutes }: Admitted): Candidate => ({
  id: entry.id,
  activity: entry.activity,
  mode: entry.mode ?? null,
  category: entry.category ?? null,
  minutes,
});

const conversionsOf = ({ conversions }: Programme): ReadonlyMap<string, readonly Conversion[]> =>
  Map.groupBy(conversions, ({ activity }) => activity);

/** Minutes that an entry is worth by itself, or why it is worth nothing in this cycle. */
function admit(
  entry: CreditEntry,
  bounds: CycleBounds,
  conversions: ReadonlyMap<string, readonly Conversion[]>,
  on: string,
): number | CountReason {
  if (entry.date < bounds.countsFrom) return 'before-cycle';
  if (entry.date > bounds.end) return 'after-cycle';
  if (entry.date > on) return 'not-yet';
  const possible = conversions.get(entry.activity);
  if (!possible) return 'activity-not-recognised';
  const conversion = possible.find(
    ({ effective }) =>
      !effective || (effective[0] <= entry.date && (effective[1] === null || entry.date <= effective[1])),
  );
  if (!conversion) return 'not-in-force';
  if (!conversion.needs.every((one) => entry.evidence.includes(one))) return 'evidence-missing';
  const minutes = entryMinutes(entry, conversion, bounds.programme);
  if (minutes === null) return 'quantity-missing';
  // Where pieces are asked for and no hours, a piece needs no minutes.
  return minutes === 0 && bounds.programme.requirement.total > 0 ? 'rounded-to-nothing' : minutes;
}

function limitsOf(programme: Programme): Limits {
  const { requirement, conversions } = programme;
  const amounts = (of: Programme['requirement']['maxByMode']): Map<string, number> =>
    new Map(Object.entries(of).map(([key, amount]) => [key, minutesOf(amount, programme)]));
  const excludes = new Map<string, Set<string>>();
  const note = (a: string, b: string): unknown => excludes.set(a, (excludes.get(a) ?? new Set()).add(b));
  for (const { activity, excludes: others } of conversions) {
    for (const other of others) {
      note(activity, other);
      note(other, activity);
    }
  }
  return {
    capByActivity: new Map(
      conversions.flatMap(({ activity, capPerCycle }) =>
        capPerCycle === undefined ? [] : [[activity, minutesOf(capPerCycle, programme)] as const],
      ),
    ),
    maxByMode: amounts(requirement.maxByMode),
    once: new Set(conversions.flatMap((one) => (one.oncePerCycle ? [one.activity] : []))),
    excludes,
    minByCategory: amounts(requirement.minByCategory),
  };
}

/**
 * Surplus that a cycle takes over from the ones before it: what was earned in the cycle just before beyond its requirement,
 * up to the programme's maximum. What was carried is used up first, and never carried twice.
 */
function carriedInto(
  cycles: readonly CycleBounds[],
  entries: readonly CreditEntry[],
  on: string,
  input: CycleInput,
): number {
  let carried = 0;
  for (const bounds of cycles.slice(0, -1)) {
    const { allowed, max } = bounds.programme.carryOver;
    const { earned, required } = assess(bounds, entries, on, carried, input);
    const surplus = Math.max(0, Math.min(earned, earned + carried - required));
    carried = allowed ? Math.min(surplus, minutesOf(max, bounds.programme)) : 0;
  }
  return carried;
}

/**
 * First day of the window on which nothing was missing. It is met on `on`; the days on which it can come true are the
 * window's first and those of entries. Totals only grow, so the search starts where the total is reached.
 */
function firstEligible(
  bounds: CycleBounds,
  entries: readonly CreditEntry[],
  on: string,
  carried: number,
  input: CycleInput,
): string | null {
  const { windowStart, windowEnd, end } = bounds;
  const inWindow = entries
    .map(({ date }) => date)
    .filter((date) => date > windowStart && date <= end && date <= on);
  const days = [windowStart, ...new Set(inWindow.sort())];
  const met = (day: string): Assessment => assess(bounds, entries, on < day ? on : day, carried, input);
  let [low, high] = [0, days.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { total, required } = met(days[middle] ?? on);
    if (total >= required) high = middle;
    else low = middle + 1;
  }
  const day = days.slice(low).find((one) => met(one).shortfalls.length === 0);
  return day !== undefined && day <= windowEnd ? day : null;
}

function sums(
  counted: readonly CountedEntry[],
  keyOf: (one: CountedEntry) => string | null | undefined,
): Record<string, number> {
  const minutes = new Map<string, number>();
  for (const one of counted) {
    const key = keyOf(one);
    if (key != null && one.minutes > 0) minutes.set(key, (minutes.get(key) ?? 0) + one.minutes);
  }
  return Object.fromEntries([...minutes].sort(([a], [b]) => compare(a, b)));
}
