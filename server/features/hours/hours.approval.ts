import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound, Unavailable } from '../../core/errors.ts';
import type { AppError } from '../../core/errors.ts';
import { authorize } from '../../core/policy.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { lockPersonDays } from '../people/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { Anomaly } from './anomaly.rules.ts';
import type { HoursDuty } from './hours.duty.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { canConfirm, isForReviewer } from './hours.policy.ts';
import { isHeldRefusal } from './evidence.rules.ts';
import { accessHours, overlappingHours } from './hours.queries.ts';
import type { HoursTrust } from './hours.trust.ts';
import { applyToLedger, factsOfRecord, postAllToLedger, postingOf } from './ledger.service.ts';
import type { LedgerChange } from './ledger.service.ts';

/** Records confirmed in one transaction: enough to share its cost, few enough that a rival seldom makes it run again. */
const TOGETHER = 25;

/** What came of one record of several. */
export interface ApprovalOutcome {
  readonly id: string;
  /** Null when it is posted; else a code. */
  readonly refusal: string | null;
}

export interface ApprovalParts {
  readonly trust: HoursTrust;
  readonly duty: HoursDuty;
  readonly tenants: TenantService;
  /** Told in the transaction, after the ledger. */
  readonly onPosted: (rows: readonly HoursRow[], tenant: Tenant) => Promise<void>;
}

const isRefusal = (err: unknown): err is AppError =>
  err instanceof NotFound || err instanceof Forbidden || err instanceof Conflict;

/** Handing in, holding, confirming and posting: what leads a record to the ledger. */
export function createApprovals({ trust, duty, tenants, onPosted }: ApprovalParts) {
  /** Hands the record in; what is worth a second look is held for a reviewer. */
  async function submit(id: Types.ObjectId): Promise<HoursRow> {
    const row = await transition(HoursModel, id, {
      lifecycle: hoursLifecycle,
      from: ['open'],
      to: 'submitted',
      action: 'hours/submit',
    });
    const anomalies = await trust.anomalies(row);
    return anomalies.length === 0 ? row : hold(row, anomalies);
  }

  const hold = (row: HoursRow, anomalies: readonly Anomaly[]): Promise<HoursRow> =>
    transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted'],
      to: 'under_check',
      action: 'hours/hold',
      set: { anomalies: [...row.anomalies, ...anomalies] },
      facts: { anomalies: anomalies.map(({ code }) => code) },
    });

  /** Confirms one record, or holds it for who confirms it; facts are read in the caller's transaction, which also posts it. */
  async function confirmOne(actor: AccountActor, id: string): Promise<HoursRow> {
    const row = await accessHours(actor, id);
    authorize(canConfirm(actor, row));
    if (isForReviewer(row)) throw new Conflict('held-for-review');
    const refusal = await trust.whyNot(actor, row, 'hours:confirm');
    // Nothing anybody did wrong, perhaps: it goes to who is known, and is seen by the auditor.
    if (isHeldRefusal(refusal) && row.state === 'submitted') return hold(row, [{ code: refusal, facts: {} }]);
    if (refusal) throw new Forbidden(refusal);
    const anomaly = row.state === 'submitted' ? await trust.approverAnomaly(actor, row) : null;
    return anomaly ? hold(row, [anomaly]) : confirm(actor, row, null);
  }

  /** @throws Forbidden when the reviewer may not say that it is true */
  async function assertTrusted(actor: AccountActor, row: HoursRow): Promise<void> {
    const refusal = await trust.whyNot(actor, row, 'hours:review');
    if (refusal) throw new Forbidden(refusal);
  }

  /** Moves a record to posted; everything that could stand against it was asked, and the caller posts it in the same transaction. */
  async function confirm(
    actor: AccountActor,
    row: HoursRow,
    reason: string | null,
    { tell = true }: { readonly tell?: boolean } = {},
  ): Promise<HoursRow> {
    const personId = String(row.personId);
    if (row.recordedMinutes <= 0) throw new Conflict('nothing-to-post');
    const [from, to] = [row.servedFrom, row.servedTo];
    await lockPersonDays(personId, { startsAt: from, endsAt: to });
    if ((await overlappingHours(row.personId, { from, to }, ['posted'], row._id)).length > 0)
      throw new Conflict('overlaps-recorded');
    await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted', 'under_check', 'appealed'],
      to: 'approved',
      reason,
      action: 'hours/approve',
      set: {
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
        late: row.late || (await duty.isLate(row)),
        remindAt: null,
        // Who answers for what nobody led is who confirms it.
        ...(row.activity.leaderName === '' ? { 'activity.leaderName': actor.name } : {}),
      },
    });
    const after = await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['approved'],
      to: 'posted',
      action: 'hours/post',
      set: { postedAt: contextNow() },
    });
    if (tell)
      await addMessage({
        kind: 'hours/confirmed',
        subjectId: row._id,
        dedupeKey: `hours-confirmed:${String(row._id)}:${after.version}`,
      });
    return after;
  }

  const changeOf = (row: HoursRow, { zone }: Tenant): LedgerChange => ({
    command: postingOf(row),
    facts: factsOfRecord(row, zone),
  });

  /** What is confirmed reaches the ledger, then whoever lives by it. */
  async function postRow(after: HoursRow): Promise<void> {
    const tenant = await tenants.current();
    const { command, facts } = changeOf(after, tenant);
    await applyToLedger(command, facts);
    await onPosted([after], tenant);
  }

  /**
   * Confirms and posts what was asked about already.
   * @param options `tell: false` where the person is told of it in other words
   */
  async function postOne(
    actor: AccountActor,
    row: HoursRow,
    reason: string | null,
    options: { readonly tell?: boolean } = {},
  ): Promise<HoursRow> {
    const after = await confirm(actor, row, reason, options);
    await postRow(after);
    return after;
  }

  const approve = (actor: AccountActor, id: string): Promise<HoursRow> =>
    inTransaction(async () => {
      const after = await confirmOne(actor, id);
      if (after.state === 'posted') await postRow(after);
      return after;
    });

  /**
   * Several in one transaction. A refusal comes before anything of its record is written, so it holds up nobody; what the ledger
   * itself refuses undoes all, since its record moved already.
   */
  async function approveTogether(actor: AccountActor, ids: readonly string[]): Promise<ApprovalOutcome[]> {
    const outcomes: ApprovalOutcome[] = [];
    const posted: HoursRow[] = [];
    for (const id of ids)
      try {
        const after = await confirmOne(actor, id);
        if (after.state === 'posted') posted.push(after);
        outcomes.push({ id, refusal: after.state === 'posted' ? null : 'held-for-review' });
      } catch (err) {
        if (!isRefusal(err)) throw err;
        outcomes.push({ id, refusal: err.code });
      }
    if (posted.length === 0) return outcomes;
    const tenant = await tenants.current();
    await postAllToLedger(posted.map((row) => changeOf(row, tenant)));
    await onPosted(posted, tenant);
    return outcomes;
  }

  async function approveApart(actor: AccountActor, id: string): Promise<ApprovalOutcome> {
    try {
      const after = await approve(actor, id);
      return { id, refusal: after.state === 'posted' ? null : 'held-for-review' };
    } catch (err) {
      if (!isRefusal(err) && !(err instanceof Unavailable)) throw err;
      return { id, refusal: err.code };
    }
  }

  /** Each record has its own result: those that cannot be confirmed together are confirmed one by one. */
  async function approveMany(actor: AccountActor, ids: readonly string[]): Promise<ApprovalOutcome[]> {
    const outcomes: ApprovalOutcome[] = [];
    for (let at = 0; at < ids.length; at += TOGETHER) {
      const some = [...new Set(ids.slice(at, at + TOGETHER))];
      const together = await inTransaction(() => approveTogether(actor, some)).catch((err: unknown) => {
        if (isRefusal(err) || err instanceof Unavailable) return null;
        throw err;
      });
      if (together) outcomes.push(...together);
      else for (const id of some) outcomes.push(await approveApart(actor, id));
    }
    return outcomes;
  }

  async function rejectOne(actor: AccountActor, row: HoursRow, reason: string): Promise<HoursRow> {
    const after = await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted', 'under_check', 'appealed'],
      to: 'rejected',
      reason,
      action: 'hours/reject',
      set: {
        rejectionReason: reason,
        remindAt: null,
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
      },
    });
    await addMessage({
      kind: 'hours/rejected',
      subjectId: row._id,
      dedupeKey: `hours-rejected:${String(row._id)}:${after.version}`,
    });
    return after;
  }

  return { submit, approve, approveMany, postOne, rejectOne, assertTrusted };
}
