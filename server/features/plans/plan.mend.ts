import { createHash } from 'node:crypto';
import type { Types } from 'mongoose';
import { asTenant } from '../../core/context.ts';
import { changedSince } from '../../db/audit.ts';
import { statesOf } from '../assignments/index.ts';
import { credentialsMark } from '../credentials/index.ts';
import { exclusionsMark } from '../matching/index.ts';
import { membersMark, membersToFit } from '../memberships/index.ts';
import { peopleToFit } from '../people/index.ts';
import { poolsMark } from '../talent-pools/index.ts';
import type { Member, OpenPosition } from './plan.ground.ts';
import { PlanLineModel } from './plan.model.ts';
import type { PlanLineRow, PlanMove, PlanPair } from './plan.model.ts';
import type { NewLine } from './plan.run.ts';

/** Assignments in these states are a claim on the place; in others the person said no, left, or was too late. */
const STANDING = new Set([
  'offered',
  'requested',
  'waitlisted',
  'accepted',
  'confirmed',
  'checked_in',
  'checked_out',
  'no_show',
  'excused',
]);

/** What the plan proposed so far, with what became of its offers. */
export interface Proposed {
  readonly lines: readonly PlanLineRow[];
  /** `position:person` of pairs that are over. */
  readonly over: ReadonlySet<string>;
}

/** The lines of a plan; offers that were declined, ran out or were given up are marked as left. */
export async function readProposed(planId: Types.ObjectId, attempt: number): Promise<Proposed> {
  const rows = await PlanLineModel.find({ planId, attempt }).sort({ place: 1 }).lean();
  const over = new Set<string>();
  const lines: PlanLineRow[] = [];
  for (const [tenantId, own] of Map.groupBy(rows, ({ ownerTenantId }) => String(ownerTenantId))) {
    const ids = own.flatMap(({ pairs }) =>
      pairs.flatMap(({ assignmentId }) => (assignmentId ? [assignmentId] : [])),
    );
    const states = ids.length > 0 ? await asTenant(tenantId, () => statesOf(ids)) : new Map<string, string>();
    for (const line of own)
      lines.push({ ...line, pairs: line.pairs.map((pair) => followed(pair, line, states, over)) });
  }
  return { lines, over };
}

function followed(
  pair: PlanPair,
  line: PlanLineRow,
  states: ReadonlyMap<string, string>,
  over: Set<string>,
): PlanPair {
  const key = `${String(line.positionId)}:${String(pair.personId)}`;
  if (pair.state === 'refused' || pair.state === 'left') over.add(key);
  if (pair.state !== 'offered') return pair;
  const state = states.get(String(pair.assignmentId)) ?? 'expired';
  if (STANDING.has(state)) return pair;
  over.add(key);
  return { ...pair, state: 'left', refusal: state };
}

/** What changes with a tenant's people: who is a member, holds a credential, belongs to a pool, is kept from something. */
const MARKS = [membersMark, credentialsMark, poolsMark, exclusionsMark];

/** Changes when something did that a plan should follow: places, people who came, left or no longer fit, answers to its offers. */
export async function markOf(
  members: readonly Member[],
  positions: readonly OpenPosition[],
  over: ReadonlySet<string>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { position, slots, claimed, settled } of positions)
    hash.update(`${String(position._id)}:${slots}:${claimed.size}:${settled.size};`);
  for (const { tenant } of members) {
    hash.update(`${tenant.id}:${tenant.matching.version};`);
    for (const mark of MARKS) hash.update(`${await asTenant(tenant.id, mark)};`);
  }
  hash.update([...over].sort().join());
  return hash.digest('base64url').slice(0, 16);
}

/** Changed people that are looked at one by one; more are taken for a change of the plan. */
const MOST_CHANGED = 500;
/** What is still being written when a plan is read is committed within this. */
const COMMIT_MS = 2_000;

/**
 * Whether somebody whom the plan may ask said something else of themselves after it was read: skills, free times, how far
 * they go, whether they may be asked.
 */
export async function peopleChanged(members: readonly Member[], readAt: Date): Promise<boolean> {
  const ids = await changedSince('Person', new Date(readAt.getTime() - COMMIT_MS), MOST_CHANGED);
  if (ids.length === 0 || ids.length === MOST_CHANGED) return ids.length > 0;
  for (const { tenant } of members)
    if ((await asTenant(tenant.id, () => membersToFit(ids))).length > 0) return true;
  const counties = new Set(members.flatMap(({ tenant }) => tenant.serviceCounties));
  return (await peopleToFit(ids)).some(({ county }) => county !== null && counties.has(county));
}

/** Moves that are told one by one; of more only how many. */
const MOST_MOVES = 30;

/**
 * The new proposal joined with what was sent already: offers stay where they are, and whoever is proposed where they were not
 * before is marked as moved. @returns the lines in the order of their shifts, how many moved, and who from where to where
 */
export function joinLines(
  before: readonly PlanLineRow[],
  after: readonly NewLine[],
): { lines: NewLine[]; moved: number; moves: PlanMove[] } {
  const old = new Map(before.map((line) => [String(line.positionId), line]));
  let moved = 0;
  const joined = after.map((line): NewLine => {
    const earlier = old.get(String(line.positionId));
    old.delete(String(line.positionId));
    const sent = (earlier?.pairs ?? []).filter(({ state }) => state !== 'proposed');
    const was = new Set(
      (earlier?.pairs ?? [])
        .filter(({ state }) => state === 'proposed')
        .map(({ personId }) => String(personId)),
    );
    const pairs = line.pairs.map((pair) => ({ ...pair, moved: !was.has(String(pair.personId)) }));
    moved += pairs.filter((pair) => pair.moved).length;
    const standing = sent.filter(({ state }) => state === 'offered').length;
    return { ...line, slots: line.slots + standing, pairs: [...sent, ...pairs] };
  });
  const attempt = after[0]?.attempt ?? 0;
  for (const { _id: _id, tenantId: _tenantId, ...line } of old.values()) {
    const sent = line.pairs.filter(({ state }) => state !== 'proposed');
    if (sent.length > 0) joined.push({ ...line, attempt, slots: sent.length, pairs: sent });
  }
  joined.sort(
    (a, b) =>
      a.startsAt.getTime() - b.startsAt.getTime() || (String(a.positionId) < String(b.positionId) ? -1 : 1),
  );
  return { lines: joined.map((line, place) => ({ ...line, place })), moved, moves: movesOf(before, after) };
}

/** Who is proposed elsewhere than before, anew, or not any more: for each, the earliest places that came and went. */
function movesOf(before: readonly PlanLineRow[], after: readonly NewLine[]): PlanMove[] {
  const lost = proposedBy(before);
  const won = proposedBy(after);
  for (const [personId, places] of won)
    for (const positionId of places.keys())
      if (lost.get(personId)?.delete(positionId)) places.delete(positionId);
  const moves: PlanMove[] = [];
  for (const personId of new Set([...won.keys(), ...lost.keys()])) {
    const [to, from] = [[...(won.get(personId)?.values() ?? [])], [...(lost.get(personId)?.values() ?? [])]];
    for (let i = 0; i < Math.max(to.length, from.length); i++)
      moves.push({ personId, to: to[i] ?? null, from: from[i] ?? null });
  }
  const startOf = ({ to, from }: PlanMove): number => (to ?? from)?.startsAt.getTime() ?? 0;
  return moves.sort((a, b) => startOf(a) - startOf(b)).slice(0, MOST_MOVES);
}

type Proposals = Map<string, Map<string, NonNullable<PlanMove['to']>>>;

/** Where each person is proposed and not asked yet. */
function proposedBy(lines: readonly NewLine[]): Proposals {
  const found: Proposals = new Map();
  for (const { positionId, title, startsAt, pairs } of lines) {
    const place = { positionId: String(positionId), title, startsAt };
    for (const { personId, state } of pairs) {
      if (state !== 'proposed') continue;
      const own = found.get(String(personId)) ?? new Map();
      found.set(String(personId), own.set(place.positionId, place));
    }
  }
  return found;
}
