import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { SigningKeys } from '../../core/keys.ts';
import type { Locale } from '../../core/locale.ts';
import { authorize } from '../../core/policy.ts';
import { inQueue } from '../../core/queue.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import type { HoursService } from '../hours/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { produceCertificate } from './certificate.document.ts';
import { CertificateModel, CertificateSerialModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
import { canRevoke } from './certificate.policy.ts';
import {
  buildStatement,
  certificateNumber,
  ledgerSnapshot,
  maskName,
  normaliseCode,
  periodRefusals,
  statementRefusals,
} from './certificate.rules.ts';
import { newVerificationCode } from './certificate.sign.ts';
import { standingMinutes } from './certificate.standing.rules.ts';
import type { Period, ServiceEntry, StatementDraft, StatementFacts } from './certificate.types.ts';

export interface CertificateParts {
  readonly hours: HoursService;
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly keys: SigningKeys;
  readonly i18n: I18n;
  readonly publicUrl: string;
  /** Whether it is known who the person is: hours of nobody in particular are not certified. */
  readonly isIdentified: (personId: string) => Promise<boolean>;
}

/** A certificate whose files are made. */
export type CompleteCertificate = CertificateRow & { pdf: Buffer; signedJson: string; pdfSha256: string };

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
/** Lists need neither files nor texts. */
const WITHOUT_FILES = { pdf: 0, signedJson: 0, credentialJson: 0, draft: 0 };

export type CertificateService = ReturnType<typeof createCertificateService>;

export function createCertificateService(parts: CertificateParts) {
  const { hours, memberships, people, tenants, units, keys, i18n, publicUrl, isIdentified } = parts;

  const entriesOf = async (personId: string, period: Period, tenantId: string): Promise<ServiceEntry[]> =>
    (await hours.ledgerOf(personId, period)).map(({ entry, record }) => ({
      tenantId,
      hoursId: String(entry.hoursId),
      sequence: entry.seq,
      hash: entry.hash,
      minutes: entry.minutes,
      serviceDate: entry.serviceDate,
      ruleVersion: entry.ruleVersion,
      activity: record.activity.name,
      content: record.activity.content,
      place: record.activity.place,
      unit: record.activity.unitName,
      leader: record.activity.leaderName,
    }));

  /** The next number of the year, without gaps: the counter moves in the issuing transaction. */
  async function nextNumber(slug: string, year: number): Promise<string> {
    const row = await CertificateSerialModel.findOneAndUpdate(
      { year },
      { $inc: { last: 1 } },
      { upsert: true, returnDocument: 'after' },
    ).lean();
    return certificateNumber(slug, year, row.last);
  }

  /** Everything that is stated, read and numbered inside the issuing transaction. */
  async function draftOf(
    membership: MembershipRow,
    period: Period,
    locale: Locale,
    entries: readonly ServiceEntry[],
  ): Promise<StatementDraft> {
    const tenant = await tenants.current();
    const person = await people.row(membership.personId);
    const unit = await units.get(tenant.rootUnitId);
    const issuedAt = contextNow();
    const facts: StatementFacts = {
      tenant,
      person: { displayName: person.name, volunteerNumber: null },
      period,
      entries,
      issuer: {
        unit: unit.name[locale],
        handler: i18n.t(locale, 'certificates.issuedBySystem'),
        contact: '',
      },
      number: await nextNumber(tenant.slug, Number(localDate(issuedAt, tenant.zone).slice(0, 4))),
      verificationCode: newVerificationCode(),
      publicUrl,
      locale,
      demo: person.documentType === 'demo',
      issuedAt,
      keyId: keys.currentId,
    };
    const [refusal] = statementRefusals(facts);
    if (refusal) throw new Invalid([{ path: 'from', code: refusal }]);
    return buildStatement(facts);
  }

  /** Finds the certificate of this state of the ledger, or takes a number and states it (S-59). */
  async function reserve(actor: AccountActor, period: Period, locale: Locale): Promise<CertificateRow> {
    const membership = await memberships.anyOf(actor.personId);
    if (!membership) throw new NotFound();
    if (!(await isIdentified(actor.personId))) throw new Conflict('identity-needed');
    const entries = await entriesOf(actor.personId, period, String(membership.tenantId));
    if (entries.length === 0) throw new Invalid([{ path: 'from', code: 'nothing-recorded' }]);
    const same = {
      personId: membership.personId,
      periodFrom: period.from,
      periodTo: period.to,
      locale,
      ledgerHead: ledgerSnapshot(entries).head,
    };
    const known = await CertificateModel.findOne({ ...same, revokedAt: null }).lean();
    if (known) return known;
    const draft = await draftOf(membership, period, locale, entries);
    const _id = new Types.ObjectId();
    await CertificateModel.create([
      {
        _id,
        ...same,
        membershipId: membership._id,
        unitId: membership.unitId,
        number: draft.number,
        code: draft.verificationCode,
        totalMinutes: draft.totalMinutes,
        ledgerEntries: draft.ledger.entries,
        draft,
        issuedAt: contextNow(),
        issuedBy: new Types.ObjectId(actor.accountId),
      } as never,
    ]);
    await recordAudit({
      action: 'certificates/issue',
      subjectType: 'Certificate',
      subjectId: _id,
      facts: { number: draft.number, minutes: draft.totalMinutes },
    });
    await addMessage({
      kind: 'certificates/issued',
      subjectId: _id,
      dedupeKey: `certificate-issued:${String(_id)}`,
    });
    return (await CertificateModel.findById(_id).lean()) as CertificateRow;
  }

  /**
   * The certificate with its files. Drawing takes a tenth of a second, so it is done outside the issuing transaction,
   * which would hold the tenant's counter all that time; whoever finds a row whose maker was killed makes them.
   */
  const complete = (id: Types.ObjectId): Promise<CompleteCertificate> =>
    inQueue(`certificates/draw:${String(id)}`, async () => {
      const row = await CertificateModel.findById(id).lean();
      if (!row) throw new NotFound();
      if (isComplete(row)) return row;
      // Nothing was signed yet, so a key that came since may sign.
      const draft = { ...row.draft, keyId: keys.currentId };
      const { signedJson, pdf, pdfSha256 } = await produceCertificate(draft, { keys, i18n });
      return inTransaction(async () => {
        const { modifiedCount } = await CertificateModel.updateOne(
          { _id: id, pdf: null },
          { $set: { draft, keyId: draft.keyId, signedJson, pdf, pdfSha256 } },
        );
        if (modifiedCount > 0)
          await recordAudit({
            action: 'certificates/sign',
            subjectType: 'Certificate',
            subjectId: id,
            facts: { keyId: draft.keyId },
          });
        return (await CertificateModel.findById(id).lean()) as CompleteCertificate;
      });
    });

  /** One's own, or one of a member whose hours the actor may see; anything else is missing. */
  async function access(actor: Actor, id: string): Promise<CertificateRow> {
    const row = isId(id) ? await CertificateModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
    if (!row || (!own && !can(actor, 'hours:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  async function standing(row: CertificateRow): Promise<Standing> {
    const period = { from: row.periodFrom, to: row.periodTo };
    const entries = await entriesOf(String(row.personId), period, String(row.tenantId));
    const minutesNow = standingMinutes(row.draft.ledger.sequence, entries);
    if (row.revokedAt) return { state: 'revoked', minutesNow };
    return { state: minutesNow < row.totalMinutes ? 'changed-since' : 'valid', minutesNow };
  }

  return {
    keys,
    access,
    standing,

    /** Issues, or finds, the certificate of the period: the same state of the ledger is the same certificate (S-59). */
    async issue(actor: AccountActor, period: Period, locale: Locale): Promise<CompleteCertificate> {
      const { zone, id: tenantId } = await tenants.current();
      const [refusal] = periodRefusals(period, localDate(contextNow(), zone));
      if (refusal) throw new Invalid([{ path: 'to', code: refusal }]);
      const attempt = (): Promise<CertificateRow> => inTransaction(() => reserve(actor, period, locale));
      const row = await inQueue(`certificates/number:${tenantId}`, attempt).catch((err: unknown) => {
        // A rival issue of the same state of the ledger was first: theirs is found now.
        if (isDuplicateKey(err)) return attempt();
        throw err;
      });
      return complete(row._id);
    },

    /** Both files of a certificate that the actor may see. */
    files: async (actor: Actor, id: string): Promise<CompleteCertificate> =>
      complete((await access(actor, id))._id),

    async own(actor: AccountActor, limit: number): Promise<CertificateRow[]> {
      return CertificateModel.find({ personId: new Types.ObjectId(actor.personId) })
        .select(WITHOUT_FILES)
        .sort(sortOf(ISSUED_SORT))
        .limit(limit)
        .lean();
    },

    /** What was issued to members within reach of `certificates:revoke`, newest first, or the one with this number. */
    async issued(
      actor: AccountActor,
      number: string | null,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<CertificateRow & { readonly holder: string }>> {
      const reach = reachOf(actor, 'certificates:revoke');
      const rows = await CertificateModel.find({
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...(number === null ? {} : { number }),
        ...afterCursor(ISSUED_SORT, cursor),
      } as never)
        .select({ pdf: 0, signedJson: 0 })
        .sort(sortOf(ISSUED_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(
        rows.map((row) => ({ ...row, holder: row.draft.person.displayName })),
        limit,
        (row) => [row.issuedAt, row._id],
      );
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

const isComplete = (row: CertificateRow): row is CompleteCertificate => row.pdf !== null;
