import { z } from 'zod';
import { id, line, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { poolRules } from './pool.rules.ts';

export const idParams = z.strictObject({ id });

const codes = z.array(z.string().max(40)).max(10);
const whole = (most: number) => z.number().int().min(1).max(most).nullable().optional();
/** The rules as a form says them; programs send `rules` itself, which then stands alone. */
const simpleRules = {
  credentialTypes: codes.optional(),
  checks: codes.optional(),
  /** Rows of the form; one without a skill is none. `seen`: somebody must have seen proof. */
  skills: z
    .array(
      z.strictObject({
        skill: z.string().max(40).default(''),
        level: z.number().int().min(1).max(3).default(1),
        seen: z.boolean().default(false),
      }),
    )
    .max(10)
    .optional(),
  hours: whole(100_000),
  hoursMonths: whole(600),
  creditHours: whole(100_000),
  creditMonths: whole(600),
  minAge: whole(120),
  maxAge: whole(120),
  units: z.array(id).max(50).optional(),
  kinds: codes.optional(),
};
export const poolBody = z.strictObject({
  nameZh: requiredLine(60),
  nameEn: requiredLine(60),
  purpose: prose(500).default(''),
  validMonths: z.number().int().min(1).max(600).nullable().default(null),
  windowMonths: z.number().int().min(0).max(60).default(1),
  proposes: z.boolean().default(false),
  open: z.boolean().default(false),
  active: z.boolean().default(true),
  rules: poolRules.optional(),
  ...simpleRules,
});
export type PoolBody = z.output<typeof poolBody>;

const localText = z.object({ 'zh-CN': z.string(), en: z.string() });
export const poolView = z.object({
  id: z.string(),
  version: z.number(),
  name: localText,
  purpose: z.string(),
  rules: poolRules,
  validMonths: z.number().nullable(),
  windowMonths: z.number(),
  proposes: z.boolean(),
  open: z.boolean(),
  active: z.boolean(),
});
export type PoolView = z.output<typeof poolView>;
export const poolPage = pageOf(poolView.extend({ certified: z.number(), waiting: z.number() }));
const counts = z.record(z.string(), z.number());
export const poolDetail = poolView.extend({
  states: counts,
  /** How many are certified in each street (township), those without anybody too. */
  coverage: z.array(z.object({ unitId: z.string(), name: localText, certified: z.number() })),
});

const leafFinding = z.object({
  kind: z.string(),
  passed: z.boolean(),
  fact: z.record(z.string(), z.union([z.string(), z.number()])),
});
/** Of `any`, what each of its rules came to. */
const finding = leafFinding.extend({ of: z.array(leafFinding).optional() });
export const memberView = z.object({
  id: z.string(),
  version: z.number(),
  poolId: z.string(),
  state: z.string(),
  personName: z.string(),
  membershipId: z.string(),
  validFrom: z.string().nullable(),
  validTo: z.string().nullable(),
  shared: z.boolean(),
  reason: z.string().nullable(),
});
export type MemberView = z.output<typeof memberView>;
export const memberDetail = memberView.extend({
  pool: localText,
  /** What each rule says of the person today. */
  judgement: z.object({ passed: z.boolean(), findings: z.array(finding) }),
  /** Which rule passed on which fact at each decision, oldest first. */
  decisions: z.array(
    z.object({ at: z.string(), step: z.string(), passed: z.boolean(), findings: z.array(finding) }),
  ),
});
export const memberPage = pageOf(memberView);
export const memberFilter = z.strictObject({
  state: z.string().max(20).optional(),
  ...paging,
});
export const deskFilter = z.strictObject(paging);
export const ownQualifications = z.object({
  data: z.array(memberView.extend({ pool: localText })),
  /** Pools that one may apply to, with what their rules say today. */
  open: z.array(
    z.object({
      id: z.string(),
      name: localText,
      purpose: z.string(),
      judgement: z.object({ passed: z.boolean(), findings: z.array(finding) }),
    }),
  ),
  nextCursor: z.null(),
});
export const sharedPage = pageOf(
  z.object({
    id: z.string(),
    pool: localText,
    organisation: localText,
    personName: z.string(),
    validTo: z.string().nullable(),
  }),
);
export const reviewBody = z.strictObject({
  verdict: z.enum(['first_pass', 'certified', 'refused']),
  reason: prose(300).default(''),
});
export const reasonBody = z.strictObject({ reason: prose(500).min(1) });
export const leaveBody = z.strictObject({ reason: line(300).default('') });
export const standingBody = z.strictObject({
  to: z.enum(['suspended', 'certified']),
  reason: requiredLine(300),
});
export const sharingBody = z.strictObject({ shared: z.boolean() });
export const proposeBody = z.strictObject({ membershipId: id });
