import { z } from 'zod';
import { LOCALES } from '../../core/locale.ts';

/** What a service certificate 志愿服务记录证明 states. The signed JSON is exactly this, in canonical form. */
export const STATEMENT_TYPE = 'linli/service-certificate';
export const STATEMENT_VERSION = 1;

const localDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const text = z.string();
const count = z.int().min(0);

/**
 * One service, or several of one kind when a certificate would otherwise run to dozens of pages. Activity and recording
 * unit are mandatory.
 */
export const certificateLineSchema = z.strictObject({
  /** First and last local date. */
  from: localDate,
  to: localDate,
  /** How many services the line stands for. */
  services: z.int().min(1),
  activity: text.min(1),
  content: text,
  place: text,
  /** The unit that organised and recorded it. */
  unit: text.min(1),
  leader: text,
  /** The organisation that recorded and confirmed it, where its hours were taken along from there. */
  origin: text.min(1).optional(),
  minutes: z.int().min(1),
});

export const certificateStatementSchema = z.strictObject({
  type: z.literal(STATEMENT_TYPE),
  version: z.literal(STATEMENT_VERSION),
  number: text.min(1),
  verificationCode: text.min(1),
  verifyUrl: text.min(1),
  /** Language of the PDF. */
  locale: z.enum(LOCALES),
  /** Issued by a demonstration installation: proves nothing. */
  demo: z.boolean(),
  /** Who recorded and who certifies: always the same tenant. */
  tenant: z.strictObject({ slug: text.min(1), name: z.strictObject({ 'zh-CN': text, en: text }) }),
  /** Never an ID number. */
  person: z.strictObject({ displayName: text.min(1), volunteerNumber: text.nullable() }),
  /** Local dates, both inclusive, in the tenant's zone. */
  period: z.strictObject({ from: localDate, to: localDate, zone: text.min(1) }),
  /** What of the period: everything, all there is (then the period is from the first service to the last), or one activity. */
  scope: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('all') }),
      z.strictObject({ kind: z.literal('activity'), activity: text.min(1), unit: text.min(1) }),
    ])
    .optional(),
  lines: z.array(certificateLineSchema).min(1),
  services: z.int().min(1),
  totalMinutes: z.int().min(1),
  /**
   * The ledger snapshot: `totalMinutes` is the sum of the entries of the person's account with a number up to `sequence`
   * and a service date in the period; `head` is the chain hash of entry `sequence`, `entries` how many were summed.
   */
  ledger: z.strictObject({ head: text.min(1), sequence: z.int().min(1), entries: z.int().min(1) }),
  /** Versions of the rule that turned attended into recorded time, each once. */
  ruleVersions: z.array(text).min(1),
  issuer: z.strictObject({ unit: text.min(1), handler: text, contact: text }),
  /** RFC 3339, UTC, whole seconds. */
  issuedAt: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** The drawn PDF: SHA-256 of its first `bytes` bytes, which are all but the signed statement at its end. */
  pdf: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: count.min(1) }),
});

export type CertificateLine = z.infer<typeof certificateLineSchema>;
export type CertificateStatement = z.infer<typeof certificateStatementSchema>;
/** Everything that is drawn: the statement before there is a PDF to name. */
export type StatementDraft = Omit<CertificateStatement, 'pdf'>;

/** Local dates `YYYY-MM-DD`, both inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** One entry of the person's ledger account together with the service record it posts. */
export interface ServiceEntry {
  readonly tenantId: string;
  readonly hoursId: string;
  /** Number within the account: 1, 2, 3 … */
  readonly sequence: number;
  /** Chain hash of the account up to this entry. */
  readonly hash: string;
  /** Whole minutes, negative for a reversal. */
  readonly minutes: number;
  /** Local date `YYYY-MM-DD`. */
  readonly serviceDate: string;
  readonly ruleVersion: string;
  readonly activity: string;
  readonly content: string;
  readonly place: string;
  readonly unit: string;
  readonly leader: string;
  /** Who recorded it, when that was another organisation. */
  readonly origin?: string | undefined;
  /** It went along to another organisation, and was not taken back since. */
  readonly wentAlong?: boolean;
  /** What the person was called when it was recorded; not stated. */
  readonly recordedAs?: string;
}

/** What a certificate is built from; nothing in it comes from the clock or the database by itself. */
export interface StatementFacts {
  readonly tenant: {
    readonly id: string;
    readonly slug: string;
    readonly name: { 'zh-CN': string; en: string };
    readonly zone: string;
  };
  readonly person: { readonly displayName: string; readonly volunteerNumber: string | null };
  readonly period: Period;
  /** Null: everything in the period. */
  readonly scope?: Exclude<StatementDraft['scope'], undefined> | null;
  /** All entries of the person's account in this tenant whose service date lies in the period. */
  readonly entries: readonly ServiceEntry[];
  readonly issuer: { readonly unit: string; readonly handler: string; readonly contact: string };
  readonly number: string;
  readonly verificationCode: string;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly locale: (typeof LOCALES)[number];
  readonly demo: boolean;
  readonly issuedAt: Date;
  readonly keyId: string;
}
