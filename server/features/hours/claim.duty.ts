import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import type { Duty } from './duty.ts';

/** The clock of claims: within how many working days each is answered, and who is reminded of it. */
export function createClaimDuty({ duty, tenants }: { duty: Duty; tenants: TenantService }) {
  return {
    /** The clock of a claim that is made now. */
    async begin(): Promise<Pick<HoursClaimRow, 'days' | 'dueOn' | 'remindAt'>> {
      const { zone, settings } = await tenants.current();
      const days = settings.claimDays ?? 10;
      return { days, ...(await duty.from(localDate(contextNow(), zone), days, zone)) };
    },

    /** Whether answering it now is too late. */
    isLate: ({ dueOn }: Pick<HoursClaimRow, 'dueOn'>): Promise<boolean> => duty.isLate(dueOn),

    /** Somebody changed days of the calendar: limits that run across them are counted again. Inside a transaction. */
    async recount(first: string, last: string): Promise<void> {
      const { zone } = await tenants.current();
      const rows = await HoursClaimModel.find({
        state: 'claimed',
        dueOn: { $gte: duty.movableFrom(first, zone) },
      } as never)
        .select({ createdAt: 1, days: 1, dueOn: 1 })
        .lean();
      for (const { _id, createdAt, days, dueOn } of rows) {
        const begun = localDate(createdAt, zone);
        if (begun > last) continue;
        const now = await duty.from(begun, days, zone);
        if (now.dueOn !== dueOn)
          await HoursClaimModel.updateOne({ _id, state: 'claimed' } as never, { $set: now });
      }
    },

    dueToRemind: (query: Parameters<Duty['dueToRemind']>[1]) => duty.dueToRemind(HoursClaimModel, query),

    /** Reminds whoever may answer, each once a day until its last day; twice changes nothing. Inside a transaction. */
    remind: (id: string): Promise<void> =>
      duty.remind(HoursClaimModel, id, (row) => ({
        waits: row.state === 'claimed',
        last: row.dueOn,
        permission: 'hours:answer-claims',
        apart: new Set([row.personId, ...row.parties].map(String)),
        kind: 'hours/claim-due',
        dedupe: 'each',
      })),
  };
}

export type ClaimDuty = ReturnType<typeof createClaimDuty>;
