import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { RULES } from '../matching/index.ts';
import type { StaffingRun } from '../matching/index.ts';
import { replayFirstCome } from './plan.draft.ts';
import type { DraftStaffing } from './plan.draft.ts';
import type { Member, OpenPosition, Somebody } from './plan.ground.ts';
import { keepForLater } from './plan.keep.ts';
import { partsOf } from './plan.judge.ts';
import type { Judge } from './plan.judge.ts';
import type { PlanPair, PlanProof } from './plan.model.ts';
import type { DraftPair, PairList } from './plan.pairs.ts';
import { compare, PLAN_VALUES_VERSION } from './plan.rules.ts';
import type { Pairing } from './plan.rules.ts';
import type { Ground, Lines, NewLine, RunInput, RunResult } from './plan.run.ts';
import { pricedOf } from './plan.priced.ts';
import { packIds } from './plan.store.ts';

/** What a plan was made of. */
export interface Planned {
  readonly input: RunInput;
  readonly ground: Ground;
  readonly judge: Judge;
  readonly pairs: PairList;
  readonly pinned: readonly DraftPair[];
}

/** A draft and what the solver made of it. */
export interface Solved {
  readonly draft: DraftStaffing;
  readonly run: StaffingRun;
  /** The options that first come, first served takes of the draft; null where nobody has replayed it. */
  readonly first: readonly number[] | null;
}

/** How much was looked at, what the bound has to allow for beyond the options, and how long the solver took in all. */
export interface Looked {
  readonly fitting: number;
  readonly beyond: number;
  /** The bound before pairs were closed that clash; null where none did. */
  readonly bound: bigint | null;
  readonly solveMs: number;
}

/** What a run comes to: lines with their reasons, arrays and proof, and what first come, first served would have done. */
export function conclude(plan: Planned, { draft, run, first: replayed }: Solved, looked: Looked): RunResult {
  const { input, ground, pairs, pinned } = plan;
  const { positions, people } = ground;
  const chosen = optionsUsed(run).map((k): Chosen => {
    const pair = pairs.at(k);
    return { pair, price: draft.caps.paid(run.proof.price, pair.person, pair.position) };
  });
  const first = (replayed ?? firstCome(draft, ground)).map((k) => pairs.at(k));
  const placed = positions.map(({ tenant, position, slots, facts }) => ({
    unitId: String(position.unitId),
    tenantId: input.members[tenant]?.tenant.id ?? '',
    slots,
    minutes: facts.lengthMinutes,
  }));
  const all = (some: readonly DraftPair[]): Pairing[] => [...pinned, ...some];
  const ids = {
    positionIds: packIds(positions.map(({ position }) => position._id)),
    personIds: packIds(people.map(({ id }) => id)),
  };
  return {
    lines: linesOf(plan, run, chosen, first),
    arrays: {
      ...keepForLater({ staffing: draft.staffing, used: run.used, proof: run.proof }, pairs),
      ...ids,
      priced: pricedOf({ draft, run, pairs }, ids),
    },
    inputs: {
      version: inputsVersion(ground),
      positions: positions.length,
      slots: placed.reduce((sum, { slots }) => sum + slots, 0),
      people: people.length,
      at: input.now,
    },
    weights: { version: weightsVersion(input.members) },
    proof: proofOf(plan, run, looked),
    comparison: compare(placed, all(first), all(chosen.map(({ pair }) => pair))),
  };
}

/** Somebody chosen, and what they would bring elsewhere. */
interface Chosen {
  readonly pair: DraftPair;
  readonly price: number;
}

/** The options that a run chose. */
export const optionsUsed = ({ used }: StaffingRun): number[] => {
  const found: number[] = [];
  used.forEach((one, k) => {
    if (one === 1) found.push(k);
  });
  return found;
};

/** The options that positions would take first come, first served. */
export const firstCome = ({ staffing }: DraftStaffing, ground: Ground): readonly number[] =>
  replayFirstCome(staffing, inOrderPosted(ground));

const inOrderPosted = ({ positions }: Ground): number[] =>
  positions
    .map(({ shift, position }, r) => ({ r, at: shift.createdAt.getTime(), id: String(position._id) }))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(({ r }) => r);

/** What no plan over all pairs that the rules allow is worth more than. */
export const boundOf = (run: StaffingRun, beyond: number): bigint =>
  (run.blockBound ?? run.bound) + BigInt(beyond);

/** The proof over all pairs that the rules allow: those that were no options cannot bring more than `beyond` beside. */
function proofOf(
  { input, pairs }: Planned,
  run: StaffingRun,
  { fitting, beyond, bound: before, solveMs }: Looked,
): PlanProof {
  const bound = before ?? boundOf(run, beyond);
  const wished = input.wishes.length > 0 && run.blockBound === null && run.bound !== run.objective;
  return {
    status: bound === run.objective ? 'optimal' : before === null && beyond === 0 ? run.status : 'feasible',
    kind: kindOf(run, wished, before !== null && before !== run.objective),
    objective: String(run.objective),
    bound: String(bound),
    gap: String(bound - run.objective),
    dualBound: String(run.bound),
    beyond: String(beyond),
    solveMs,
    options: pairs.length,
    fitting,
    checkedAt: input.now,
  };
}

function kindOf(run: StaffingRun, wished: boolean, clashed: boolean): PlanProof['kind'] {
  if (clashed) return 'clash';
  if (run.blockBound !== null) return 'block';
  return wished ? 'relaxed' : 'dual';
}

function linesOf(
  { input, ground, judge, pinned }: Planned,
  { proof }: StaffingRun,
  chosen: readonly Chosen[],
  first: readonly DraftPair[],
): Lines {
  const before = new Int32Array(ground.positions.length);
  for (const { position } of first) before[position] = (before[position] ?? 0) + 1;
  const byPosition = Map.groupBy(chosen, ({ pair }) => pair.position);
  const pinnedAt = Map.groupBy(pinned, ({ position }) => position);
  const pairOf = toPair(ground, judge);
  const lineOf = ({ tenant, position, shift, slots }: OpenPosition, r: number): NewLine => ({
    planId: input.planId,
    attempt: input.attempt,
    place: r,
    ownerTenantId: new Types.ObjectId(input.members[tenant]?.tenant.id),
    unitId: position.unitId,
    shiftId: shift._id,
    positionId: position._id,
    seriesId: shift.seriesId,
    title: shift.title,
    name: position.name,
    startsAt: shift.startsAt,
    endsAt: shift.endsAt,
    slots,
    surplus: Math.max(0, -(proof.need[r] ?? 0)),
    before: before[r] ?? 0,
    pairs: [...(pinnedAt.get(r) ?? []).map((pair) => ({ pair, price: null })), ...(byPosition.get(r) ?? [])]
      .sort((a, b) => b.pair.score - a.pair.score || a.pair.person - b.pair.person)
      .map(({ pair, price }) => pairOf(pair, price)),
  });
  return {
    length: ground.positions.length,
    some: (from, to) => ground.positions.slice(from, to).map((open, i) => lineOf(open, from + i)),
  };
}

/** A pair as it is stored, with every part of its score. @throws Error where columns and rules disagree */
function toPair({ positions, people }: Ground, judge: Judge) {
  /** @param price null for one that somebody decided */
  return (pair: DraftPair, price: number | null): PlanPair => {
    const [open, one] = [positions[pair.position] as OpenPosition, people[pair.person] as Somebody];
    const own = judge.fit(open, one);
    // Nobody is proposed but by the rules themselves: what was found among columns is asked of them once more.
    if (!own.eligible || own.score !== pair.score)
      throw new Error(`The rules give ${own.score} where columns gave ${pair.score}`);
    return {
      personId: new Types.ObjectId(one.id),
      score: pair.score,
      weight: pair.score,
      price: price ?? 0,
      certified: pair.certified,
      distanceMetres: pair.metres,
      parts: partsOf(own),
      pinned: price === null,
      moved: false,
      state: 'proposed',
      wave: null,
      assignmentId: null,
      refusal: null,
    };
  };
}

/** Changes whenever a position or a person that was looked at did. */
function inputsVersion({ positions, people }: Ground): string {
  const hash = createHash('sha256');
  for (const { position, shift } of positions)
    hash.update(`${String(position._id)}:${position.version}:${position.taken}:${shift.version};`);
  for (const { id, row, bookings } of people) hash.update(`${id}:${row.version}:${bookings.length};`);
  return hash.digest('base64url').slice(0, 16);
}

/** Names the list of rules, each tenant's version of their weights, and the values of places that a plan was made by. */
export function weightsVersion(members: readonly Member[]): string {
  const list = RULES.map((rule) => `${rule.name}:${rule.level === 'soft' ? rule.weight : 'hard'}`).join();
  const versions = members.map(({ tenant }) => `${tenant.id}:${tenant.matching.version}`).join();
  return createHash('sha256')
    .update(`${PLAN_VALUES_VERSION};${list};${versions}`)
    .digest('base64url')
    .slice(0, 12);
}
