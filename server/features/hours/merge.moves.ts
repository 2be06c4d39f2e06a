import { Types } from 'mongoose';
import { acrossTenants, requireTenantId } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { lockPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursModel } from './hours.model.ts';
import { stayBehind } from './merge.rules.ts';
import { moveIn, moveOut, noteMoved, recordsStaying } from './transfer.moves.ts';
import { TransferModel } from './transfer.model.ts';
import type { TransferRow } from './transfer.model.ts';

export interface MergeMoveParts {
  readonly identityDocuments: Pick<IdentityDocumentService, 'personsLike'>;
  readonly memberships: Pick<MembershipService, 'row'>;
  readonly tenants: Pick<TenantService, 'current'>;
}

/** Ids of records that do not go along (`merge.rules.ts`), and what goes. */
export async function staysOf(
  from: Types.ObjectId,
  into: Types.ObjectId,
  { personsLike }: Pick<IdentityDocumentService, 'personsLike'>,
): Promise<{ stay: Types.ObjectId[]; records: number; minutes: number }> {
  const records = await recordsStaying(from);
  const theirs = await acrossTenants('hours: a minute of a person counts once', () =>
    HoursModel.find({ personId: into, state: 'posted' } as never)
      .select({ servedFrom: 1, servedTo: 1 })
      .lean(),
  );
  const ids = new Set(
    stayBehind(
      records.map(({ _id, servedFrom, servedTo, confirmedByPersonId }) => ({
        id: String(_id),
        from: servedFrom,
        to: servedTo,
        confirmedBy: String(confirmedByPersonId),
      })),
      theirs.map(({ servedFrom, servedTo }) => ({ from: servedFrom, to: servedTo })),
      new Set([String(into), ...(await personsLike(String(from)))]),
    ),
  );
  const going = records.filter(({ _id }) => !ids.has(String(_id)));
  return {
    stay: [...ids].map((id) => new Types.ObjectId(id)),
    records: going.length,
    minutes: going.reduce((sum, { recordedMinutes }) => sum + recordedMinutes, 0),
  };
}

/** Carries one piece over from one record of a human to the other, in one transaction with what is noted of it. */
export async function mergeSome(
  row: TransferRow,
  { identityDocuments, memberships, tenants }: MergeMoveParts,
): Promise<TransferRow> {
  const membership = row.into
    ? ((await memberships.row(String(row.into.membershipId))) as MembershipRow)
    : null;
  if (!membership) throw new Conflict('not-a-member');
  const here = await tenants.current();
  const { stay } = await staysOf(row.personId, membership.personId, identityDocuments);
  const to = {
    tenantId: new Types.ObjectId(requireTenantId()),
    transferId: row.transferId,
    personId: membership.personId,
  };
  const records = await moveOut(row.personId, to, here.zone, stay);
  // Whoever confirms an hour of the kept record at the same time meets this here.
  for (const { servedFrom, servedTo } of records)
    await lockPersonDays(String(membership.personId), { startsAt: servedFrom, endsAt: servedTo });
  if (records.length > 0) await moveIn(records, here, row.transferId, membership, here.zone);
  return noteMoved(row, records);
}

/** Persons whose records became one with this one's in the current organisation: earlier papers name them. */
export async function formerPersonsOf(personId: string): Promise<string[]> {
  const found: string[] = [];
  // A record that took others in may have been taken in itself.
  for (let ids = [personId]; ids.length > 0;) {
    const rows = await TransferModel.find({
      direction: 'merge',
      'into.personId': { $in: ids.map((id) => new Types.ObjectId(id)) },
    } as never)
      .select({ personId: 1 })
      .lean();
    ids = rows.map((row) => String(row.personId)).filter((id) => id !== personId && !found.includes(id));
    found.push(...ids);
  }
  return found;
}

/** Who has now what this person had at that time: those whose records became another's since have nothing any more. */
export async function personSince(personId: Types.ObjectId, at: Date): Promise<Types.ObjectId> {
  let [now, since] = [personId, { $gte: at } as object];
  for (;;) {
    const row = await TransferModel.findOne({ direction: 'merge', personId: now, createdAt: since } as never)
      .sort({ createdAt: 1 })
      .select({ into: 1, createdAt: 1 })
      .lean();
    if (!row?.into) return now;
    [now, since] = [row.into.personId, { $gt: row.createdAt }];
  }
}

/** The person that each of these is now, for those whose records became another's in the current organisation. */
export async function personsNow(personIds: readonly string[]): Promise<Map<string, string>> {
  const now = new Map<string, string>();
  for (let ids = [...new Set(personIds)]; ids.length > 0;) {
    const rows = await TransferModel.find({
      direction: 'merge',
      personId: { $in: ids.map((id) => new Types.ObjectId(id)) },
    } as never)
      .sort({ createdAt: 1 })
      .select({ personId: 1, into: 1 })
      .lean();
    for (const { personId, into } of rows) if (into) now.set(String(personId), String(into.personId));
    ids = rows.map(({ into }) => String(into?.personId)).filter((id) => !now.has(id));
  }
  const last = (id: string, seen: readonly string[] = []): string => {
    const next = now.get(id);
    return next === undefined || seen.includes(next) ? id : last(next, [...seen, id]);
  };
  return new Map([...now.keys()].map((id) => [id, last(id)]));
}

/**
 * Whose the hours of this place are: its own person's, or, where that record became another's since, those of who is kept. A place
 * stays with the person who took it; what comes of it late must not stand at a record that has ended.
 */
export async function holderOf<
  Place extends { personId: Types.ObjectId; membershipId: Types.ObjectId | null; personName: string },
>(place: Place, { ofPeople }: Pick<MembershipService, 'ofPeople'>): Promise<Place> {
  const now = (await personsNow([String(place.personId)])).get(String(place.personId));
  const [kept] = now === undefined ? [] : await ofPeople([now]);
  if (!kept) return place;
  return { ...place, personId: kept.personId, membershipId: kept._id, personName: kept.personName };
}
