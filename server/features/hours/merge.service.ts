import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { cursorInvalid, decodeCursor, pageOf } from '../../db/pagination.ts';
import type { Page } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born } from '../../db/transition.ts';
import { humansSeenTwice } from '../identity-documents/index.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { lockPerson } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursModel } from './hours.model.ts';
import { balancesOf } from './ledger.service.ts';
import { personAccount } from './ledger.rules.ts';
import { mergeSome, staysOf } from './merge.moves.ts';
import { TransferModel } from './transfer.model.ts';
import type { TransferRow } from './transfer.model.ts';

export interface MergeParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  /** Why a record cannot be given up for the other yet, as a code; asked in the transaction. */
  readonly obstacles: readonly ((from: string, into: string) => Promise<string | null>)[];
  /** What else goes along, in the transaction. */
  readonly follow: readonly ((from: string, into: string) => Promise<void>)[];
}

/** One of several records of a human, as a reviewer chooses between them. */
export interface Duplicate {
  readonly membershipId: string;
  readonly name: string;
  readonly since: Date;
  /** Balance of hours in whole minutes. */
  readonly minutes: number;
}

/** What would go along, in whole minutes, and how many records would stay where they are. */
export interface MergePreview {
  readonly from: Duplicate;
  readonly into: Duplicate;
  readonly records: number;
  readonly minutes: number;
  readonly stay: number;
  /** Why it cannot be done yet, as a code. */
  readonly obstacle: string | null;
}

export type MergeService = ReturnType<typeof createMergeService>;

/** Humans with several accounts that are looked at together. */
const HUMANS_AT_ONCE = 200;
const UNDER_WAY = ['open', 'submitted', 'under_check', 'appealed'];

/**
 * One human who registered twice: the hours of one record become the other's, by moves in the ledger that say so, and the record
 * ends. Nothing is rewritten: entries, certificates and their numbers stay as they are and lead to the record that is kept.
 */
export function createMergeService(parts: MergeParts) {
  const { identityDocuments, memberships, tenants } = parts;

  async function toDuplicates(rows: readonly MembershipRow[]): Promise<Duplicate[]> {
    const balances = await balancesOf(rows.map(({ personId }) => personAccount(String(personId))));
    return rows.map((row) => ({
      membershipId: String(row._id),
      name: row.personName,
      since: row.createdAt,
      minutes: balances.get(personAccount(String(row.personId))) ?? 0,
    }));
  }

  /** @throws NotFound for a record out of reach */
  async function access(actor: AccountActor, id: string): Promise<MembershipRow> {
    const row = await memberships.row(id);
    if (!row || !can(actor, 'memberships:decide', String(row.unitId))) throw new NotFound();
    return row;
  }

  /** The human of the record that a cursor names; it may have become another's meanwhile. */
  async function humanAt(actor: AccountActor, cursor: string): Promise<string> {
    const [id] = decodeCursor(cursor, 1);
    const row = typeof id === 'string' && isId(id) ? await memberships.row(id) : null;
    if (!row || !can(actor, 'memberships:decide', String(row.unitId))) throw cursorInvalid();
    const personId = String(row.personId);
    return (await identityDocuments.humansOf([personId])).get(personId)?.human ?? '';
  }

  /** Both records: of one human who was seen for both, and who is not the actor. */
  async function pairOf(actor: AccountActor, ids: { readonly from: string; readonly into: string }) {
    const [from, into] = [await access(actor, ids.from), await access(actor, ids.into)];
    if (from.personId.equals(into.personId)) throw Invalid.field('into', 'same-record');
    const people = [from, into].map(({ personId }) => String(personId));
    const humans = await identityDocuments.humansOf([...people, actor.personId]);
    const [one, other] = people.map((personId) => humans.get(personId));
    if (humans.get(actor.personId)?.human === one?.human) throw new Forbidden('not-your-own');
    if (!one?.verified || !other?.verified || one.human !== other.human) throw new Conflict('not-one-human');
    return { from, into };
  }

  async function obstacleOf(from: MembershipRow, into: MembershipRow): Promise<string | null> {
    if (!['approved', 'suspended'].includes(from.state) || into.state !== 'approved') return 'wrong-state';
    if (await HoursModel.exists({ personId: from.personId, state: { $in: UNDER_WAY } } as never))
      return 'hours-under-way';
    const both = { $in: [from.personId, into.personId] };
    const going = {
      state: { $in: ['requested', 'confirmed', 'offered', 'moving'] },
      // Also what still comes to one of them: it would arrive where nobody has it any more.
      $or: [{ personId: both }, { direction: 'merge', 'into.personId': both }],
    };
    if (await TransferModel.exists(going as never)) return 'transfer-under-way';
    for (const ask of parts.obstacles) {
      const code = await ask(String(from.personId), String(into.personId));
      if (code) return code;
    }
    return null;
  }

  async function insert(from: MembershipRow, into: MembershipRow, reason: string): Promise<TransferRow> {
    const here = await tenants.current();
    const { records } = await staysOf(from.personId, into.personId, identityDocuments);
    const _id = new Types.ObjectId();
    const row = {
      _id,
      ...born('moving', reason),
      direction: 'merge',
      transferId: new Types.ObjectId(),
      personId: from.personId,
      personName: from.personName,
      unitId: into.unitId,
      into: { personId: into.personId, membershipId: into._id },
      peerId: new Types.ObjectId(here.id),
      peerName: here.name,
      wanted: records,
      records: 0,
      minutes: 0,
      createdAt: contextNow(),
    };
    await TransferModel.create([row as never]);
    await recordAudit({
      action: 'hours/merge',
      subjectType: 'HoursTransfer',
      subjectId: _id,
      to: 'moving',
      reason,
      facts: { from: String(from._id), into: String(into._id) },
    });
    return (await TransferModel.findById(_id).lean()) as TransferRow;
  }

  return {
    /**
     * Records within reach that are one human's, together, where the human was seen for each of them: a page of humans. Its key is a
     * record of the last human shown, who is looked up again: the order is that of numbers, which leave the database in no form.
     * @throws Malformed for a cursor that names no record within reach
     */
    async duplicates(
      actor: AccountActor,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<Duplicate[]>> {
      const found: Duplicate[][] = [];
      let after = cursor === undefined ? null : await humanAt(actor, cursor);
      do {
        const { humans, next } = await humansSeenTwice(HUMANS_AT_ONCE, after);
        after = next;
        const rows = (await memberships.ofPeople(humans.flatMap(({ personIds }) => personIds))).filter(
          ({ state, unitId }) =>
            ['approved', 'suspended'].includes(state) && can(actor, 'memberships:decide', String(unitId)),
        );
        const byPerson = new Map(rows.map((row) => [String(row.personId), row]));
        for (const { personIds } of humans) {
          const group = personIds.map((id) => byPerson.get(id)).filter((row) => row !== undefined);
          if (group.length > 1 && found.length <= limit) found.push(await toDuplicates(group));
        }
      } while (after !== null && found.length <= limit);
      return pageOf(found, limit, ([first]) => [first?.membershipId]);
    },

    /** @throws NotFound, Forbidden, Conflict `not-one-human` */
    async preview(
      actor: AccountActor,
      ids: { readonly from: string; readonly into: string },
    ): Promise<MergePreview> {
      const { from, into } = await pairOf(actor, ids);
      const [one, other] = await toDuplicates([from, into]);
      const { stay, records, minutes } = await staysOf(from.personId, into.personId, identityDocuments);
      return {
        from: one as Duplicate,
        into: other as Duplicate,
        records,
        minutes,
        stay: stay.length,
        obstacle: await obstacleOf(from, into),
      };
    },

    /** Both records, where the actor may propose to make them one, and the minutes that would go. @throws like `merge` */
    async toMerge(
      actor: AccountActor,
      ids: { readonly from: string; readonly into: string },
    ): Promise<{ from: MembershipRow; into: MembershipRow; minutes: number }> {
      const { from, into } = await pairOf(actor, ids);
      const obstacle = await obstacleOf(from, into);
      if (obstacle) throw new Conflict(obstacle);
      const { minutes } = await staysOf(from.personId, into.personId, identityDocuments);
      return { from, into, minutes };
    },

    /** Makes two records one, which the second of two persons does. Many hours go by pieces; the record that is given up ends at once. */
    async merge(
      actor: AccountActor,
      ids: { readonly from: string; readonly into: string },
      reason: string,
    ): Promise<TransferRow> {
      const work = async (): Promise<TransferRow> => {
        const { from, into } = await pairOf(actor, ids);
        // Whoever books, logs, enters or checks out anything for it at this moment makes one of the two run again, and see the other.
        await lockPerson(String(from.personId));
        const obstacle = await obstacleOf(from, into);
        if (obstacle) throw new Conflict(obstacle);
        const row = await insert(from, into, reason);
        for (const follow of parts.follow) await follow(String(from.personId), String(into.personId));
        await memberships.endMerged(from, into, reason);
        for (const { personId } of [from, into])
          await addMessage({
            kind: 'hours/merged',
            subjectId: row._id,
            data: { personId: String(personId) },
            dedupeKey: `hours-merged:${String(row._id)}:${String(personId)}`,
          });
        return mergeSome(row, parts);
      };
      return inTransaction(work).catch((err: unknown) => {
        throw isDuplicateKey(err) ? new Conflict('transfer-under-way') : err;
      });
    },
  };
}
