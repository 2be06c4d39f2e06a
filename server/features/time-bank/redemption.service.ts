import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { redemptionLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditVerb } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { Move } from '../../db/transition.ts';
import { personSince } from '../hours/index.ts';
import type { HoursRow, HoursService, PostedRecord } from '../hours/index.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import { lockPerson } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { RequestService } from '../requests/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { bankRulesOf, keepBook } from './bank.posting.ts';
import type { BankService } from './bank.service.ts';
import { RedemptionModel } from './time-bank.model.ts';
import type { RedemptionRow } from './time-bank.model.ts';
import { heldAccount, POOL, servedAccount, whyNotRedeem } from './time-bank.rules.ts';

export interface RedemptionParts {
  readonly bank: BankService;
  readonly hours: HoursService;
  readonly identityDocuments: IdentityDocumentService;
  readonly people: PeopleService;
  readonly requests: RequestService;
  readonly tenants: TenantService;
}

export type RedemptionService = ReturnType<typeof createRedemptionService>;

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
/** Records that a desk chooses from when a service was given. */
const CHOICES = 60;

const holderOf = (row: Pick<RedemptionRow, 'personId'>): string =>
  row.personId ? String(row.personId) : POOL;

/** Service against saved time: asked for, set aside, confirmed, given by somebody whose hours are posted, spent. */
export function createRedemptionService(parts: RedemptionParts) {
  const { bank, hours, identityDocuments, people, requests, tenants } = parts;
  const isOwn = (actor: AccountActor, row: RedemptionRow): boolean =>
    row.personId !== null && String(row.personId) === actor.personId;

  /** One's own, or one within reach of the desk; anything else is missing. */
  async function access(actor: AccountActor, id: string): Promise<RedemptionRow> {
    const row = isId(id) ? await RedemptionModel.findById(id).lean() : null;
    if (!row || !(isOwn(actor, row) || can(actor, 'time-bank:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  /** Neither the person who redeems, by whatever account, nor who asked the pool for it. */
  async function mayAct(actor: AccountActor, row: RedemptionRow): Promise<(personId: string) => string> {
    if (!can(actor, 'time-bank:run', String(row.unitId)))
      throw new Forbidden(isOwn(actor, row) ? 'not-your-own' : 'not-permitted');
    const subject = String(row.personId ?? row.askedByPersonId);
    const humans = await identityDocuments.humansOf([actor.personId, subject]);
    const human = (personId: string): string => humans.get(personId)?.human ?? personId;
    if (human(subject) === human(actor.personId)) throw new Forbidden('not-your-own');
    return human;
  }

  async function insert(row: Partial<RedemptionRow> & { readonly minutes: number }): Promise<RedemptionRow> {
    const _id = new Types.ObjectId();
    await RedemptionModel.create([{ _id, ...born('requested'), ...row, createdAt: contextNow() } as never]);
    await recordAudit({
      action: 'time-bank/request',
      subjectType: 'TimeBankRedemption',
      subjectId: _id,
      to: 'requested',
      facts: { minutes: row.minutes },
    });
    const stored = (await RedemptionModel.findById(_id).lean()) as RedemptionRow;
    const refusal = await keepBook(
      await tenants.current(),
      { holders: [holderOf(stored)], accounts: [heldAccount(String(_id))] },
      (book) => book.hold(String(_id), holderOf(stored), row.minutes),
    );
    if (refusal) throw Invalid.field('hours', refusal);
    return stored;
  }

  async function move(
    row: RedemptionRow,
    to: Pick<Move, 'from' | 'to' | 'reason' | 'set'>,
    action: AuditVerb,
  ): Promise<RedemptionRow> {
    const after = await transition(RedemptionModel, row._id, {
      lifecycle: redemptionLifecycle,
      action: `time-bank/${action}`,
      ...to,
    });
    if (after.personId)
      await addMessage({
        kind: 'time-bank/redemption-changed',
        subjectId: after._id,
        data: { state: after.state },
        dedupeKey: `redemption:${String(after._id)}:${after.version}`,
      });
    return after;
  }

  async function release(row: RedemptionRow): Promise<void> {
    const id = String(row._id);
    const of = { holders: [holderOf(row)], accounts: [heldAccount(id)] };
    await keepBook(await tenants.current(), of, (book) => {
      book.release(id, holderOf(row));
      return null;
    });
  }

  return {
    access,

    /** The member asks for service against their own saved time. @throws Invalid beside the field, Conflict */
    async ask(
      actor: AccountActor,
      input: { readonly what: string; readonly minutes: number },
    ): Promise<RedemptionRow> {
      return inTransaction(async () => {
        const { tenant, rules, account } = await bank.open(actor.personId);
        const { birthDate } = await people.row(actor.personId);
        const refusal = whyNotRedeem(rules, birthDate ?? null, localDate(contextNow(), tenant.zone));
        if (refusal) throw new Conflict(refusal);
        const { personId, personName, unitId } = account;
        return insert({ personId, personName, unitId, ...input, askedByPersonId: personId });
      });
    },

    /** A coordinator asks the pool for a need of the tenant. @throws Invalid beside the field, Forbidden */
    async askPool(
      actor: AccountActor,
      input: { readonly requestId: string; readonly minutes: number },
    ): Promise<RedemptionRow> {
      return inTransaction(async () => {
        if (!bankRulesOf(await tenants.current()).on) throw new Conflict('time-bank-off');
        const request = await requests.access(actor, input.requestId).catch((err: unknown) => {
          if (err instanceof NotFound) throw Invalid.field('requestId', 'not-an-option');
          throw err;
        });
        if (!can(actor, 'time-bank:run', String(request.unitId))) throw new Forbidden('not-permitted');
        return insert({
          unitId: request.unitId,
          requestId: request._id,
          what: request.title,
          minutes: input.minutes,
          askedByPersonId: new Types.ObjectId(actor.personId),
        });
      });
    },

    /** Somebody of the desk takes it on, or says why not; then what was set aside comes back. */
    async decide(
      actor: AccountActor,
      id: string,
      verdict: 'confirmed' | 'refused',
      reason: string,
    ): Promise<RedemptionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await mayAct(actor, row);
        const set = { decidedByPersonId: new Types.ObjectId(actor.personId) };
        const after = await move(row, { from: ['requested'], to: verdict, reason, set }, 'decide');
        if (verdict === 'refused') await release(row);
        return after;
      });
    },

    /** Whoever redeems, or the desk, calls it off before the service was given. */
    async cancel(actor: AccountActor, id: string, reason: string): Promise<RedemptionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row) && !can(actor, 'time-bank:run', String(row.unitId)))
          throw new Forbidden('not-permitted');
        const after = await move(
          row,
          { from: ['requested', 'confirmed'], to: 'cancelled', reason },
          'cancel',
        );
        await release(row);
        return after;
      });
    },

    /** Posted records within reach by which a service may have been given; never of who redeems. */
    async servedBy(actor: AccountActor, row: RedemptionRow): Promise<PostedRecord[]> {
      const reach = reachOf(actor, 'time-bank:run');
      const records = await hours.postedLately(reach === 'tenant' ? null : [...reach], CHOICES);
      return records.filter(({ personId }) => personId !== String(row.personId));
    },

    /**
     * The service was given, as somebody's posted hours say: what it took is spent, the rest comes back. Who gave it is neither
     * who redeems nor who settles.
     * @throws Invalid beside the field, Forbidden
     */
    async settle(
      actor: AccountActor,
      id: string,
      input: { readonly hoursId: string; readonly minutes: number },
    ): Promise<RedemptionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await mayAct(actor, row);
        const record = await hours.postedRecord(input.hoursId);
        if (!record || !can(actor, 'time-bank:run', record.unitId))
          throw Invalid.field('hoursId', 'not-an-option');
        const subject = holderOf(row);
        const humans = await identityDocuments.humansOf(
          [record.personId, actor.personId, subject].filter(isId),
        );
        const human = (personId: string): string => humans.get(personId)?.human ?? personId;
        if (human(record.personId) === human(subject)) throw Invalid.field('hoursId', 'served-by-oneself');
        if (human(record.personId) === human(actor.personId)) throw new Forbidden('not-your-own');
        // Whoever takes these very hours back at this moment has to see what rests on them.
        await lockPerson(record.personId);
        const after = await move(
          row,
          {
            from: ['confirmed'],
            to: 'settled',
            set: {
              hoursId: new Types.ObjectId(record.id),
              providerPersonId: new Types.ObjectId(record.personId),
              settledMinutes: input.minutes,
              settledByPersonId: new Types.ObjectId(actor.personId),
            },
          },
          'settle',
        );
        const refusal = await keepBook(
          await tenants.current(),
          { holders: [subject], accounts: [heldAccount(id), servedAccount(record.id)] },
          (book) =>
            book.settle(id, subject, {
              hoursId: record.id,
              minutes: input.minutes,
              recordedMinutes: record.minutes,
            }),
        );
        if (refusal)
          throw Invalid.field('hours', refusal === 'not-enough-saved' ? 'more-than-asked' : refusal);
        return after;
      });
    },

    /** In the transaction that takes hours back: who redeemed service by them has their minutes again. */
    async refundFor(record: HoursRow, reason: string): Promise<void> {
      await lockPerson(String(record.personId));
      const rows = await RedemptionModel.find({ hoursId: record._id, state: 'settled' } as never).lean();
      for (const row of rows) {
        await move(row, { from: ['settled'], to: 'refunded', reason }, 'refund');
        // Whose record became another's since, the other has it; whoever closed their account gave what was left away, and so this.
        const person = row.personId && (await personSince(row.personId, row.createdAt));
        const holder = person && (await bank.accountOf(person)) ? String(person) : POOL;
        const of = {
          holders: [holder],
          accounts: [servedAccount(String(record._id))],
          reason,
        };
        await keepBook(await tenants.current(), of, (book) => {
          book.refund(String(row._id), holder, String(record._id), row.settledMinutes ?? 0);
          return null;
        });
      }
    },

    /** One's own, newest first. */
    own: (actor: AccountActor, limit = 20): Promise<RedemptionRow[]> =>
      RedemptionModel.find({ personId: new Types.ObjectId(actor.personId) } as never)
        .sort(sortOf(SORT))
        .limit(limit)
        .lean(),

    /** The desk's, newest first, within reach. */
    async list(
      actor: AccountActor,
      state: string | undefined,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<RedemptionRow>> {
      const reach = reachOf(actor, 'time-bank:see');
      const rows = await RedemptionModel.find({
        ...(state ? { state } : {}),
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },
  };
}
