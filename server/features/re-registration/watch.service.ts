import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import type { CredentialRow } from '../credentials/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { governingVersion } from '../credits/index.ts';
import type { ProgrammeService } from '../credits/index.ts';
import { dueByLocalDate } from '../tenants/index.ts';
import type { DueQuery, DueRow, TenantService } from '../tenants/index.ts';
import { dueReminder, nextReminder, REMIND_DAYS, remindersOf } from './re-registration.rules.ts';
import { RegistrationWatchModel } from './watch.model.ts';
import type { RegistrationWatchRow } from './watch.model.ts';

export interface WatchParts {
  readonly memberships: MembershipService;
  readonly programmes: ProgrammeService;
  readonly tenants: TenantService;
  /** Whether the certificate still runs and nothing follows it. */
  readonly stillRuns: (credentialId: string) => Promise<boolean>;
}

export type WatchService = ReturnType<typeof createWatchService>;

/** Reminders of registrations that come to their end: exactly those of the programme, each once. */
export function createWatchService({ memberships, programmes, tenants, stillRuns }: WatchParts) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** By the rules that govern this very cycle: what is published for later ones changes nothing in it. */
  async function daysOf(one: { level: string; validFrom: string }): Promise<readonly number[]> {
    const versions = (await programmes.find(`cn-${one.level}`))?.versions ?? [];
    const cycle = { registeredOn: one.validFrom, startsOn: one.validFrom };
    return governingVersion(versions, cycle, await today())?.remindDaysBefore ?? REMIND_DAYS;
  }

  return {
    /** Looks after a registration from now on; twice changes nothing. In the transaction in which it was verified. */
    async watch(credential: CredentialRow): Promise<void> {
      requireTransaction('Looking after a registration');
      if (credential.type !== 'social-worker' || credential.validTo === null) return;
      if (await RegistrationWatchModel.exists({ credentialId: credential._id })) return;
      const membership = await memberships.row(String(credential.membershipId));
      if (!membership) return;
      const reminders = remindersOf(credential.validTo, await daysOf(credential));
      await RegistrationWatchModel.create([
        {
          credentialId: credential._id,
          personId: credential.personId,
          membershipId: credential.membershipId,
          unitId: membership.unitId,
          personName: credential.personName,
          level: credential.level,
          validFrom: credential.validFrom,
          validTo: credential.validTo,
          // What lies behind is not made up for: the certificate was verified after it.
          remindOn: nextReminder(reminders, await today())?.on ?? null,
          createdAt: contextNow(),
        } as never,
      ]);
    },

    /** Registrations of any tenant whose holder is to be reminded, for the sweep. */
    due: (query: DueQuery): Promise<DueRow[]> =>
      dueByLocalDate(RegistrationWatchModel, 'remindOn', query, tenants),

    /** Sends the reminder that is due and arms the next; twice, or by two at once, one is sent. */
    async remind(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await RegistrationWatchModel.findById(id).lean();
        const on = await today();
        if (!row?.remindOn || row.remindOn > on) return;
        const reminders = remindersOf(row.validTo, await daysOf(row));
        const due = dueReminder(reminders, row.remindOn, on);
        await RegistrationWatchModel.updateOne({ _id: row._id, remindOn: row.remindOn } as never, {
          $set: { remindOn: nextReminder(reminders, on)?.on ?? null },
          ...(due ? { $addToSet: { reminded: due.days } } : {}),
        });
        // After the end, or when a renewal has been handed in, there is nothing to remind of.
        if (!due || on > row.validTo || !(await stillRuns(String(row.credentialId)))) return;
        await addMessage({
          kind: 're-registration/due',
          subjectId: row._id,
          data: { days: due.days },
          dedupeKey: `re-registration:${String(row.credentialId)}:${due.days}`,
        });
      });
    },

    row: async (id: string): Promise<RegistrationWatchRow | null> =>
      RegistrationWatchModel.findById(id).lean(),
  };
}
