import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { SigningKeys } from '../../core/keys.ts';
import type { Locale } from '../../core/locale.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import type { HoursService } from '../hours/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { produceCertificate } from './certificate.document.ts';
import { CertificateModel, CertificateSerialModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
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
import type { Period, ServiceEntry, StatementFacts } from './certificate.types.ts';

export interface CertificateParts {
  readonly hours: HoursService;
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly keys: SigningKeys;
  readonly i18n: I18n;
  readonly publicUrl: string;
}

/** What anybody may learn who holds the code (S-57): the minimum, the name masked. */
export interface PublicFinding {
  readonly number: string;
  readonly maskedName: string;
  readonly tenantName: string;
  readonly periodFrom: string;
  readonly periodTo: string;
  readonly totalMinutes: number;
  readonly issuedAt: string;
  readonly state: 'valid' | 'changed-since' | 'revoked';
  /** Minutes that the ledger holds for the period today. */
  readonly minutesNow: number;
}

export type CertificateService = ReturnType<typeof createCertificateService>;

export function createCertificateService(parts: CertificateParts) {
  const { hours, memberships, people, tenants, units, keys, i18n, publicUrl } = parts;

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

  const same = (
    personId: string,
    period: Period,
    locale: Locale,
    head: string,
  ): Promise<CertificateRow | null> =>
    CertificateModel.findOne({
      personId: new Types.ObjectId(personId),
      periodFrom: period.from,
      periodTo: period.to,
      locale,
      ledgerHead: head,
    }).lean();

  /** The next number of the year, without gaps: the counter moves in the issuing transaction. */
  async function nextNumber(slug: string, year: number): Promise<string> {
    const row = await CertificateSerialModel.findOneAndUpdate(
      { year },
      { $inc: { last: 1 } },
      { upsert: true, returnDocument: 'after' },
    ).lean();
    return certificateNumber(slug, year, row.last);
  }

  async function issueNew(actor: AccountActor, period: Period, locale: Locale): Promise<CertificateRow> {
    const tenant = await tenants.current();
    const membership = await memberships.anyOf(actor.personId);
    if (!membership) throw new NotFound();
    const entries = await entriesOf(actor.personId, period, tenant.id);
    const person = await people.row(actor.personId);
    const unit = await units.get(tenant.rootUnitId);
    if (entries.length === 0) throw new Invalid([{ path: 'from', code: 'nothing-recorded' }]);
    const known = await same(actor.personId, period, locale, ledgerSnapshot(entries).head);
    if (known) return known;
    const issuedAt = contextNow();
    const year = Number(localDate(issuedAt, tenant.zone).slice(0, 4));
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
      number: await nextNumber(tenant.slug, year),
      verificationCode: newVerificationCode(),
      publicUrl,
      locale,
      demo: person.documentType === 'demo',
      issuedAt,
      keyId: keys.currentId,
    };
    const [refusal] = statementRefusals(facts);
    if (refusal) throw new Invalid([{ path: 'from', code: refusal }]);
    const document = await produceCertificate(buildStatement(facts), { keys, i18n });
    const _id = new Types.ObjectId();
    await CertificateModel.create([
      {
        _id,
        personId: person._id,
        membershipId: membership._id,
        number: facts.number,
        code: facts.verificationCode,
        locale,
        periodFrom: period.from,
        periodTo: period.to,
        totalMinutes: document.statement.totalMinutes,
        ledgerHead: document.statement.ledger.head,
        ledgerEntries: document.statement.ledger.entries,
        keyId: facts.keyId,
        signedJson: document.signedJson,
        pdf: document.pdf,
        pdfSha256: document.pdfSha256,
        issuedAt,
        issuedBy: new Types.ObjectId(actor.accountId),
      } as never,
    ]);
    await recordAudit({
      action: 'certificates/issue',
      subjectType: 'Certificate',
      subjectId: _id,
      facts: { number: facts.number, minutes: document.statement.totalMinutes },
    });
    return (await CertificateModel.findById(_id).lean()) as CertificateRow;
  }

  return {
    keys,

    /** Issues, or finds, the certificate of the period: the same state of the ledger is the same certificate (S-59). */
    async issue(actor: AccountActor, period: Period, locale: Locale): Promise<CertificateRow> {
      const { zone } = await tenants.current();
      const [refusal] = periodRefusals(period, localDate(contextNow(), zone));
      if (refusal) throw new Invalid([{ path: 'to', code: refusal }]);
      try {
        return await inTransaction(() => issueNew(actor, period, locale));
      } catch (err) {
        // A rival issue of the same state of the ledger was first: theirs is ours.
        if (!isDuplicateKey(err)) throw err;
        throw new Conflict('request-in-flight');
      }
    },

    async own(actor: AccountActor, limit: number): Promise<CertificateRow[]> {
      return CertificateModel.find({ personId: new Types.ObjectId(actor.personId) })
        .select({ pdf: 0, signedJson: 0 })
        .sort({ issuedAt: -1, _id: -1 })
        .limit(limit)
        .lean();
    },

    /** The holder's own; anything else is missing. */
    async access(actor: Actor, id: string): Promise<CertificateRow> {
      const row = isId(id) ? await CertificateModel.findById(id).lean() : null;
      if (!row || actor.kind !== 'account' || String(row.personId) !== actor.personId) throw new NotFound();
      return row;
    },

    /** What the public page says of a code; null for every code that is not ours, however it looks. */
    async verify(typed: string): Promise<PublicFinding | null> {
      const code = normaliseCode(typed);
      if (!/^[0-9A-Z]{26}$/.test(code)) return null;
      const row = await acrossTenants('verify a certificate by its code', async () =>
        CertificateModel.findOne({ code }).lean(),
      );
      if (!row) return null;
      return asTenant(String(row.tenantId), async () => {
        const tenant = await tenants.current();
        const person = await people.row(row.personId);
        const entries = await entriesOf(
          String(row.personId),
          { from: row.periodFrom, to: row.periodTo },
          tenant.id,
        );
        const minutesNow = entries.reduce((sum, entry) => sum + entry.minutes, 0);
        const state = row.revokedAt ? 'revoked' : minutesNow < row.totalMinutes ? 'changed-since' : 'valid';
        return {
          number: row.number,
          maskedName: maskName(person.name),
          tenantName: tenant.name[row.locale as Locale],
          periodFrom: row.periodFrom,
          periodTo: row.periodTo,
          totalMinutes: row.totalMinutes,
          issuedAt: row.issuedAt.toISOString(),
          state,
          minutesNow,
        };
      });
    },
  };
}
