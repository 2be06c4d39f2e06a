import { z } from 'zod';

/** What an inspection export states of itself: the signed JSON `manifest.json` in its archive is exactly this, in canonical form. */
export const INSPECTION_TYPE = 'linli/inspection-export';
export const INSPECTION_VERSION = 1;
export const MANIFEST = 'manifest.json';
export const SUMMARY = 'summary.html';

const text = z.string();
const count = z.int().min(0);
const localDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const who = z.strictObject({ name: text, at: text });

/** Sums over the tables; whole minutes and counts. A checker adds them up again. */
export const SUMS = [
  'people',
  'records',
  'recordedMinutes',
  'late',
  'backEntries',
  'held',
  'entries',
  'postedMinutes',
  'reversedMinutes',
  'claims',
  'foundedClaims',
  'certificates',
  'revoked',
] as const;
export type Sums = Readonly<Record<(typeof SUMS)[number], number>>;

export const inspectionStatement = z.strictObject({
  type: z.literal(INSPECTION_TYPE),
  version: z.literal(INSPECTION_VERSION),
  tenant: z.strictObject({ slug: text, name: z.strictObject({ 'zh-CN': text, en: text }) }),
  /** Local dates, both inclusive, in the tenant's zone. */
  period: z.strictObject({ from: localDate, to: localDate, zone: text }),
  /** Which authority demanded it, under which number, and why it was given (令67 art. 22). */
  demand: z.strictObject({ authority: text, reference: text, reason: text }),
  /** The two persons without whom it does not exist (S-10). */
  askedBy: who,
  agreedBy: who,
  /** Between these instants it was read; the rows of one person were read at one moment. RFC 3339, UTC. */
  begunAt: text,
  finishedAt: text,
  files: z.array(z.strictObject({ name: text, rows: count, bytes: count, sha256: hex })),
  sums: z.strictObject(
    Object.fromEntries(SUMS.map((name) => [name, count])) as Record<keyof Sums, typeof count>,
  ),
  /** The chains on which the rows stand: each account's head is in accounts.csv. */
  chains: z.strictObject({
    /** Up to which entry the audit trail was sealed, and the link of that entry; empty where nothing was. */
    audit: z.strictObject({ sequence: count, sealedAt: text.nullable(), hash: text }),
    /** The last closed month and the digest of its statement; null where none is drawn. */
    closed: z.strictObject({ through: text, digest: hex }).nullable(),
  }),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
});
export type InspectionStatement = z.infer<typeof inspectionStatement>;
