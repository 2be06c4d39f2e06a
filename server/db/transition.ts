import { Schema } from 'mongoose';
import type { Model, Types } from 'mongoose';
import { actorLabel } from '../core/actor.ts';
import { contextNow, requireContext } from '../core/context.ts';
import { Conflict, NotFound, PreconditionFailed } from '../core/errors.ts';
import { recordAudit } from './audit.ts';
import type { AuditAction } from './audit-verbs.ts';
import { requireTransaction } from './transaction.ts';

/** The part of a life cycle (core/states.ts) that transitions need. */
export interface Lifecycle {
  readonly name: string;
  canMove(from: string, to: string): boolean;
}

export interface HistoryEntry {
  at: Date;
  from: string | null;
  to: string;
  actor: string;
  accountId: Types.ObjectId | null;
  reason: string | null;
}

/** What a row with a life cycle stores besides its own fields. Spread `stateFields(states)` into the schema. */
export interface StateRow<State extends string = string> {
  state: State;
  version: number;
  history: HistoryEntry[];
}

const historySchema = new Schema(
  {
    at: { type: Date, required: true },
    from: { type: String, default: null },
    to: { type: String, required: true },
    actor: { type: String, required: true },
    accountId: { type: Schema.Types.ObjectId, default: null },
    reason: { type: String, default: null },
  },
  { _id: false, strict: 'throw' },
);

/** Schema fields of a row with a life cycle. */
export function stateFields(states: readonly string[]): {
  state: { type: typeof String; enum: string[]; required: true };
  version: { type: typeof Number; required: true; default: number };
  history: { type: (typeof historySchema)[]; default: never[] };
} {
  return {
    state: { type: String, enum: [...states], required: true },
    version: { type: Number, required: true, default: 1 },
    history: { type: [historySchema], default: [] },
  };
}

/** The first history entry of a new row. */
export function born(
  to: string,
  reason: string | null = null,
): Pick<StateRow, 'state' | 'version' | 'history'> {
  return { state: to, version: 1, history: [historyEntry(null, to, reason)] };
}

/**
 * What a row remembers that already went along these states, as the context's actor: for seeds.
 * @throws Error (a bug) at an edge that the life cycle does not have
 */
export function wayAlong(
  lifecycle: Lifecycle,
  from: string | null,
  states: readonly string[],
): HistoryEntry[] {
  return states.map((to, index) => {
    const before = index === 0 ? from : (states[index - 1] ?? null);
    if (before !== null && !lifecycle.canMove(before, to))
      throw new Error(`${lifecycle.name}: ${before} → ${to} is not an edge`);
    return historyEntry(before, to, null);
  });
}

function historyEntry(from: string | null, to: string, reason: string | null): HistoryEntry {
  const { actor } = requireContext();
  return {
    at: contextNow(),
    from,
    to,
    actor: actorLabel(actor),
    accountId: actor.kind === 'account' ? (actor.accountId as unknown as Types.ObjectId) : null,
    reason,
  };
}

export interface Move {
  readonly lifecycle: Lifecycle;
  /** The states this move may start from; each must be a legal edge, else it is a bug. */
  readonly from: readonly string[];
  readonly to: string;
  /** The version the user saw; null when the move does not depend on it. */
  readonly version?: number | null;
  readonly reason?: string | null;
  readonly set?: Record<string, unknown>;
  /** More of the update: `$inc`, `$push` … on other fields. */
  readonly update?: Record<string, Record<string, unknown>>;
  /** Further conditions that must hold, e.g. a lease version. */
  readonly where?: Record<string, unknown>;
  readonly action: AuditAction;
  readonly facts?: Record<string, unknown>;
}

/**
 * Moves a row along its life cycle in one guarded update that also writes the history entry and the audit row. Illegal
 * edges fail here and only here.
 * @returns the row after the move, lean
 * @throws NotFound when there is no such row in this tenant
 * @throws PreconditionFailed when the version has moved on
 * @throws Conflict `wrong-state` with the state found, when the row is in none of the `from` states
 */
export async function transition<Row extends StateRow>(
  model: Model<Row>,
  id: string | Types.ObjectId,
  move: Move,
): Promise<Row> {
  requireTransaction('A transition');
  for (const from of move.from) {
    if (!move.lifecycle.canMove(from, move.to)) {
      throw new Error(`${move.lifecycle.name}: ${from} → ${move.to} is not an edge`);
    }
  }
  const found = (await model.findById(id).select({ state: 1, version: 1 }).lean()) as Pick<
    Row,
    'state' | 'version'
  > | null;
  if (!found) throw new NotFound();
  if (move.version != null && found.version !== move.version) throw new PreconditionFailed();
  const refusal = new Conflict('wrong-state', { state: found.state, to: move.to });
  if (!move.from.includes(found.state)) throw refusal;
  const after = await applyMove(model, id, found, move);
  // Inside a snapshot a rival change surfaces as a write conflict, so a miss means a `where` that does not hold.
  if (!after) throw refusal;
  await recordAudit({
    action: move.action,
    subjectType: model.modelName,
    subjectId: id,
    from: found.state,
    to: move.to,
    reason: move.reason ?? null,
    facts: move.facts ?? {},
  });
  return after;
}

async function applyMove<Row extends StateRow>(
  model: Model<Row>,
  id: string | Types.ObjectId,
  found: Pick<Row, 'state' | 'version'>,
  move: Move,
): Promise<Row | null> {
  const { $inc, $push, $set, ...others } = move.update ?? {};
  return (await model
    .findOneAndUpdate(
      { ...move.where, _id: id, state: found.state, version: found.version } as never,
      {
        ...others,
        $set: { ...$set, ...move.set, state: move.to },
        $inc: { ...$inc, version: 1 },
        $push: { ...$push, history: historyEntry(found.state, move.to, move.reason ?? null) },
      } as never,
      { returnDocument: 'after' },
    )
    .lean()) as Row | null;
}

/**
 * Changes fields of a versioned row that someone edited (F-40).
 * @throws NotFound, or PreconditionFailed when the version the user saw is no longer the stored one
 */
export async function editRow<Row extends { version: number }>(
  model: Model<Row>,
  id: string | Types.ObjectId,
  edit: {
    version: number | null;
    set: Record<string, unknown>;
    action: AuditAction;
    facts?: Record<string, unknown>;
  },
): Promise<Row> {
  requireTransaction('An edit');
  const filter = edit.version === null ? { _id: id } : { _id: id, version: edit.version };
  const after = (await model
    .findOneAndUpdate(filter as never, { $set: edit.set, $inc: { version: 1 } } as never, {
      returnDocument: 'after',
    })
    .lean()) as Row | null;
  if (!after) {
    if (await model.exists({ _id: id } as never)) throw new PreconditionFailed();
    throw new NotFound();
  }
  await recordAudit({
    action: edit.action,
    subjectType: model.modelName,
    subjectId: id,
    facts: { fields: Object.keys(edit.set), ...edit.facts },
  });
  return after;
}
