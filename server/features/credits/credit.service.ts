import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { isId } from '../../core/ids.ts';
import { creditLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import { keepFiles } from '../attachments/index.ts';
import type { AttachmentService } from '../attachments/index.ts';
import { applyToLedger } from '../hours/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { CreditModel } from './credit.model.ts';
import type { CreditRow } from './credit.model.ts';
import { createCreditReading } from './credit.reading.ts';
import type { ClaimBody } from './credit.schema.ts';
import { claimFaults, whyNotReview } from './claim.rules.ts';
import { postedFacts } from './credit.training.ts';
import type { ProgrammeService } from './programme.service.ts';

export type Verdict = 'posted' | 'needs_correction' | 'rejected';

const SORT: readonly SortKey[] = [
  ['createdAt', 1],
  ['_id', 1],
];
/** While nobody has decided, the person may change the claim and its pictures. */
const OPEN_STATES: readonly string[] = ['submitted', 'needs_correction'];

export interface CreditServiceParts {
  readonly attachments: AttachmentService;
  readonly memberships: MembershipService;
  readonly programmes: ProgrammeService;
  readonly tenants: TenantService;
  readonly humans: Humans;
}

export type CreditService = ReturnType<typeof createCreditService>;

export function createCreditService(parts: CreditServiceParts) {
  const { attachments, memberships, programmes, tenants, humans } = parts;
  const reading = createCreditReading({ programmes, tenants });
  const { choicesFor } = reading;
  const reversedListeners: ((row: CreditRow, reason: string) => Promise<void>)[] = [];
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** One's own, or one of a member within reach of whoever looks after credit hours; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<CreditRow> {
    const row = isId(id) ? await CreditModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    if (actor.kind === 'account' && String(row.personId) === actor.personId) return row;
    const membership = await memberships.row(String(row.membershipId));
    if (!membership || !can(actor, 'credits:see', String(membership.unitId))) throw new NotFound();
    return row;
  }

  async function accessOwnOpen(actor: AccountActor, id: string): Promise<CreditRow> {
    const row = await access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    if (!OPEN_STATES.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
    return row;
  }

  /** The row, when the actor may do this with it; never with one's own. */
  async function accessToDecide(
    actor: AccountActor,
    id: string,
    permission: 'credits:review' | 'credits:reverse',
  ): Promise<CreditRow> {
    const row = await access(actor, id);
    const refusal = whyNotReview({ officerPersonId: actor.personId, holderPersonId: String(row.personId) });
    if (refusal) throw new Forbidden(refusal);
    // Two accounts of one human are one voice.
    if (await humans.isSame(actor.personId, { personIds: [String(row.personId)] }))
      throw new Forbidden('not-your-own');
    const membership = await memberships.row(String(row.membershipId));
    if (!can(actor, permission, String(membership?.unitId))) throw new Forbidden('not-permitted');
    return row;
  }

  const checked = async (personId: string, claim: ClaimBody): Promise<Record<string, unknown>> => {
    const { hours, extraMinutes, ...facts } = claim;
    const minutes = hours * 60 + extraMinutes;
    const choices = await choicesFor(personId);
    const faults = claimFaults({ ...facts, minutes }, choices, await today());
    if (faults.length > 0) throw new Invalid(faults);
    return { ...facts, minutes, evidence: [...new Set(facts.evidence)].sort() };
  };

  const tell = (row: CreditRow, state: string): Promise<unknown> =>
    addMessage({
      kind: 'credits/reviewed',
      subjectId: row._id,
      data: { state },
      dedupeKey: `credit-reviewed:${String(row._id)}:${row.version}`,
    });

  return {
    access,
    /** Told in the transaction that takes a posting back. */
    onReversed(listener: (row: CreditRow, reason: string) => Promise<void>): void {
      reversedListeners.push(listener);
    },
    choicesFor,
    own: reading.own,

    /** Claims something that was learned; an officer looks at it. */
    async claim(actor: AccountActor, claim: ClaimBody): Promise<CreditRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const _id = new Types.ObjectId();
        const row = {
          _id,
          ...born('submitted'),
          ...(await checked(actor.personId, claim)),
          personId: membership.personId,
          membershipId: membership._id,
          unitId: membership.unitId,
          personName: membership.personName,
          createdAt: contextNow(),
        };
        try {
          await CreditModel.create([row as never]);
        } catch (err) {
          if (isDuplicateKey(err)) throw Invalid.field('title', 'claimed-already');
          throw err;
        }
        await recordAudit({
          action: 'credits/claim',
          subjectType: 'Credit',
          subjectId: _id,
          to: 'submitted',
        });
        return (await CreditModel.findById(_id).lean()) as CreditRow;
      });
    },

    /** The person mends what was sent back. */
    async correct(actor: AccountActor, id: string, claim: ClaimBody): Promise<CreditRow> {
      return inTransaction(async () => {
        const row = await accessOwnOpen(actor, id);
        try {
          return await transition(CreditModel, row._id, {
            lifecycle: creditLifecycle,
            from: ['needs_correction'],
            to: 'submitted',
            set: await checked(actor.personId, claim),
            action: 'credits/correct',
          });
        } catch (err) {
          if (isDuplicateKey(err)) throw Invalid.field('title', 'claimed-already');
          throw err;
        }
      });
    },

    async withdraw(actor: AccountActor, id: string): Promise<CreditRow> {
      return inTransaction(async () => {
        const row = await accessOwnOpen(actor, id);
        return transition(CreditModel, row._id, {
          lifecycle: creditLifecycle,
          from: [...OPEN_STATES],
          to: 'withdrawn',
          action: 'credits/withdraw',
        });
      });
    },

    /**
     * The word of an officer, never on their own claim; a reason with every no. A yes posts the raw minutes, with the
     * evidence that the officer has seen.
     */
    async review(
      actor: AccountActor,
      id: string,
      input: { verdict: Verdict; reason: string; evidence: readonly string[] },
    ): Promise<CreditRow> {
      return inTransaction(async () => {
        const row = await accessToDecide(actor, id, 'credits:review');
        if (input.verdict !== 'posted' && input.reason === '') throw Invalid.field('reason', 'required');
        const { evidence } = await choicesFor(String(row.personId));
        if (!input.evidence.every((one) => evidence.includes(one)))
          throw Invalid.field('evidence', 'not-an-option');
        const posted = {
          evidence: [...new Set(input.evidence)].sort(),
          postedAt: contextNow(),
        };
        const after = await transition(CreditModel, row._id, {
          lifecycle: creditLifecycle,
          from: ['submitted'],
          to: input.verdict,
          reason: input.reason || null,
          set: {
            reviewerId: new Types.ObjectId(actor.accountId),
            reviewerPersonId: new Types.ObjectId(actor.personId),
            ...(input.verdict === 'posted' ? posted : {}),
          },
          action: 'credits/review',
        });
        if (input.verdict === 'posted') {
          const { personId, minutes } = row;
          const recordId = String(row._id);
          await applyToLedger(
            {
              kind: 'post',
              source: 'credit',
              recordId,
              personId: String(personId),
              counterAccount: `claim:${recordId}`,
              minutes,
            },
            postedFacts(row, (await tenants.current()).zone),
          );
        }
        await tell(after, input.verdict);
        return after;
      });
    },

    /** The claim, where the actor may propose to take its posting back, and the unit whose right that is. */
    async toReverse(actor: AccountActor, id: string): Promise<{ row: CreditRow; unitId: string }> {
      const row = await accessToDecide(actor, id, 'credits:reverse');
      if (row.state !== 'posted') throw new Conflict('wrong-state', { state: row.state });
      const membership = await memberships.row(String(row.membershipId));
      return { row, unitId: String(membership?.unitId) };
    },

    /** Takes a posting back by a linked reversal, the only correction there is: what the second of two persons does. */
    async reverse(actor: AccountActor, id: string, reason: string): Promise<CreditRow> {
      return inTransaction(async () => {
        const row = await accessToDecide(actor, id, 'credits:reverse');
        const after = await transition(CreditModel, row._id, {
          lifecycle: creditLifecycle,
          from: ['posted'],
          to: 'reversed',
          reason,
          action: 'credits/reverse',
        });
        const command = { kind: 'reverse', source: 'credit', recordId: String(row._id) } as const;
        await applyToLedger(command, postedFacts(row, (await tenants.current()).zone), reason);
        for (const listener of reversedListeners) await listener(after, reason);
        await tell(after, 'reversed');
        return after;
      });
    },

    /** Claims that wait for an officer's word within the actor's reach, oldest first; never the actor's own. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<CreditRow>> {
      const reach = reachOf(actor, 'credits:see');
      const within =
        reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } };
      const rows = await CreditModel.find({
        state: 'submitted',
        personId: { $ne: new Types.ObjectId(actor.personId) },
        ...within,
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** Pictures of the evidence: the person changes them while nobody has decided. */
    scans: keepFiles({
      attachments,
      subjectOf: (row: CreditRow) => ({ type: 'credit', id: row._id, personId: row.personId }),
      access,
      accessToChange: accessOwnOpen,
    }),
  };
}
