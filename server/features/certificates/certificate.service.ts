import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Locale } from '../../core/locale.ts';
import { authorize } from '../../core/policy.ts';
import { inQueue } from '../../core/queue.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { createIssuing } from './certificate.issue.ts';
import type { CertificateParts, CompleteCertificate, Wanted } from './certificate.issue.ts';
import { CertificateModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
import { canRevoke } from './certificate.policy.ts';
import { maskName, normaliseCode, periodRefusals } from './certificate.rules.ts';
import { standingMinutes } from './certificate.standing.rules.ts';

/** What somebody wants certified, as they ask for it. */
export interface CertificateWish {
  /** A period unless said otherwise. */
  readonly scope?: Wanted['scope'] | undefined;
  /** Local dates, for a period. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A record of the activity, for an activity. */
  readonly hoursId?: string | undefined;
}

/** Activities to choose from. */
const ACTIVITIES = 50;

/** What of a certificate holds today. */
export interface Standing {
  readonly state: 'valid' | 'changed-since' | 'revoked';
  /** Minutes of those it states that were not taken back since. */
  readonly minutesNow: number;
}

/** What anybody may learn who holds the code (S-57): the minimum, the name masked. */
export interface PublicFinding extends Standing {
  readonly number: string;
  readonly maskedName: string;
  readonly tenantName: string;
  readonly periodFrom: string;
  readonly periodTo: string;
  readonly totalMinutes: number;
  readonly issuedAt: string;
  readonly revokedAt: string | null;
}

const ISSUED_SORT: readonly SortKey[] = [
  ['issuedAt', -1],
  ['_id', -1],
];
/** Lists need neither files nor lines. */
const WITHOUT_FILES = { pdf: 0, signedJson: 0, credentialJson: 0, 'draft.lines': 0 };

export type CertificateService = ReturnType<typeof createCertificateService>;

export function createCertificateService(parts: CertificateParts) {
  const { hours, tenants, keys } = parts;

  const { entriesOf, reserve, complete } = createIssuing(parts);

  /** The person, and everybody whose record became one with theirs. */
  const ownersOf = async (actor: AccountActor): Promise<string[]> => [
    actor.personId,
    ...(await parts.formerPersonsOf(actor.personId)),
  ];

  /** One's own, or one of a member whose hours the actor may see; anything else is missing. */
  async function access(actor: Actor, id: string): Promise<CertificateRow> {
    const row = isId(id) ? await CertificateModel.findById(id).lean() : null;
    const own =
      row !== null && actor.kind === 'account' && (await ownersOf(actor)).includes(String(row.personId));
    const sees =
      row !== null &&
      (['hours:see', 'certificates:see'] as const).some((may) => can(actor, may, String(row.unitId)));
    if (!row || (!own && !sees)) throw new NotFound();
    return row;
  }

  async function standing(row: CertificateRow): Promise<Standing> {
    const period = { from: row.periodFrom, to: row.periodTo };
    const entries = await entriesOf(
      String(row.personId),
      period,
      String(row.tenantId),
      row.activityKey,
      row.locale as Locale,
    );
    const minutesNow = standingMinutes(row.draft.ledger.sequence, entries);
    if (row.revokedAt) return { state: 'revoked', minutesNow };
    return { state: minutesNow < row.totalMinutes ? 'changed-since' : 'valid', minutesNow };
  }

  /** A wish with its activity found and its period checked. */
  async function resolved(wish: CertificateWish): Promise<Wanted> {
    const { zone } = await tenants.current();
    if (wish.scope === 'all') return { scope: 'all', period: null, activity: null };
    if (wish.scope === 'activity') {
      const activity = await hours.activityOfRecord(wish.hoursId ?? '');
      if (!activity) throw Invalid.field('hoursId', 'nothing-recorded');
      return { scope: 'activity', period: null, activity };
    }
    const missing = (['from', 'to'] as const).filter((field) => wish[field] === undefined);
    if (missing.length > 0) throw new Invalid(missing.map((path) => ({ path, code: 'required' })));
    const period = { from: wish.from ?? '', to: wish.to ?? '' };
    const [refusal] = periodRefusals(period, localDate(contextNow(), zone));
    if (refusal) throw Invalid.field('to', refusal);
    return { scope: 'period', period, activity: null };
  }

  return {
    keys,
    access,
    standing,

    /**
     * Issues, or finds, the certificate of what is wanted: the same state of the ledger is the same certificate (S-59).
     * @throws Invalid by field when the period or the activity will not do, or nothing is recorded
     * @throws Conflict `identity-needed` while it is not known who the person is
     */
    async issue(actor: AccountActor, wish: CertificateWish, locale: Locale): Promise<CompleteCertificate> {
      const { id: tenantId } = await tenants.current();
      const wanted = await resolved(wish);
      const holder = { personId: actor.personId, issuedBy: actor.accountId, handler: null };
      const attempt = (): Promise<CertificateRow> =>
        inTransaction(async () => (await reserve(holder, wanted, locale)).row);
      const row = await inQueue(`certificates/number:${tenantId}`, attempt).catch((err: unknown) => {
        // A rival issue of the same state of the ledger was first: theirs is found now.
        if (isDuplicateKey(err)) return attempt();
        throw err;
      });
      return complete(row._id);
    },

    /** Activities for which the person may have a certificate, the latest first. */
    activities: (actor: AccountActor) => hours.activitiesOf(actor.personId, ACTIVITIES),

    resolved,
    reserve,
    complete,

    /** Name of the record that the holder's became, as it is now; null where the holder's own is there. */
    holderNow: async (row: CertificateRow): Promise<string | null> =>
      (await parts.namesNow([String(row.personId)])).get(String(row.personId)) ?? null,

    /** Both files of a certificate that the actor may see. */
    files: async (actor: Actor, id: string): Promise<CompleteCertificate> =>
      complete((await access(actor, id))._id),

    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<CertificateRow>> {
      const rows = await CertificateModel.find({
        personId: { $in: (await ownersOf(actor)).map((id) => new Types.ObjectId(id)) },
        ...afterCursor(ISSUED_SORT, cursor),
      } as never)
        .select(WITHOUT_FILES)
        .sort(sortOf(ISSUED_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.issuedAt, row._id]);
    },

    /** What was issued to members within reach of `certificates:see`, newest first, or the one with this number. */
    async issued(
      actor: AccountActor,
      number: string | null,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<CertificateRow & { readonly holder: string; readonly holderNow: string | null }>> {
      const reach = reachOf(actor, 'certificates:see');
      const rows = await CertificateModel.find({
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...(number === null ? {} : { number }),
        ...afterCursor(ISSUED_SORT, cursor),
      } as never)
        .select({ pdf: 0, signedJson: 0 })
        .sort(sortOf(ISSUED_SORT))
        .limit(limit + 1)
        .lean();
      const now = await parts.namesNow(rows.map(({ personId }) => String(personId)));
      return pageOf(
        rows.map((row) => ({
          ...row,
          holder: row.draft.person.displayName,
          holderNow: now.get(String(row.personId)) ?? null,
        })),
        limit,
        (row) => [row.issuedAt, row._id],
      );
    },

    /** The certificate, where the actor may propose to withdraw it. @throws NotFound, Forbidden, Conflict */
    async toRevoke(actor: AccountActor, id: string): Promise<CertificateRow> {
      const row = await access(actor, id);
      authorize(canRevoke(actor, row));
      if (row.revokedAt) throw new Conflict('certificate-revoked');
      return row;
    },

    /** Withdraws a certificate that should not have been issued; its number stays, its page says so. */
    async revoke(actor: AccountActor, id: string, reason: string): Promise<CertificateRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        authorize(canRevoke(actor, row));
        const after = await CertificateModel.findOneAndUpdate(
          { _id: row._id, revokedAt: null },
          {
            $set: {
              revokedAt: contextNow(),
              revokedBy: new Types.ObjectId(actor.accountId),
              revocationReason: reason,
            },
          },
          { returnDocument: 'after' },
        ).lean();
        if (!after) throw new Conflict('certificate-revoked');
        await recordAudit({
          action: 'certificates/revoke',
          subjectType: 'Certificate',
          subjectId: row._id,
          reason,
        });
        await addMessage({
          kind: 'certificates/revoked',
          subjectId: row._id,
          dedupeKey: `certificate-revoked:${String(row._id)}`,
        });
        return after;
      });
    },

    /** What the public page says of a code; null for every code that is not ours, however it looks. */
    async verify(typed: string): Promise<PublicFinding | null> {
      const code = normaliseCode(typed);
      if (!/^[0-9A-Z]{26}$/.test(code)) return null;
      const row = await acrossTenants('verify a certificate by its code', async () =>
        CertificateModel.findOne({ code }).select({ pdf: 0, signedJson: 0 }).lean(),
      );
      if (!row) return null;
      return asTenant(String(row.tenantId), async () => ({
        ...(await standing(row)),
        number: row.number,
        // As it was stated: a later change of the person's name is nobody's business here.
        maskedName: maskName(row.draft.person.displayName),
        tenantName: row.draft.tenant.name[row.locale as Locale],
        periodFrom: row.periodFrom,
        periodTo: row.periodTo,
        totalMinutes: row.totalMinutes,
        issuedAt: row.issuedAt.toISOString(),
        revokedAt: row.revokedAt?.toISOString() ?? null,
      }));
    },
  };
}
