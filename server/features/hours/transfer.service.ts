import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { transferLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey, sideBySide } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { Move } from '../../db/transition.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { askDesk, tellMover } from './transfer.mail.ts';
import { mergeSome } from './merge.moves.ts';
import { countStaying, moveIn, moveOut, noteMoved } from './transfer.moves.ts';
import { TransferModel } from './transfer.model.ts';
import type { TransferRow } from './transfer.model.ts';

export interface TransferParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

export type TransferService = ReturnType<typeof createTransferService>;

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const OWN = 20;

/**
 * Hours that people take along when they move: the organisation that recorded them confirms, the other accepts. Each record leaves
 * one ledger and enters the other in one transaction, and says for ever who recorded it. Very many go by pieces: the
 * first with the acceptance, the others by a sweep, which goes on where the last piece ended.
 */
export function createTransferService({ identityDocuments, memberships, tenants, units }: TransferParts) {
  const isOwn = (actor: AccountActor, row: TransferRow): boolean => String(row.personId) === actor.personId;

  /** One's own, or one of a member within reach of the desk; anything else is missing. */
  async function access(actor: AccountActor, id: string): Promise<TransferRow> {
    const row = isId(id) ? await TransferModel.findById(id).lean() : null;
    if (!row || !(isOwn(actor, row) || can(actor, 'hours:reverse', String(row.unitId)))) throw new NotFound();
    return row;
  }

  async function insert(
    row: Omit<TransferRow, '_id' | 'tenantId' | 'version' | 'history' | 'records' | 'minutes' | 'createdAt'>,
  ): Promise<TransferRow> {
    const _id = new Types.ObjectId();
    await TransferModel.create([{ _id, ...row, ...born(row.state), createdAt: contextNow() } as never]);
    await recordAudit({
      action: 'hours/ask-transfer',
      subjectType: 'HoursTransfer',
      subjectId: _id,
      to: row.state,
    });
    const made = (await TransferModel.findById(_id).lean()) as TransferRow;
    await askDesk(made, units, identityDocuments);
    return made;
  }

  const move = (
    row: Pick<TransferRow, '_id'>,
    from: string,
    to: string,
    more: Pick<Move, 'reason' | 'set' | 'update'> = {},
  ): Promise<TransferRow> =>
    transition(TransferModel, row._id, {
      lifecycle: transferLifecycle,
      from: [from],
      to,
      action: 'hours/transfer',
      ...more,
    });

  /** The row of the other organisation, in its context. @throws NotFound */
  async function peerOf(row: TransferRow): Promise<TransferRow> {
    const peer = await TransferModel.findOne({ transferId: row.transferId }).lean();
    if (!peer) throw new NotFound();
    return peer;
  }
  const inPeer = <T>(row: TransferRow, work: () => Promise<T>): Promise<T> =>
    asTenant(String(row.peerId), work);

  /** Neither the person, by whatever account, nor somebody without the right. */
  async function mayDecide(actor: AccountActor, row: TransferRow): Promise<void> {
    const humans = await identityDocuments.humansOf([actor.personId, String(row.personId)]);
    const human = (id: string): string => humans.get(id)?.human ?? id;
    if (human(actor.personId) === human(String(row.personId))) throw new Forbidden('not-your-own');
    if (!can(actor, 'hours:reverse', String(row.unitId))) throw new Forbidden('not-permitted');
  }

  /** The old organisation agrees: the new one is asked. */
  async function confirm(row: TransferRow, reason: string): Promise<TransferRow> {
    const here = await tenants.current();
    const after = await move(row, 'requested', 'confirmed', { reason });
    await tellMover(after);
    await inPeer(row, async () => {
      const membership = await memberships.approvedOf(row.personId);
      if (!membership) throw new Conflict('not-a-member');
      await insert({
        direction: 'in',
        state: 'offered',
        transferId: row.transferId,
        personId: row.personId,
        personName: membership.personName,
        unitId: membership.unitId,
        peerId: new Types.ObjectId(here.id),
        peerName: here.name,
      });
    });
    return after;
  }

  /** One of the two does not agree; `row` is that of the organisation where the person asked. */
  async function refuse(row: TransferRow, from: string, to: string, reason: string): Promise<TransferRow> {
    const after = await move(row, from, to, { reason });
    await tellMover(after);
    return after;
  }

  /** The new organisation agrees: the hours begin to leave one ledger and to enter the other. */
  async function accept(row: TransferRow, reason: string): Promise<TransferRow> {
    if (!(await memberships.approvedOf(row.personId))) throw new Conflict('not-a-member');
    const set = await inPeer(row, async () => {
      const wanted = await countStaying(row.personId);
      if (wanted === 0) throw new Conflict('nothing-recorded');
      const start = { wanted, records: 0, minutes: 0 };
      await move(await peerOf(row), 'confirmed', 'moving', { set: start });
      return start;
    });
    return moveSome(await move(row, 'offered', 'moving', { reason, set }));
  }

  /** Carries one piece over, in one transaction with what is noted of it. `row` is that of the new organisation. */
  async function moveSome(row: TransferRow): Promise<TransferRow> {
    const here = await tenants.current();
    // Accepted is accepted: also when the membership ended since.
    const membership =
      (await memberships.approvedOf(row.personId)) ?? (await memberships.anyOf(row.personId));
    if (!membership) throw new Conflict('not-a-member');
    const { records, from } = await inPeer(row, async () => {
      const old: Tenant = await tenants.current();
      const to = { tenantId: new Types.ObjectId(here.id), transferId: row.transferId };
      const moved = await moveOut(row.personId, to, old.zone);
      const after = await noteMoved(await peerOf(row), moved);
      if (after.state === 'done') await tellMover(after);
      return { records: moved, from: old };
    });
    if (records.length > 0) await moveIn(records, from, row.transferId, membership, here.zone);
    return noteMoved(row, records);
  }

  return {
    access,

    /** Organisations that the person is a member of besides this one. */
    async choices(actor: AccountActor): Promise<{ id: string; name: Tenant['name'] }[]> {
      const here = requireTenantId();
      const found = (await memberships.choicesOf(actor.accountId)).filter(
        ({ tenantId, state }) => tenantId !== here && state === 'approved',
      );
      return sideBySide(
        found.map(({ tenantId }) => async () => ({ id: tenantId, name: (await tenants.get(tenantId)).name })),
      );
    },

    /** The person asks to take all posted hours along. @throws Invalid beside the field, Forbidden */
    async ask(actor: AccountActor, tenantId: string): Promise<TransferRow> {
      const choice = (await this.choices(actor)).find(({ id }) => id === tenantId);
      if (!choice) throw Invalid.field('tenantId', 'not-an-option');
      try {
        return await inTransaction(async () => {
          const membership = await memberships.anyOf(actor.personId);
          if (!membership) throw new Forbidden('members-only');
          return insert({
            direction: 'out',
            state: 'requested',
            transferId: new Types.ObjectId(),
            personId: membership.personId,
            personName: membership.personName,
            unitId: membership.unitId,
            peerId: new Types.ObjectId(choice.id),
            peerName: choice.name,
          });
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw Invalid.field('tenantId', 'transfer-under-way');
        throw err;
      }
    },

    /** The desk of either organisation says yes or no; never of one's own. */
    async decide(actor: AccountActor, id: string, agrees: boolean, reason: string): Promise<TransferRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await mayDecide(actor, row);
        if (row.direction === 'out')
          return agrees ? confirm(row, reason) : refuse(row, 'requested', 'refused', reason);
        if (agrees) return accept(row, reason);
        await inPeer(row, async () => refuse(await peerOf(row), 'confirmed', 'declined', reason));
        return move(row, 'offered', 'declined', { reason });
      });
    },

    /** The person stays after all, before it is done; in the organisation where they asked. */
    async withdraw(actor: AccountActor, id: string): Promise<TransferRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row) || row.direction !== 'out') throw new Forbidden('only-the-person');
        if (row.state === 'confirmed')
          await inPeer(row, async () => move(await peerOf(row), 'offered', 'withdrawn'));
        return move(row, row.state === 'confirmed' ? 'confirmed' : 'requested', 'withdrawn');
      });
    },

    /** Transfers that go on by pieces, of all tenants, the oldest first; those of the new organisations, for the sweep. */
    async moving(query: { readonly limit: number; readonly except: readonly string[] }) {
      const rows = await TransferModel.find({
        state: 'moving',
        direction: { $in: ['in', 'merge'] },
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ createdAt: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Carries the next piece over in its own transaction. @returns whether there is more to carry */
    goOn: (id: string): Promise<boolean> =>
      inTransaction(async () => {
        const row = await TransferModel.findById(id).lean();
        if (row?.state !== 'moving') return false;
        const { state } = await (row.direction === 'merge'
          ? mergeSome(row, { identityDocuments, memberships, tenants })
          : moveSome(row));
        return state === 'moving';
      }),

    own: (actor: AccountActor): Promise<TransferRow[]> =>
      TransferModel.find({ personId: new Types.ObjectId(actor.personId) })
        .sort(sortOf(SORT))
        .limit(OWN)
        .lean(),

    /** The desk's, newest first, within reach. */
    async list(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<TransferRow>> {
      const reach = reachOf(actor, 'hours:reverse');
      const rows = await TransferModel.find({
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
