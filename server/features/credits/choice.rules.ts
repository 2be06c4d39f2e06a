import { largestFlow } from './flow.rules.ts';
import type { Edge } from './flow.rules.ts';

/**
 * Which entries of a cycle count, and for how many minutes: among everything that exclusions, "once per cycle" and caps
 * allow, a choice with the **largest total**; among equal totals the one that leaves least missing in categories with a
 * minimum (exactly so for one such category; several are served in the programme's order), then the one with most pieces,
 * then the first in the order of names. The largest total comes first even where a smaller one would meet a minimum: what
 * is excluded then is a reason that people can read, and an addition never lowers a total.
 *
 * Exact: every largest set of activities that exclude none of each other is tried (at most 3^(12/3) = 81 of them, the
 * schema bounds how many activities may exclude), with each choice of the entries that count once that could matter (the
 * best of each capped mode and of each category with a minimum, and of the others; bounded likewise). Given those, caps on activities and on modes make a flow from activities
 * to modes, whose largest value is the total. Without capped modes there is nothing to try for "once" and nothing to flow.
 */
export interface Candidate {
  readonly id: string;
  readonly activity: string;
  readonly mode: string | null;
  readonly category: string | null;
  readonly minutes: number;
}

export interface Limits {
  readonly capByActivity: ReadonlyMap<string, number>;
  readonly maxByMode: ReadonlyMap<string, number>;
  readonly once: ReadonlySet<string>;
  /** Both ways: what A excludes excludes A. */
  readonly excludes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly minByCategory: ReadonlyMap<string, number>;
}

export type Standing =
  | 'counted'
  | 'counted-in-part'
  | 'excluded-by-other'
  | 'once-per-cycle'
  | 'activity-cap-reached'
  | 'mode-cap-reached';

export interface Choice {
  readonly total: number;
  /** Minutes of each candidate, in the order given. */
  readonly minutes: readonly number[];
  readonly standings: readonly Standing[];
}

interface Attempt {
  readonly allowed: ReadonlySet<number>;
  readonly minutes: readonly number[];
  readonly total: number;
  readonly met: number;
}

const OPEN = '';

/** The best choice; the same whatever the order of candidates whose ids differ (they come sorted). */
export function choose(candidates: readonly Candidate[], limits: Limits): Choice {
  const byActivity = Map.groupBy(candidates.keys(), (at) => candidates[at]?.activity ?? '');
  const activities = [...byActivity.keys()].sort();
  const capped = candidates.some(({ mode }) => mode !== null && limits.maxByMode.has(mode));
  let best: Attempt | null = null;
  for (const kept of independentSets(activities, limits.excludes)) {
    const options = kept.map((activity) => optionsOf(byActivity.get(activity) ?? [], activity));
    for (const chosen of combinations(options)) {
      const attempt = allot(candidates, chosen, limits, capped);
      if (!best || isBetter(attempt, best)) best = attempt;
    }
  }
  if (!best) return { total: 0, minutes: [], standings: [] };
  return { total: best.total, minutes: best.minutes, standings: standingsOf(candidates, best, limits) };

  /** The sets of entries of one activity that are worth trying. */
  function optionsOf(entries: readonly number[], activity: string): (readonly number[])[] {
    if (!limits.once.has(activity) || entries.length < 2) return [entries];
    const cap = limits.capByActivity.get(activity) ?? Infinity;
    const worth = (at: number): number => Math.min(cap, candidates[at]?.minutes ?? 0);
    const most = Math.max(...entries.map(worth));
    // A mode's cap may level what one entry is worth more than another; without one, less is never as good.
    const likely = capped ? entries : entries.filter((at) => worth(at) === most);
    const kinds = Map.groupBy(likely, (at) => {
      const { category = null } = candidates[at] ?? {};
      return JSON.stringify([
        modeOf(candidates[at], limits),
        category !== null && limits.minByCategory.has(category) ? category : OPEN,
      ]);
    });
    const best = (kind: readonly number[]): number[] =>
      kind.toSorted((a, b) => worth(b) - worth(a) || a - b).slice(0, 1);
    return [...kinds.keys()].sort().map((kind) => best(kinds.get(kind) ?? []));
  }
}

const modeOf = (candidate: Candidate | undefined, limits: Limits): string =>
  candidate?.mode != null && limits.maxByMode.has(candidate.mode) ? candidate.mode : OPEN;

const isBetter = (a: Attempt, b: Attempt): boolean =>
  a.total !== b.total ? a.total > b.total : a.met !== b.met ? a.met > b.met : a.allowed.size > b.allowed.size;

/** Every largest set of the activities in which none excludes another, in the order of names. */
export function independentSets(
  activities: readonly string[],
  excludes: Limits['excludes'],
): (readonly string[])[] {
  const clash = (a: string, b: string): boolean => excludes.get(a)?.has(b) ?? false;
  const free = activities.filter((a) => !activities.some((b) => clash(a, b)));
  const bound = activities.filter((a) => !free.includes(a));
  const found: (readonly string[])[] = [];
  // Bron–Kerbosch on the complement: what may stand together.
  const extend = (kept: readonly string[], open: readonly string[], done: readonly string[]): void => {
    if (open.length === 0) {
      if (done.length === 0) found.push([...free, ...kept].sort());
      return;
    }
    let [rest, tried] = [open, done];
    for (const one of open) {
      extend(
        [...kept, one],
        rest.filter((other) => other !== one && !clash(one, other)),
        tried.filter((other) => !clash(one, other)),
      );
      rest = rest.filter((other) => other !== one);
      tried = [...tried, one];
    }
  };
  extend([], bound, []);
  return found;
}

/** One option of each, joined: every combination. */
function* combinations(
  options: readonly (readonly (readonly number[])[])[],
  at = 0,
  chosen: readonly number[] = [],
): Generator<readonly number[]> {
  const here = options[at];
  if (!here) {
    yield chosen;
    return;
  }
  for (const option of here) yield* combinations(options, at + 1, [...chosen, ...option]);
}

/** Most minutes that the caps let through of these candidates, and whose minutes they are. */
function allot(
  candidates: readonly Candidate[],
  chosen: readonly number[],
  limits: Limits,
  capped: boolean,
): Attempt {
  const sorted = [...chosen].sort((a, b) => a - b);
  const cells = Map.groupBy(sorted, (at) =>
    JSON.stringify([candidates[at]?.activity, modeOf(candidates[at], limits)]),
  );
  const rooms = capped
    ? flowRooms(candidates, cells, limits)
    : new Map(
        [...cells].map(([cell, entries]) => {
          const activity = candidates[entries[0] ?? -1]?.activity ?? '';
          const sum = entries.reduce((minutes, at) => minutes + (candidates[at]?.minutes ?? 0), 0);
          return [cell, Math.min(sum, limits.capByActivity.get(activity) ?? Infinity)];
        }),
      );
  const minutes = new Array<number>(candidates.length).fill(0);
  const missing = new Map(limits.minByCategory);
  for (const [cell, entries] of cells) share(candidates, entries, rooms.get(cell) ?? 0, missing, minutes);
  const total = minutes.reduce((sum, one) => sum + one, 0);
  const wanted = [...limits.minByCategory.values()].reduce((sum, one) => sum + one, 0);
  const still = [...missing.values()].reduce((sum, one) => sum + one, 0);
  return { allowed: new Set(chosen), minutes, total, met: wanted - still };
}

/** Divides a cell's room: first to categories with a minimum, as far as they need it, then in order. */
function share(
  candidates: readonly Candidate[],
  entries: readonly number[],
  room: number,
  missing: Map<string, number>,
  minutes: number[],
): void {
  let left = room;
  const take = (at: number, most: number): number => {
    const taken = Math.min(left, most, (candidates[at]?.minutes ?? 0) - (minutes[at] ?? 0));
    minutes[at] = (minutes[at] ?? 0) + taken;
    left -= taken;
    return taken;
  };
  const needed = entries.filter((at) => (missing.get(candidates[at]?.category ?? OPEN) ?? 0) > 0);
  for (const category of missing.keys()) {
    for (const at of needed) {
      if (candidates[at]?.category !== category) continue;
      const need = missing.get(category) ?? 0;
      missing.set(category, need - take(at, need));
    }
  }
  for (const at of entries) take(at, Infinity);
}

/** Minutes that each cell (an activity in a capped mode, or in the others together) may count in a largest flow. */
function flowRooms(
  candidates: readonly Candidate[],
  cells: ReadonlyMap<string, readonly number[]>,
  limits: Limits,
): Map<string, number> {
  const nodes = new Map<string, number>();
  const node = (name: string): number => {
    if (!nodes.has(name)) nodes.set(name, nodes.size + 2);
    return nodes.get(name) ?? 0;
  };
  const edges: Edge[] = [];
  const owners: (string | null)[] = [];
  const add = (owner: string | null, edge: Edge): void => {
    edges.push(edge);
    owners.push(owner);
  };
  const reach = new Set<string>();
  for (const [cell, entries] of cells) {
    const first = candidates[entries[0] ?? -1];
    const activity = `a ${first?.activity ?? ''}`;
    const mode = modeOf(first, limits);
    const [from, to] = [node(activity), node(`m ${mode}`)];
    const sum = entries.reduce((minutes, at) => minutes + (candidates[at]?.minutes ?? 0), 0);
    const wanted = wantedMinutes(candidates, entries, limits);
    if (wanted > 0) add(cell, { from, to, capacity: wanted, cost: -1 });
    add(cell, { from, to, capacity: sum - wanted, cost: 0 });
    const cap = limits.capByActivity.get(first?.activity ?? '') ?? Number.MAX_SAFE_INTEGER;
    if (!reach.has(activity)) add(null, { from: 0, to: from, capacity: cap, cost: 0 });
    reach.add(activity);
    const most = limits.maxByMode.get(mode) ?? Number.MAX_SAFE_INTEGER;
    if (!reach.has(`m ${mode}`)) add(null, { from: to, to: 1, capacity: most, cost: 0 });
    reach.add(`m ${mode}`);
  }
  const flow = largestFlow(nodes.size + 2, edges);
  const rooms = new Map<string, number>();
  owners.forEach((cell, at) => {
    if (cell !== null) rooms.set(cell, (rooms.get(cell) ?? 0) + (flow[at] ?? 0));
  });
  return rooms;
}

/** Minutes of the entries that could serve a category's minimum. */
function wantedMinutes(candidates: readonly Candidate[], entries: readonly number[], limits: Limits): number {
  const sums = new Map<string, number>();
  for (const at of entries) {
    const { category, minutes = 0 } = candidates[at] ?? {};
    if (category != null && limits.minByCategory.has(category))
      sums.set(category, (sums.get(category) ?? 0) + minutes);
  }
  let wanted = 0;
  for (const [category, sum] of sums) wanted += Math.min(sum, limits.minByCategory.get(category) ?? 0);
  return wanted;
}

function standingsOf(candidates: readonly Candidate[], best: Attempt, limits: Limits): Standing[] {
  const counting = new Set([...best.allowed].map((at) => candidates[at]?.activity ?? ''));
  const sums = new Map<string, number>();
  candidates.forEach(({ activity }, at) => {
    sums.set(activity, (sums.get(activity) ?? 0) + (best.minutes[at] ?? 0));
  });
  return candidates.map(({ activity, minutes }, at) => {
    if (!best.allowed.has(at)) return counting.has(activity) ? 'once-per-cycle' : 'excluded-by-other';
    const got = best.minutes[at] ?? 0;
    if (got === minutes) return 'counted';
    if (got > 0) return 'counted-in-part';
    const full = (sums.get(activity) ?? 0) >= (limits.capByActivity.get(activity) ?? Infinity);
    return full ? 'activity-cap-reached' : 'mode-cap-reached';
  });
}
