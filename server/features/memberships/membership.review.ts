import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { Forbidden, Invalid } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { membershipLifecycle } from '../../core/states.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import { accessMembership } from './membership.access.ts';
import type { KeepAdministrator } from './administrators.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipRow } from './membership.model.ts';
import { toMembership } from './membership.view.ts';
import type { Membership } from './membership.view.ts';

export type ReviewVerdict = 'first_review' | 'approved' | 'rejected' | 'needs_correction';

/** Whether the membership is of the one who acts, by whatever account: two of one human have one number (S-10). */
export type IsOwn = (actor: AccountActor, row: MembershipRow) => Promise<boolean>;

/** A member who may take part no longer, or not for now. */
export interface Stopped {
  readonly personId: string;
  readonly how: 'suspended' | 'ended' | 'left';
}

export interface ReviewParts {
  readonly tenants: TenantService;
  readonly isOwn: IsOwn;
  readonly isSameHuman: Humans['isSame'];
  /** After a change that takes rights, in the same transaction. */
  readonly keep: KeepAdministrator;
  /** Whoever must act on a membership that stops, in the same transaction. */
  readonly tellStopped: (stopped: Stopped) => Promise<void>;
}

/** What officers and reviewers say of memberships: first and final word, suspension, end. */
export function createMembershipReview({ tenants, isOwn, isSameHuman, keep, tellStopped }: ReviewParts) {
  async function mayReview(
    actor: AccountActor,
    row: MembershipRow,
    input: { verdict: ReviewVerdict; reason: string },
    tenant: Tenant,
  ): Promise<void> {
    const unitId = String(row.unitId);
    // What somebody else decided meanwhile is told as that (the transition does), not as a lack of rights.
    const decided = !['submitted', 'first_review'].includes(row.state);
    if (decided && (can(actor, 'memberships:review', unitId) || can(actor, 'memberships:decide', unitId)))
      return;
    const isFinal = input.verdict === 'approved' || row.state === 'first_review';
    if (!can(actor, isFinal ? 'memberships:decide' : 'memberships:review', unitId))
      throw new Forbidden('not-permitted');
    if (isFinal && tenant.settings.reviewersDiffer && (await spokeFirst(actor, row)))
      throw new Forbidden('second-reviewer-needed');
    if ((input.verdict === 'rejected' || input.verdict === 'needs_correction') && input.reason.trim() === '')
      throw Invalid.field('reason', 'required');
  }

  /** Two accounts of one human are one voice. */
  async function spokeFirst(actor: AccountActor, row: MembershipRow): Promise<boolean> {
    if (!row.firstReviewerId) return false;
    const first = String(row.firstReviewerId);
    return first === actor.accountId || isSameHuman(actor.personId, { accountIds: [first] });
  }

  return {
    /** One step of the review; the final word needs another reviewer where the tenant asks for it. */
    async review(
      actor: AccountActor,
      id: string,
      input: { verdict: ReviewVerdict; reason: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
        if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
        const tenant = await tenants.current();
        await mayReview(actor, row, input, tenant);
        const from =
          input.verdict === 'first_review'
            ? ['submitted']
            : input.verdict === 'approved'
              ? ['first_review']
              : ['submitted', 'first_review'];
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from,
          to: input.verdict,
          version,
          reason: input.reason || null,
          action: 'memberships/review',
          ...(input.verdict === 'first_review'
            ? { set: { firstReviewerId: new Types.ObjectId(actor.accountId) } }
            : {}),
        });
        if (input.verdict !== 'first_review') {
          await addMessage({
            kind: 'memberships/reviewed',
            subjectId: id,
            data: { state: input.verdict },
            dedupeKey: `membership-reviewed:${id}:${after.version}`,
          });
        }
        return toMembership(after);
      });
    },

    /**
     * Suspends, brings back or ends a membership.
     * @throws Conflict `last-administrator` where nobody could give anybody a role afterwards
     */
    async changeStanding(
      actor: AccountActor,
      id: string,
      input: { to: 'suspended' | 'approved' | 'ended'; reason: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
        if (!can(actor, 'memberships:decide', String(row.unitId))) throw new Forbidden('not-permitted');
        if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
        const from =
          input.to === 'suspended'
            ? ['approved']
            : input.to === 'approved'
              ? ['suspended']
              : ['approved', 'suspended'];
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from,
          to: input.to,
          version,
          reason: input.reason,
          action: 'memberships/change-standing',
        });
        if (input.to !== 'approved') await keep(row);
        await addMessage({
          kind: 'memberships/reviewed',
          subjectId: id,
          data: { state: input.to },
          dedupeKey: `membership-reviewed:${id}:${after.version}`,
        });
        if (input.to !== 'approved') await tellStopped({ personId: String(row.personId), how: input.to });
        return toMembership(after);
      });
    },
  };
}
