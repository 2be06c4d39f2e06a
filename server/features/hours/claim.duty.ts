import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { addMessage } from '../../db/outbox.ts';
import { holdersOf } from '../memberships/index.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { createWorkingClock, REMINDED } from './hours.duty.ts';
import type { DutyParts } from './hours.duty.ts';

/** The clock of claims: within how many working days each is answered, and who is reminded of it. */
export function createClaimDuty({ calendars, tenants, units }: DutyParts) {
  const clock = createWorkingClock(calendars);

  return {
    /** The clock of a claim that is made now. */
    async begin(): Promise<Pick<HoursClaimRow, 'days' | 'dueOn' | 'remindAt'>> {
      const { zone, settings } = await tenants.current();
      const days = settings.claimDays ?? 10;
      return { days, ...(await clock.from(localDate(contextNow(), zone), days, zone)) };
    },

    /** Whether answering it now is too late. */
    async isLate({ dueOn }: Pick<HoursClaimRow, 'dueOn'>): Promise<boolean> {
      return localDate(contextNow(), (await tenants.current()).zone) > dueOn;
    },

    /** Somebody changed days of the calendar: limits that run across them are counted again. Inside a transaction. */
    async recount(first: string, last: string): Promise<void> {
      const { zone } = await tenants.current();
      const rows = await HoursClaimModel.find({ state: 'claimed', dueOn: { $gte: first } } as never)
        .select({ createdAt: 1, days: 1, dueOn: 1 })
        .lean();
      for (const { _id, createdAt, days, dueOn } of rows) {
        const begun = localDate(createdAt, zone);
        if (begun > last) continue;
        const now = await clock.from(begun, days, zone);
        if (now.dueOn !== dueOn)
          await HoursClaimModel.updateOne({ _id, state: 'claimed' } as never, { $set: now });
      }
    },

    /** For the sweep: open claims of any tenant of which somebody is to be reminded. */
    async dueToRemind({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await HoursClaimModel.find({
        remindAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ remindAt: 1, _id: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Reminds whoever may answer, each once a day until its last day; twice changes nothing. Inside a transaction. */
    async remind(id: string): Promise<void> {
      const row = await HoursClaimModel.findById(id).lean();
      if (!row?.remindAt || row.remindAt > contextNow()) return;
      const { zone } = await tenants.current();
      const today = localDate(contextNow(), zone);
      const waits = row.state === 'claimed';
      await HoursClaimModel.updateOne({ _id: row._id, remindAt: row.remindAt } as never, {
        $set: { remindAt: waits && today < row.dueOn ? clock.morning(row.dueOn, zone) : null },
      });
      if (!waits) return;
      const apart = new Set([row.personId, ...row.parties].map(String));
      const holders = await holdersOf('hours:answer-claims', await units.pathOf(row.unitId), REMINDED);
      for (const { accountId, personId } of holders)
        if (accountId !== null && !apart.has(String(personId)))
          await addMessage({
            kind: 'hours/claim-due',
            subjectId: row._id,
            data: { accountId: String(accountId) },
            dedupeKey: `hours-claim-due:${String(row._id)}:${String(accountId)}:${today}`,
          });
    },
  };
}

export type ClaimDuty = ReturnType<typeof createClaimDuty>;
