import { z } from 'zod';
import { id, localDate, pageOf, paging, prose } from '../../http/schema.ts';

const code = z.string().trim().max(60);
const empty = z.literal('').transform(() => undefined);
const optional = <T extends z.ZodType>(schema: T) => z.union([empty, schema]).optional();

const filter = {
  subjectType: optional(code.regex(/^[A-Za-z]+$/, 'invalid-format')),
  subjectId: optional(code.regex(/^[0-9A-Za-z-]+$/, 'invalid-format')),
  action: optional(code.regex(/^[a-z-]+(\/[a-z-]+)?$/, 'invalid-format')),
  membershipId: optional(id),
  from: optional(localDate),
  to: optional(localDate),
};
export const auditFilter = z.strictObject({ ...filter, ...paging });
export const exportBody = z.strictObject({ ...filter, reason: prose(300).min(1) });

export const auditEntry = z.object({
  id: z.string(),
  at: z.string(),
  /** `account:…`, `sweep:…`, `operator:…` or `anonymous`. */
  actor: z.string(),
  actorName: z.string().nullable(),
  action: z.string(),
  subjectType: z.string(),
  subjectId: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  reason: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
  requestId: z.string(),
});
/** How far the trail is sealed: later entries wait a few seconds for their seal. */
export const sealState = z.object({
  /** Number of the last sealed entry within the organisation. */
  sequence: z.number(),
  sealedAt: z.string().nullable(),
  /** The head of the chain, SHA-256, hex; empty while nothing is sealed. */
  hash: z.string(),
  waiting: z.number(),
});
export const auditPage = pageOf(auditEntry).extend({ seal: sealState });

/** The kinds of things that the trail speaks of, each with a word in `audit.type`; a test finds those that are missing. */
export const AUDITED_TYPES = [
  'Account',
  'AnnualReport',
  'Announcement',
  'ApiToken',
  'Appraisal',
  'Assignment',
  'Attachment',
  'AuditEntry',
  'Award',
  'CalendarDay',
  'CalendarFeed',
  'Certificate',
  'CertificateBatch',
  'Course',
  'Credential',
  'CredentialType',
  'Credit',
  'CurriculumVersion',
  'Enrolment',
  'EvaluationRun',
  'Exclusion',
  'ExternalRecord',
  'GuardianRequest',
  'HoursClaim',
  'HoursRecord',
  'HoursTransfer',
  'Import',
  'ImportMapping',
  'InspectionExport',
  'JoinLink',
  'Learner',
  'LedgerAccount',
  'LedgerClosing',
  'Membership',
  'Objection',
  'Offer',
  'Person',
  'Plan',
  'PoolMember',
  'Position',
  'ProgrammeVersion',
  'Proposal',
  'Recognition',
  'RecognitionScheme',
  'Request',
  'SavedSearch',
  'Shift',
  'ShiftTemplate',
  'TalentPool',
  'Tenant',
  'TimeBankAccount',
  'TimeBankGift',
  'TimeBankKinship',
  'TimeBankRedemption',
  'TrainingPlan',
  'TrainingSession',
  'Unit',
] as const;
export type AuditedType = (typeof AUDITED_TYPES)[number];
export const isAuditedType = (type: string): type is AuditedType =>
  (AUDITED_TYPES as readonly string[]).includes(type);
