import { randomInt } from 'node:crypto';
import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { contextNow, requireTenantId } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import type { SigningKeys } from '../../core/keys.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import type { HoursService } from '../hours/index.ts';
import type { TenantService } from '../tenants/index.ts';
import {
  badgeCredential,
  originDid,
  STATUS_LIST_FILL,
  STATUS_LIST_LENGTH,
  statusListUrl,
  tenantDid,
} from './certificate.credential.rules.ts';
import type { BadgeWords } from './certificate.credential.rules.ts';
import { didDocument, proveCredential, statusListCredential } from './certificate.credential.sign.ts';
import { CertificateModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
import type { CertificateService } from './certificate.service.ts';

/** A list is signed anew when a bit changed, and at least this often, so that its age says something. */
const LIST_LIVES_MS = 3_600_000;
/** Lists kept signed in memory. */
const KEPT_LISTS = 200;

export interface CredentialParts {
  readonly certificates: CertificateService;
  readonly hours: HoursService;
  readonly tenants: TenantService;
  readonly keys: SigningKeys;
  readonly i18n: I18n;
  readonly publicUrl: string;
}

export type BadgeService = ReturnType<typeof createBadgeService>;

/** Certificates as verifiable credentials (VC 2.0, Open Badges 3.0), their issuers and their status. */
export function createBadgeService(parts: CredentialParts) {
  const { certificates, hours, tenants, keys, i18n, publicUrl } = parts;
  const signedLists = new Map<string, { bits: string; text: string; until: number }>();

  /** A random free place of the list that is being filled: the place says nothing of when or to whom. */
  async function takePlace(row: CertificateRow): Promise<CertificateRow> {
    if (typeof row.statusIndex === 'number') return row;
    const taken = await CertificateModel.countDocuments({ statusIndex: { $type: 'number' } } as never);
    const statusList = 1 + Math.floor(taken / STATUS_LIST_FILL);
    for (;;) {
      try {
        await CertificateModel.updateOne(
          { _id: row._id, statusIndex: null },
          {
            $set: { statusList, statusIndex: randomInt(STATUS_LIST_LENGTH) },
          },
        );
        return (await CertificateModel.findById(row._id).lean()) as CertificateRow;
      } catch (err) {
        if (!isDuplicateKey(err)) throw err;
      }
    }
  }

  function wordsOf(row: CertificateRow): BadgeWords {
    const { draft } = row;
    const t = (key: string): string =>
      i18n.t(draft.locale, `certificates.badge.${key}` as 'certificates.badge.name', {
        number: draft.number,
        tenant: draft.tenant.name[draft.locale] || draft.tenant.name['zh-CN'],
        from: draft.period.from,
        to: draft.period.to,
        minutes: draft.totalMinutes,
        count: draft.services,
      });
    return {
      name: t('name'),
      description: t('description'),
      criteria: t('criteria'),
      minutes: t('minutes'),
      evidence: t('evidence'),
    };
  }

  /** Places of the list whose certificates do not hold any more: revoked, or hours taken back since. */
  async function fallen(statusList: number): Promise<number[]> {
    const reversed = (await hours.peopleWithReversals()).map((id) => new Types.ObjectId(id));
    const rows = await CertificateModel.find({
      statusList,
      $or: [{ revokedAt: { $ne: null } }, { personId: { $in: reversed } }],
    } as never)
      .select({ pdf: 0, signedJson: 0, credentialJson: 0 })
      .lean();
    const indexes: number[] = [];
    for (const row of rows)
      if (row.revokedAt !== null || (await certificates.standing(row)).state !== 'valid')
        indexes.push(row.statusIndex as number);
    return indexes.sort((a, b) => a - b);
  }

  return {
    /** The certificate as a signed credential, made once: JSON text, and the certificate's number. */
    async credential(actor: Actor, id: string): Promise<{ number: string; json: string }> {
      const found = await certificates.access(actor, id);
      if (found.credentialJson) return { number: found.number, json: found.credentialJson };
      const row = await takePlace(found);
      const { period, tenant } = row.draft;
      const place = { list: row.statusList as number, index: row.statusIndex as number };
      const instants = {
        from: startOfDay(period.from, period.zone),
        to: new Date(startOfDay(addDays(period.to, 1), period.zone).getTime() - 1_000),
      };
      const unsigned = badgeCredential(row.draft, publicUrl, place, instants, wordsOf(row));
      const json = await proveCredential(unsigned, tenantDid(publicUrl, tenant.slug), keys, 'set');
      // Whoever was quicker made the one that is kept.
      await inTransaction(async () => {
        const { modifiedCount } = await CertificateModel.updateOne(
          { _id: row._id, credentialJson: null },
          { $set: { credentialJson: json } },
        );
        if (modifiedCount > 0)
          await recordAudit({
            action: 'certificates/sign-credential',
            subjectType: 'Certificate',
            subjectId: row._id,
            facts: { keyId: keys.currentId, list: place.list, index: place.index },
          });
      });
      const kept = await CertificateModel.findById(row._id).select({ credentialJson: 1 }).lean();
      return { number: row.number, json: kept?.credentialJson ?? json };
    },

    /**
     * A status list of the current tenant as a signed credential: which of its certificates do not hold.
     * @throws NotFound for a list that was not begun
     */
    async statusList(list: number): Promise<string> {
      const { slug } = await tenants.current();
      if (list > 1 && !(await CertificateModel.exists({ statusList: list }))) throw new NotFound();
      const url = statusListUrl(publicUrl, slug, list);
      const revoked = await fallen(list);
      const [key, bits, at] = [`${requireTenantId()} ${list}`, revoked.join(), contextNow().getTime()];
      const known = signedLists.get(key);
      if (known?.bits === bits && known.until > at) return known.text;
      const did = tenantDid(publicUrl, slug);
      const text = await proveCredential(await statusListCredential(url, did, revoked), did, keys);
      if (signedLists.size >= KEPT_LISTS) signedLists.clear();
      signedLists.set(key, { bits, text, until: at + LIST_LIVES_MS });
      return text;
    },

    /** The DID document of the current tenant. */
    tenantDocument: async (): Promise<object> =>
      didDocument(tenantDid(publicUrl, (await tenants.current()).slug), keys.jwks.keys),

    /** The DID document of the installation itself. */
    originDocument: (): Promise<object> => didDocument(originDid(publicUrl), keys.jwks.keys),
  };
}
