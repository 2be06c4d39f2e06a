import { contextNow } from '../../core/context.ts';
import { credentialLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { dueByLocalDate } from '../tenants/index.ts';
import type { DueQuery, DueRow, TenantService } from '../tenants/index.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';
import { dueOnOf, nextState } from './credential.rules.ts';

/** Why somebody may no longer do what a certificate allowed: it ran out, was suspended or taken back. */
export interface Lapse {
  readonly personId: string;
  readonly cause: 'expired' | 'suspended' | 'revoked';
  readonly credentialId: string;
  readonly type: string;
  /** Codes of the skills that went with it. */
  readonly skills: readonly string[];
}
/** Told in the transaction in which a certificate was verified. */
export type OnVerified = (row: CredentialRow) => Promise<void>;
/** Told in the transaction in which a certificate lapsed. */
export type OnLapsed = (lapse: Lapse) => Promise<void>;

/** What time does to certificates, and what follows when one lapses. */
export function createCredentialExpiry({ tenants }: { tenants: TenantService }) {
  const listeners: OnLapsed[] = [];
  const verifiedListeners: OnVerified[] = [];

  async function lapsed(row: CredentialRow, cause: Lapse['cause']): Promise<void> {
    const lapse = {
      personId: String(row.personId),
      cause,
      credentialId: String(row._id),
      type: row.type,
      skills: row.gives.map(({ code }) => code),
    };
    for (const listener of listeners) await listener(lapse);
  }

  return {
    lapsed,
    onVerified: (listener: OnVerified): unknown => verifiedListeners.push(listener),
    async verified(row: CredentialRow): Promise<void> {
      for (const listener of verifiedListeners) await listener(row);
    },
    onLapsed: (listener: OnLapsed): unknown => listeners.push(listener),

    /** Certificates of any tenant that its own calendar moves on, for the sweep. */
    due: (query: DueQuery): Promise<DueRow[]> => dueByLocalDate(CredentialModel, 'dueOn', query, tenants),

    /** Moves one certificate on when its time has come, by the tenant's calendar; twice changes nothing. */
    async expire(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await CredentialModel.findById(id).lean();
        if (!row) return;
        const today = localDate(contextNow(), (await tenants.current()).zone);
        const to = nextState({ ...row, renewed: row.renewedById !== null }, today);
        if (!to) return;
        const after = await transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from: [row.state],
          to,
          set: { dueOn: dueOnOf({ ...row, state: to }) },
          action: 'credentials/expire',
        });
        if (to === 'renewed') return;
        await addMessage({
          kind: 'credentials/reviewed',
          subjectId: row._id,
          data: { state: to },
          dedupeKey: `credential-reviewed:${String(row._id)}:${after.version}`,
        });
        if (to === 'expired') await lapsed(row, 'expired');
      });
    },
  };
}
