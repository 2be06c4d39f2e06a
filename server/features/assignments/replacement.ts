import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { requireTransaction } from '../../db/transaction.ts';
import type { MatchingService } from '../matching/index.ts';
import { holdersOf } from '../memberships/index.ts';
import { answerBy } from '../offers/index.ts';
import type { PositionRow, ShiftRow } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { AssignmentModel, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
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
  leave(row: AssignmentRow, to: string, reason: string, action: AuditAction): Promise<{ passedOn: boolean }>;
  offerOne(place: Place, personId: string, dueAt: Date): Promise<{ readonly assignmentId: string | null }>;
}

/** People who are asked at once when nobody waits for a place that came free. */
const ASKED = 3;
/** Most places that somebody has ahead. */
const MOST = 500;
const TOLD = 5;

/**
 * What follows when something that places need is no longer held: each place ahead is judged anew, given up when it rests on
 * what lapsed, and re-offered in the same transaction: to whoever waits, else to those who fit best (R-1.32, invariant 4).
 */
export function createReplacement(parts: ReplacementParts) {
  const { matching, tenants, units, placeOf, leave, offerOne } = parts;

  async function tellCoordinators(
    row: AssignmentRow,
    shift: ShiftRow,
    said: Record<string, string | number | null>,
  ): Promise<void> {
    const holders = shift.createdBy
      ? [{ accountId: shift.createdBy }]
      : await holdersOf('assignments:manage', await units.pathOf(row.unitId), TOLD);
    for (const { accountId } of holders)
      if (accountId)
        await addMessage({
          kind: 'assignments/place-lost',
          subjectId: row._id,
          data: { ...said, accountId: String(accountId) },
          dedupeKey: `place-lost:${String(row._id)}:${String(accountId)}:${row.version}`,
        });
  }

  /** Asks those who fit best. @returns how many */
  async function ask(place: Place): Promise<number> {
    const { settings } = await tenants.current();
    const dueAt = answerBy({
      now: contextNow(),
      startsAt: place.shift.startsAt,
      offerMinutes: settings.offerMinutes,
    });
    if (!dueAt || place.shift.state !== 'published') return 0;
    let asked = 0;
    for (const personId of await matching.best(place.position, place.shift, ASKED * 3)) {
      if (asked >= ASKED) break;
      if ((await offerOne(place, personId, dueAt)).assignmentId !== null) asked += 1;
    }
    return asked;
  }

  async function replace(row: AssignmentRow, place: Place, cause: LapseCause): Promise<void> {
    const seated = (SEATED_STATES as readonly string[]).includes(row.state);
    const { passedOn } = await leave(
      row,
      seated ? 'replaced' : 'cancelled_by_org',
      lapseReason(cause),
      'assignments/replace',
    );
    const asked = seated && !passedOn ? await ask(place) : 0;
    await addMessage({
      kind: 'assignments/replaced',
      subjectId: row._id,
      data: { reason: lapseReason(cause) },
      dedupeKey: `replaced:${String(row._id)}`,
    });
    if (seated)
      await tellCoordinators(row, place.shift, {
        reason: lapseReason(cause),
        outcome: passedOn ? 'next' : asked > 0 ? 'asked' : 'open',
        asked,
      });
  }

  return {
    /**
     * Looks at every place ahead that the person has or asked for in the current tenant. Inside the transaction in which the
     * thing lapsed. @returns how many were given up
     */
    async replaceAfter(personId: string, cause: LapseCause): Promise<number> {
      requireTransaction('Giving up places');
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
  };
}
