import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import { can, reachOf } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { hashToken, isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { emailKey } from '../accounts/index.ts';
import type { AccountLinks, AccountService } from '../accounts/index.ts';
import type { Membership, MembershipService } from '../memberships/index.ts';
import type { UnitService } from '../units/index.ts';
import { JoinLinkModel } from './join-link.model.ts';
import type { JoinLinkRow } from './join-link.model.ts';
import { joinLinkState, mayMail } from './join-link.rules.ts';
import type { NewJoinLink } from './join-link.schema.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SORT: readonly SortKey[] = [['_id', -1]];

export interface JoinLinkParts {
  readonly accounts: AccountService;
  readonly links: AccountLinks;
  readonly memberships: MembershipService;
  readonly units: UnitService;
  /** The codes of open links are derived from it, so that they can be shown again and are stored nowhere. */
  readonly codeKey: Buffer;
}

export type JoinLinkService = ReturnType<typeof createJoinLinkService>;

/**
 * Invitations to become a member: open links for posters and fairs, personal ones by mail. Both only fill an application
 * in, which is then reviewed like any other; nothing here tells whether somebody has an account (S-16).
 */
export function createJoinLinkService({ accounts, links, memberships, units, codeKey }: JoinLinkParts) {
  const codeOf = (linkId: string): string => createHmac('sha256', codeKey).update(linkId).digest('base64url');
  const isOpen = (row: JoinLinkRow): boolean => joinLinkState(row, contextNow()) === 'open';

  /** The only way to a link by id: unknown, foreign and out of reach are all missing. */
  async function access(actor: Actor, id: string): Promise<JoinLinkRow> {
    const row = isId(id) ? await JoinLinkModel.findById(id).lean() : null;
    if (!row || !can(actor, 'memberships:create', String(row.unitId))) throw new NotFound();
    return row;
  }

  /**
   * Mails the one-time link of an hour (S-18), unless the address has had its share: that is told to nobody, since it would
   * say what others wrote to the same person.
   */
  async function mail(row: Pick<JoinLinkRow, '_id' | 'tenantId' | 'address'>): Promise<void> {
    requireTransaction('A mailed join link');
    if (row.address === null) return;
    const now = contextNow().getTime();
    const since = (span: number): Promise<number> =>
      links.mailedSince(row.address as string, 'join-link', new Date(now - span));
    // One after the other: a transaction's session takes one command at a time.
    const lastHour = await since(HOUR_MS);
    if (!mayMail(lastHour, await since(DAY_MS))) return;
    const tokenId = await links.issue({
      accountId: null,
      purpose: 'join-link',
      address: row.address,
      tenantId: String(row.tenantId),
      subjectId: row._id,
    });
    await addMessage({
      kind: 'join-links/mailed',
      subjectId: tokenId,
      dedupeKey: `join-link:${tokenId}`,
      expiresAt: new Date(now + HOUR_MS),
    });
  }

  /**
   * The link behind a code in the context's tenant, open or mailed; `stale` when the mail's hour is over but the invitation
   * is not. Null for what is unknown, spent, over or revoked, alike.
   */
  async function behind(code: string): Promise<{ row: JoinLinkRow; stale: boolean } | null> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(code)) return null;
    const open = await JoinLinkModel.findOne({ codeHash: hashToken(code) }).lean();
    if (open) return isOpen(open) ? { row: open, stale: false } : null;
    const token = await links.past(code, 'join-link');
    // The tenant's own wall: a token of another tenant finds no row here.
    const row = token?.subjectId ? await JoinLinkModel.findById(token.subjectId).lean() : null;
    if (!token || !row || !isOpen(row)) return null;
    return { row, stale: token.usedAt !== null || token.expiresAt <= contextNow() };
  }

  /** Counts one use; rivals for the last one are decided by the database. @throws Conflict `join-link-over` */
  async function count(row: JoinLinkRow): Promise<void> {
    const counted = await JoinLinkModel.updateOne(
      {
        _id: row._id,
        revokedAt: null,
        expiresAt: { $gt: contextNow() },
        uses: { $lt: row.maxUses },
      },
      { $inc: { uses: 1 } },
    );
    if (counted.modifiedCount !== 1) throw new Conflict('join-link-over');
    await recordAudit({ action: 'join-links/use', subjectType: 'JoinLink', subjectId: row._id });
  }

  const applicationOf = (row: JoinLinkRow, motivation: string) => ({
    kind: row.kind,
    unitId: String(row.unitId),
    motivation,
    invitedBy: String(row.createdBy),
  });

  return {
    access,

    /** The code of an open link that still leads somewhere. */
    codeOf: (row: JoinLinkRow): string | null =>
      row.codeHash !== null && isOpen(row) ? codeOf(String(row._id)) : null,

    /** @throws Invalid for a unit out of reach or what is no address */
    async create(actor: AccountActor, input: NewJoinLink): Promise<JoinLinkRow> {
      const address = input.email === '' ? null : emailKey(input.email);
      if (input.email !== '' && address === null) throw Invalid.field('email', 'not-an-email');
      return inTransaction(async () => {
        await units.get(input.unitId);
        if (!can(actor, 'memberships:create', input.unitId)) throw new Forbidden('not-permitted');
        const _id = new Types.ObjectId();
        await JoinLinkModel.create([
          {
            _id,
            unitId: new Types.ObjectId(input.unitId),
            kind: input.kind,
            note: input.note,
            address,
            codeHash: address === null ? hashToken(codeOf(String(_id))) : null,
            maxUses: address === null ? input.maxUses : 1,
            createdBy: new Types.ObjectId(actor.accountId),
            createdAt: contextNow(),
            expiresAt: new Date(contextNow().getTime() + input.days * DAY_MS),
          } as never,
        ]);
        const row = (await JoinLinkModel.findById(_id).lean()) as JoinLinkRow;
        await recordAudit({
          action: 'join-links/create',
          subjectType: 'JoinLink',
          subjectId: _id,
          facts: { unitId: input.unitId, kind: input.kind, personal: address !== null, uses: row.maxUses },
        });
        await mail(row);
        return row;
      });
    },

    /** Links of the units within reach, newest first. */
    async list(actor: Actor, limit: number, cursor: string | undefined): Promise<Page<JoinLinkRow>> {
      const reach = reachOf(actor, 'memberships:create');
      const rows = await JoinLinkModel.find({
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row._id]);
    },

    /** Ends the link at once; who applied by it stays an applicant. @throws Conflict when it is over already */
    async revoke(actor: AccountActor, id: string): Promise<JoinLinkRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOpen(row)) throw new Conflict('join-link-over');
        await JoinLinkModel.updateOne(
          { _id: row._id, revokedAt: null },
          { $set: { revokedAt: contextNow() } },
        );
        await recordAudit({ action: 'join-links/revoke', subjectType: 'JoinLink', subjectId: row._id });
        return { ...row, revokedAt: contextNow() };
      });
    },

    /** Mails a personal link once more, to the address it was made for. */
    async mailAgain(actor: AccountActor, id: string): Promise<JoinLinkRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (row.address === null || !isOpen(row)) throw new Conflict('join-link-over');
        await recordAudit({ action: 'join-links/mail', subjectType: 'JoinLink', subjectId: row._id });
        await mail(row);
        return row;
      });
    },

    /** What an invited person reads. @throws NotFound */
    async invited(code: string): Promise<{ row: JoinLinkRow; stale: boolean }> {
      const found = await behind(code);
      if (!found) throw new NotFound('link-not-valid');
      return found;
    },

    /** The holder of a mailed link whose hour is over asks for a fresh one; every code is answered alike. */
    async renew(code: string): Promise<void> {
      await inTransaction(async () => {
        const found = await behind(code);
        if (found) await mail(found.row);
      });
    },

    /**
     * The signed-in person applies as the link says. A personal link serves the address it was mailed to, and nobody else.
     * @throws NotFound, Conflict `join-link-other-address`, `already-member`, `below-lowest-age`
     */
    async apply(actor: AccountActor, code: string, motivation: string): Promise<Membership> {
      return inTransaction(async () => {
        const found = await behind(code);
        if (!found || found.stale) throw new NotFound('link-not-valid');
        const { row } = found;
        if (row.address !== null) {
          const own = await accounts.addressOf(actor.accountId);
          if (own?.email == null || emailKey(own.email) !== row.address)
            throw new Conflict('join-link-other-address');
          await links.use(code, 'join-link');
        }
        const made = await memberships.apply(actor, applicationOf(row, motivation));
        await count(row);
        return made;
      });
    },

    /** For the registration form: the usable link with this code in the tenant. */
    async find(tenantId: string, code: string): Promise<{ id: string; address: string | null } | null> {
      const found = await asTenant(tenantId, () => behind(code));
      return found && !found.stale ? { id: String(found.row._id), address: found.row.address } : null;
    },

    /** After registration: applies as the link says; plainly, when it is over by now or was mailed to another address. */
    async applyBy(
      tenantId: string,
      joinLinkId: string,
      account: { accountId: string; personId: string },
    ): Promise<void> {
      await inTransaction(() =>
        asTenant(tenantId, async () => {
          const row = await JoinLinkModel.findById(joinLinkId).lean();
          const own = await accounts.addressOf(account.accountId);
          const meant =
            row !== null && (row.address === null || (own?.email && emailKey(own.email) === row.address));
          const plain = { kind: 'volunteer' as const, unitId: null, motivation: '' };
          const serves = row !== null && meant && isOpen(row);
          const made = await memberships.applyTo(tenantId, account, serves ? applicationOf(row, '') : plain);
          if (serves && made) await count(row);
        }),
      );
    },
  };
}
