import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import type { SigningKeys } from '../../core/keys.ts';
import type { Locale } from '../../core/locale.ts';
import { inQueue } from '../../core/queue.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { isOwnHand, wasRecordedElsewhere } from '../hours/index.ts';
import type { HoursService } from '../hours/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { produceCertificate } from './certificate.document.ts';
import { CertificateModel, CertificateSerialModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
import {
  activityKey,
  buildStatement,
  certificateNumber,
  entriesOfActivity,
  ledgerSnapshot,
  spanOf,
  statementRefusals,
} from './certificate.rules.ts';
import { newVerificationCode } from './certificate.sign.ts';
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
  /** Whether somebody saw on the person's document that they are called as they call themselves now. */
  readonly isNameSeen: (personId: string) => Promise<boolean>;
  /** Persons whose records became one with this one's: their certificates are this one's. */
  readonly formerPersonsOf: (personId: string) => Promise<string[]>;
  /** Names of those whose records became another's, as they are now, by the person on the certificate. */
  readonly namesNow: (personIds: readonly string[]) => Promise<Map<string, string>>;
}

/** A certificate whose files are made. */
export type CompleteCertificate = CertificateRow & { pdf: Buffer; signedJson: string; pdfSha256: string };

/** What is certified. Everything, and an activity, run from the first service to the last. */
export interface Wanted {
  readonly scope: 'period' | 'all' | 'activity';
  readonly period: Period | null;
  readonly activity: { readonly name: string; readonly unit: string } | null;
}

/** For whom, and by whom. */
export interface Holder {
  readonly personId: string;
  readonly issuedBy: string;
  /** Name of whoever had it made for them; null when they did themselves. */
  readonly handler: string | null;
}

/** Taking a number and making the files: what one certificate and a thousand have in common. */
export function createIssuing(parts: CertificateParts) {
  const { hours, memberships, people, tenants, units, keys, i18n, publicUrl, isIdentified } = parts;

  const entriesOf = async (
    personId: string,
    period: Period | null,
    tenantId: string,
    ofActivity: string,
    locale: Locale,
  ): Promise<ServiceEntry[]> =>
    entriesOfActivity(
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
        // Another record of the same human in the same organisation is no other origin.
        ...(record.origin && wasRecordedElsewhere(record)
          ? { origin: record.origin.recordedBy[locale] }
          : {}),
        ...(record.state === 'moved' ? { wentAlong: true } : {}),
        recordedAs: record.personName,
      })),
      ofActivity,
    );

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
    wanted: Wanted & { readonly period: Period },
    locale: Locale,
    entries: readonly ServiceEntry[],
    handler: string | null,
  ): Promise<StatementDraft> {
    const tenant = await tenants.current();
    const person = await people.row(membership.personId);
    const unit = await units.get(tenant.rootUnitId);
    const issuedAt = contextNow();
    const facts: Omit<StatementFacts, 'number'> = {
      tenant,
      person: { displayName: person.name, volunteerNumber: null },
      period: wanted.period,
      scope: scopeOf(wanted) ?? null,
      entries,
      issuer: {
        unit: unit.name[locale],
        handler: handler ?? i18n.t(locale, 'certificates.issuedBySystem'),
        contact: '',
      },
      verificationCode: newVerificationCode(),
      publicUrl,
      locale,
      demo: person.documentType === 'demo',
      issuedAt,
      keyId: keys.currentId,
    };
    // Asked before a number is taken: there are no gaps, whoever else is issued to in the same transaction.
    const [refusal] = statementRefusals({ ...facts, number: '' });
    if (refusal) throw Invalid.field('from', refusal);
    const number = await nextNumber(tenant.slug, Number(localDate(issuedAt, tenant.zone).slice(0, 4)));
    return buildStatement({ ...facts, number });
  }

  /**
   * Hours are certified under the name they were recorded under, or under one that somebody has seen since: whoever may call
   * themselves anything could else sell what they gave (S-10).
   */
  async function assertName(personId: string, entries: readonly ServiceEntry[]): Promise<void> {
    const { name } = await people.row(personId);
    if (entries.every(({ recordedAs }) => recordedAs === undefined || recordedAs === name)) return;
    if (!(await parts.isNameSeen(personId))) throw new Conflict('name-not-seen');
  }

  /**
   * Finds the certificate of this state of the ledger, or takes a number and states it (S-59). In the caller's transaction;
   * refusals come before anything is written.
   * @throws NotFound for no member, Conflict `identity-needed`, `confirmed-by-own-account` or `name-not-seen`, Invalid at `from`
   */
  async function reserve(
    holder: Holder,
    wanted: Wanted,
    locale: Locale,
  ): Promise<{ readonly row: CertificateRow; readonly isNew: boolean }> {
    const membership = await memberships.anyOf(holder.personId);
    if (!membership) throw new NotFound();
    if (!(await isIdentified(holder.personId))) throw new Conflict('identity-needed');
    if (await isOwnHand(holder.personId)) throw new Conflict('confirmed-by-own-account');
    const ofActivity = activityKey(wanted.activity);
    const entries = await entriesOf(
      holder.personId,
      wanted.period,
      String(membership.tenantId),
      ofActivity,
      locale,
    );
    const period = wanted.period ?? spanOf(entries);
    if (entries.length === 0 || !period) throw Invalid.field('from', 'nothing-recorded');
    await assertName(holder.personId, entries);
    const same = {
      personId: membership.personId,
      periodFrom: period.from,
      periodTo: period.to,
      locale,
      ledgerHead: ledgerSnapshot(entries).head,
      activityKey: ofActivity,
    };
    const known = await CertificateModel.findOne({ ...same, revokedAt: null }).lean();
    if (known) return { row: known, isNew: false };
    const draft = await draftOf(membership, { ...wanted, period }, locale, entries, holder.handler);
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
        issuedBy: new Types.ObjectId(holder.issuedBy),
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
    return { row: (await CertificateModel.findById(_id).lean()) as CertificateRow, isNew: true };
  }

  /**
   * The certificate with its files. Drawing is done outside the issuing transaction, which would hold the tenant's counter all
   * that time; whoever finds a row whose maker was killed makes them.
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

  return { entriesOf, reserve, complete };
}

function scopeOf({ scope, activity }: Wanted): StatementDraft['scope'] | null {
  if (activity) return { kind: 'activity', activity: activity.name, unit: activity.unit };
  return scope === 'all' ? { kind: 'all' } : null;
}

const isComplete = (row: CertificateRow): row is CompleteCertificate => row.pdf !== null;
