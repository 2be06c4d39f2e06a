import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { wake } from '../../core/wake.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import type { DueWork } from '../../db/runs.ts';
import { afterCommit, inTransaction, requireTransaction } from '../../db/transaction.ts';
import type { MatchingService } from '../matching/index.ts';
import { answerBy } from '../offers/index.ts';
import { lockPerson } from '../people/index.ts';
import type { PositionRow, ShiftRow } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { AssignmentModel, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { deskOf } from './desk.ts';
import { causedBy, lapseReason } from './lapse.rules.ts';
import type { LapseCause } from './lapse.rules.ts';

interface Place {
  readonly position: PositionRow;
  readonly shift: ShiftRow;
}

export interface ReplacementParts {
  readonly matching: MatchingService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  placeOf(row: AssignmentRow): Promise<Place>;
  /** @returns whether somebody in line was asked when a seat came free */
  leave(
    row: AssignmentRow,
    to: string,
    reason: string,
    action: AuditAction,
  ): Promise<{ after: AssignmentRow; passedOn: boolean }>;
  offerOne(place: Place, personId: string, dueAt: Date): Promise<{ readonly assignmentId: string | null }>;
}

/** People who are asked at once when nobody waits for a place that came free. */
const ASKED = 3;
/** Most places that somebody has ahead. */
const MOST = 500;

/** Asks those who fit best for a place that came free and nobody waits for. */
export const REOFFER_SWEEP = 'assignments/reoffer';

/**
 * What follows when something that places need is no longer held: each place ahead is judged anew and given up when it rests
 * on what lapsed, in the same transaction, and goes to whoever waits; where nobody does, those who fit best are asked
 * afterwards (R-1.32, invariant 4). Finding them among many takes longer than a transaction may stand open.
 */
export function createReplacement(parts: ReplacementParts) {
  const { matching, tenants, units, placeOf, leave, offerOne } = parts;

  async function tellCoordinators(
    row: AssignmentRow,
    shift: ShiftRow,
    said: Record<string, string | number | null>,
  ): Promise<void> {
    for (const accountId of await deskOf(shift, await units.pathOf(row.unitId)))
      await addMessage({
        kind: 'assignments/place-lost',
        subjectId: row._id,
        data: { reason: row.history.at(-1)?.reason ?? null, ...said, accountId },
        dedupeKey: `place-lost:${String(row._id)}:${accountId}:${row.version}`,
      });
  }

  /** Until when somebody asked now could answer; null where nobody may be asked any more. */
  async function dueAtOf({ shift }: Place): Promise<Date | null> {
    if (shift.state !== 'published') return null;
    const { settings } = await tenants.current();
    return answerBy({ now: contextNow(), startsAt: shift.startsAt, offerMinutes: settings.offerMinutes });
  }

  /** Offers the place to the first of these who still fit, as long as it is free. */
  async function askAmong(
    place: Place,
    personIds: readonly string[],
  ): Promise<{ outcome: 'asked' | 'filled' | 'open'; asked: number }> {
    if (place.position.taken >= place.position.maximum) return { outcome: 'filled', asked: 0 };
    const dueAt = await dueAtOf(place);
    let asked = 0;
    for (const personId of dueAt ? personIds : []) {
      if (asked >= ASKED) break;
      if ((await offerOne(place, personId, dueAt as Date)).assignmentId !== null) asked += 1;
    }
    return { outcome: asked > 0 ? 'asked' : 'open', asked };
  }

  async function replace(row: AssignmentRow, place: Place, cause: LapseCause): Promise<void> {
    const seated = (SEATED_STATES as readonly string[]).includes(row.state);
    const { after, passedOn } = await leave(
      row,
      seated ? 'replaced' : 'cancelled_by_org',
      lapseReason(cause),
      'assignments/replace',
    );
    await addMessage({
      kind: 'assignments/replaced',
      subjectId: row._id,
      data: { reason: lapseReason(cause) },
      dedupeKey: `replaced:${String(row._id)}`,
    });
    if (!seated) return;
    if (passedOn || !(await dueAtOf(place))) {
      await tellCoordinators(after, place.shift, { outcome: passedOn ? 'next' : 'open', asked: 0 });
      return;
    }
    await AssignmentModel.updateOne({ _id: row._id }, { $set: { reofferAt: contextNow() } });
    afterCommit(() => wake(REOFFER_SWEEP));
  }

  return {
    /**
     * Looks at every place ahead that the person has or asked for in the current tenant. Inside the transaction in which the
     * thing lapsed. @returns how many were given up
     */
    async replaceAfter(personId: string, cause: LapseCause): Promise<number> {
      requireTransaction('Giving up places');
      // Whoever signs them up at this moment locks their days: one of the two runs again and sees the other.
      await lockPerson(personId);
      const ahead = await AssignmentModel.find({
        personId: new Types.ObjectId(personId),
        startsAt: { $gt: contextNow() },
        state: { $in: ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'] },
      })
        .sort({ startsAt: 1, _id: 1 })
        .limit(MOST)
        .lean();
      const tenant = await tenants.current();
      let given = 0;
      for (const row of ahead) {
        const place = await placeOf(row);
        const refusals = await matching.refusalsFor({ ...place, personId, bookings: [], tenant });
        if (causedBy(refusals, cause).length === 0) continue;
        await replace(row, place, cause);
        given += 1;
      }
      return given;
    },

    /** Places of any tenant for which somebody is still to be asked; for the sweep. */
    async dueToReoffer({ now, limit, except }: DueWork): Promise<{ tenantId: string; id: string }[]> {
      const rows = await AssignmentModel.find({
        reofferAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ reofferAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /**
     * Asks those who fit best for the place that was given up, and tells the coordinators; twice changes nothing. Who they are
     * is found first, what decides is read again in the transaction that asks them.
     */
    async reoffer(id: string): Promise<void> {
      const row = await AssignmentModel.findById(id).lean();
      if (!row?.reofferAt) return;
      const before = await placeOf(row);
      const best = (await dueAtOf(before))
        ? await matching.best(before.position, before.shift, ASKED * 3)
        : [];
      await inTransaction(async () => {
        const own = await AssignmentModel.findOneAndUpdate(
          { _id: row._id, reofferAt: { $type: 'date' } },
          { $set: { reofferAt: null } },
          { returnDocument: 'after' },
        ).lean();
        if (!own) return;
        const place = await placeOf(own);
        await tellCoordinators(own, place.shift, await askAmong(place, best));
      });
    },
  };
}
