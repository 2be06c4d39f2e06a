import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Invalid } from '../../core/errors.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { RequestService } from '../requests/index.ts';
import * as facts from './shift.facts.ts';
import type { ShiftListeners } from './shift.listeners.ts';
import { ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';
import { CHANGEABLE, followersOf, gapsIn, viewOf } from './shift.reading.ts';
import { mayStart } from './shift.rules.ts';
import type { Gap } from './shift.rules.ts';
import type { Scope, ShiftView } from './shift.schema.ts';

export interface DueQuery {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}

async function due(query: DueQuery, filter: object, by: string): Promise<{ tenantId: string; id: string }[]> {
  const rows = await ShiftModel.find({
    ...filter,
    _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
  } as never)
    .sort({ [by]: 1 })
    .limit(query.limit)
    .select({ tenantId: 1 })
    .lean();
  return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
}

/** The states of a shift from its publication to its end, by hand and by the clock. */
export function createShiftLifecycle({
  requests,
  listeners,
}: {
  requests: RequestService;
  listeners: ShiftListeners;
}) {
  async function gapsOf(row: ShiftRow): Promise<Gap[]> {
    const request = await requests.row(row.requestId);
    const positions = (await facts.listPositionsOf([row._id])).get(String(row._id)) ?? [];
    return gapsIn({ shift: row, request, positions });
  }

  async function cancelRow(row: ShiftRow, reason: string): Promise<ShiftRow> {
    const after = await transition(ShiftModel, row._id, {
      lifecycle: shiftLifecycle,
      from: ['draft', 'published', 'locked', 'running'],
      to: 'cancelled',
      reason,
      action: 'shifts/cancel',
    });
    await listeners.cancelled(after, reason);
    return after;
  }

  /** Publishes one shift inside the transaction. */
  async function publishRow(actor: AccountActor, id: string): Promise<ShiftRow> {
    const row = await facts.accessShift(actor, id, 'shifts:publish');
    const missing = (await gapsOf(row)).filter((gap) => gap.blocking);
    if (row.state === 'draft' && missing.length > 0)
      throw new Invalid(missing.map((gap) => ({ path: gap.field, code: gap.code })));
    await requests.beginService(actor, String(row.requestId));
    await listeners.opened(row._id);
    return transition(ShiftModel, id, {
      lifecycle: shiftLifecycle,
      from: ['draft', 'locked'],
      to: 'published',
      action: 'shifts/publish',
    });
  }

  return {
    publishRow,

    /**
     * Shows a shift to volunteers. A coordinator's own draft request travels along with it; anything else must have been
     * taken on. With the scope `following`, the drafts after it in its series too. @throws Invalid with a code per gap
     */
    async publish(actor: AccountActor, id: string, scope: Scope = 'one'): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'shifts:publish');
        const followers = scope === 'one' ? [] : await followersOf(row, ['draft']);
        const after = await publishRow(actor, id);
        for (const follower of followers) await publishRow(actor, String(follower._id));
        return viewOf(after);
      });
    },

    /** Closes sign-up; whoever has a place keeps it. Publishing opens it again. */
    async lock(actor: AccountActor, id: string): Promise<ShiftView> {
      return inTransaction(async () => {
        await facts.accessShift(actor, id, 'shifts:publish');
        return viewOf(
          await transition(ShiftModel, id, {
            lifecycle: shiftLifecycle,
            from: ['published'],
            to: 'locked',
            action: 'shifts/lock',
          }),
        );
      });
    },

    async cancel(actor: AccountActor, id: string, reason: string, scope: Scope = 'one'): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'shifts:publish');
        const followers = scope === 'one' ? [] : await followersOf(row, CHANGEABLE);
        const after = await cancelRow(row, reason);
        for (const follower of followers) await cancelRow(follower, reason);
        return viewOf(after);
      });
    },

    /** For the sweep: shifts of any tenant whose start, or end, has come. */
    dueToStart: (query: DueQuery) =>
      due(query, { state: { $in: ['published', 'locked'] }, startsAt: { $lte: query.now } }, 'startsAt'),
    dueToEnd: (query: DueQuery) => due(query, { state: 'running', endsAt: { $lte: query.now } }, 'endsAt'),

    /** Starts a shift whose time has come, or cancels it when its people would not be insured. Twice changes nothing. */
    async start(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await facts.shiftFacts(id);
        if (!['published', 'locked'].includes(row.state) || row.startsAt > contextNow()) return;
        if (!mayStart(row)) {
          await cancelRow(row, 'no-policy-number');
          return;
        }
        await transition(ShiftModel, id, {
          lifecycle: shiftLifecycle,
          from: [row.state],
          to: 'running',
          action: 'shifts/start',
        });
      });
    },

    /** Ends a running shift whose end has come; the hours settle it later. Twice changes nothing. */
    async end(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await facts.shiftFacts(id);
        if (row.state !== 'running' || row.endsAt > contextNow()) return;
        await transition(ShiftModel, id, {
          lifecycle: shiftLifecycle,
          from: ['running'],
          to: 'ended',
          action: 'shifts/end',
        });
      });
    },
  };
}
