import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { Humans } from '../../core/humans.ts';
import type { Permission } from '../../core/permissions.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { credentialLifecycle } from '../../core/states.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { editRow, transition } from '../../db/transition.ts';
import type { CredentialTypeService } from './credential-type.service.ts';
import type { createCredentialExpiry } from './credential.expiry.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';
import type { createCredentialQueries } from './credential.queries.ts';
import { dueOnOf, whyNotDecide } from './credential.rules.ts';
import type { RegisterState } from './credential.rules.ts';
import { contextNow } from '../../core/context.ts';

export type Verdict = 'first_pass' | 'valid' | 'needs_correction' | 'rejected';

/** From where each word may be given. */
const FROM: Record<Verdict, readonly string[]> = {
  first_pass: ['under_review'],
  valid: ['first_pass', 'appealed'],
  needs_correction: ['under_review', 'first_pass'],
  rejected: ['under_review', 'first_pass', 'appealed'],
};
/** What stands for the reason where a check found something: never the details. */
export const CHECK_NOT_PASSED = 'check-not-passed';

export interface DecisionParts {
  readonly queries: ReturnType<typeof createCredentialQueries>;
  readonly expiry: ReturnType<typeof createCredentialExpiry>;
  readonly types: CredentialTypeService;
  readonly today: () => Promise<string>;
  readonly humans: Humans;
}

/** What officers and reviewers say of certificates: first and final word, appeals, suspension, what the register shows. */
export function createCredentialDecisions({ queries, expiry, types, today, humans }: DecisionParts) {
  /** @throws Forbidden with the reason why not this officer */
  async function mayDecide(actor: AccountActor, row: CredentialRow, permission: Permission): Promise<void> {
    const unitId = await queries.unitOf(row);
    if (unitId === null || !can(actor, permission, unitId)) throw new Forbidden('not-permitted');
    const appeal = row.state === 'appealed';
    const later = ['first_pass', 'appealed'].includes(row.state);
    const spoken = [
      ...(later && row.firstReviewerId ? [String(row.firstReviewerId)] : []),
      ...(appeal ? row.refusedBy.map(String) : []),
    ];
    const refusal = whyNotDecide({
      officerPersonId: actor.personId,
      officerAccountId: actor.accountId,
      holderPersonId: String(row.personId),
      spoken,
      appeal,
    });
    if (refusal) throw new Forbidden(refusal);
    // Two accounts of one human are one voice.
    if (await humans.isSame(actor.personId, { personIds: [String(row.personId)] }))
      throw new Forbidden('not-your-own');
    if (await humans.isSame(actor.personId, { accountIds: spoken }))
      throw new Forbidden(appeal ? 'appeal-needs-another' : 'second-reviewer-needed');
  }

  const tell = (row: CredentialRow, state: string): Promise<void> =>
    addMessage({
      kind: 'credentials/reviewed',
      subjectId: row._id,
      data: { state },
      dedupeKey: `credential-reviewed:${String(row._id)}:${row.version}`,
    });

  /** The one that a verified renewal follows: it ends when its time is over, at once when it is over already. */
  async function settleRenewed(row: CredentialRow): Promise<void> {
    const old = row.renewsId ? await queries.row(row.renewsId) : null;
    if (!old) return;
    const set = { renewedById: row._id, renewalUnderWay: false };
    if (
      old.state === 'expired' ||
      (['valid', 'expiring'].includes(old.state) && row.validFrom <= (await today()))
    )
      await transition(CredentialModel, old._id, {
        lifecycle: credentialLifecycle,
        from: [old.state],
        to: 'renewed',
        set: { ...set, dueOn: null },
        action: 'credentials/renewed',
      });
    else
      await editRow(CredentialModel, old._id, { version: old.version, set, action: 'credentials/renewed' });
  }

  async function releaseRenewed(row: CredentialRow): Promise<void> {
    const old = row.renewsId ? await queries.row(row.renewsId) : null;
    if (!old) return;
    await editRow(CredentialModel, old._id, {
      version: old.version,
      set: { renewalUnderWay: false },
      action: 'credentials/renewal-refused',
    });
  }

  async function reasonFor(row: CredentialRow, verdict: Verdict, reason: string): Promise<string | null> {
    if (!['needs_correction', 'rejected'].includes(verdict)) return reason || null;
    if ((await types.all()).get(row.type)?.kind === 'check') return CHECK_NOT_PASSED;
    if (reason === '') throw Invalid.field('reason', 'required');
    return reason;
  }

  return {
    /** First pass by one officer, the final word by another; an appeal by somebody new. A reason with every no. */
    async review(
      actor: AccountActor,
      id: string,
      input: { verdict: Verdict; reason: string },
    ): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await queries.access(actor, id);
        const first = !['first_pass', 'appealed'].includes(row.state);
        await mayDecide(actor, row, first ? 'credentials:review' : 'credentials:decide');
        const { verdict } = input;
        if (!FROM[verdict].includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        const self = new Types.ObjectId(actor.accountId);
        const reason = await reasonFor(row, verdict, input.reason);
        const after = await transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from: [...FROM[verdict]],
          to: verdict,
          reason,
          set: {
            ...(verdict === 'first_pass' ? { firstReviewerId: self } : {}),
            ...(verdict === 'valid'
              ? { finalReviewerId: self, dueOn: dueOnOf({ ...row, state: 'valid' }) }
              : {}),
          },
          ...(verdict === 'rejected' ? { update: { $push: { refusedBy: self } } } : {}),
          action: 'credentials/review',
        });
        if (verdict === 'valid') {
          await settleRenewed(after);
          await expiry.verified(after);
        }
        if (verdict === 'rejected') await releaseRenewed(after);
        if (verdict !== 'first_pass') await tell(after, verdict);
        return after;
      });
    },

    /** The holder contests a rejection, once; somebody who has not spoken on it answers. */
    async appeal(actor: AccountActor, id: string, reason: string): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await queries.access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        if (row.appeal !== null) throw new Conflict('appealed-already');
        try {
          return await transition(CredentialModel, row._id, {
            lifecycle: credentialLifecycle,
            from: ['rejected'],
            to: 'appealed',
            reason,
            set: { appeal: reason },
            action: 'credentials/appeal',
          });
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('number-taken');
          throw err;
        }
      });
    },

    /** Suspends a verified one, lets it count again, or takes it back for good; never one's own. */
    async changeStanding(
      actor: AccountActor,
      id: string,
      input: { to: 'suspended' | 'valid' | 'revoked'; reason: string },
    ): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await queries.access(actor, id);
        await mayDecide(actor, row, 'credentials:decide');
        const from = {
          suspended: ['valid', 'expiring'],
          valid: ['suspended'],
          revoked: ['valid', 'expiring', 'suspended'],
        };
        const after = await transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from: from[input.to],
          to: input.to,
          reason: input.reason,
          set: { dueOn: dueOnOf({ ...row, state: input.to }) },
          action: 'credentials/change-standing',
        });
        await tell(after, input.to);
        if (input.to !== 'valid' && row.state !== 'suspended') await expiry.lapsed(after, input.to);
        return after;
      });
    },

    /** Notes what the national register shows of the holder; never one's own. */
    async noteRegister(
      actor: AccountActor,
      id: string,
      input: { state: RegisterState; seenOn: string },
    ): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await queries.access(actor, id);
        const unitId = await queries.unitOf(row);
        if (await humans.isSame(actor.personId, { personIds: [String(row.personId)] }))
          throw new Forbidden('not-your-own');
        if (!can(actor, 'credentials:review', String(unitId))) throw new Forbidden('not-permitted');
        if (!(await types.all()).get(row.type)?.register) throw new Conflict('no-register');
        if (input.seenOn > (await today())) throw Invalid.field('seenOn', 'in-the-future');
        return editRow(CredentialModel, row._id, {
          version: row.version,
          set: {
            register: { ...input, by: new Types.ObjectId(actor.accountId), at: contextNow() },
          },
          action: 'credentials/note-register',
          facts: { register: input.state },
        });
      });
    },
  };
}
