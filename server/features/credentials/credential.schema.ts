import { z } from 'zod';
import { id, line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { attachmentView } from '../attachments/index.ts';
import { KINDS, typeCode, typeRules } from './credential.catalogue.ts';
import { REGISTER_STATES } from './credential.rules.ts';

const number = line(40).regex(/^[0-9A-Za-z-]*$/, 'invalid-format');
const renewalShape = {
  level: line(40).default(''),
  number: number.default(''),
  issuer: line(60).default(''),
  issuedOn: localDate,
  validFrom: localDate,
};
export const renewalBody = z.strictObject(renewalShape);
export const claimBody = z.strictObject({ type: typeCode.default('social-worker'), ...renewalShape });
export const credentialView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  personName: z.string(),
  membershipId: z.string(),
  type: z.string(),
  level: z.string(),
  number: z.string(),
  issuer: z.string(),
  issuedOn: z.string(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
  renewsId: z.string().nullable(),
  renewedById: z.string().nullable(),
  renewalUnderWay: z.boolean(),
  gives: z.array(z.object({ skill: z.string(), level: z.number() })),
  reason: z.string().nullable(),
});
export const registerView = z.object({
  /** How the review here reads in the words of the national system. */
  mirrored: z.enum(REGISTER_STATES),
  /** What an officer saw in the national system itself. */
  seen: z.object({ state: z.enum(REGISTER_STATES), seenOn: z.string() }).nullable(),
});
export const credentialDetail = credentialView.extend({
  scans: z.array(attachmentView),
  register: registerView.nullable(),
});
export type CredentialView = z.infer<typeof credentialView>;
export const credentialPage = pageOf(credentialView);
export const reviewBody = z.strictObject({
  verdict: z.enum(['first_pass', 'valid', 'needs_correction', 'rejected']),
  reason: prose(300).default(''),
});
export const appealBody = z.strictObject({ reason: prose(500).min(1) });
export const standingBody = z.strictObject({
  to: z.enum(['suspended', 'valid', 'revoked']),
  reason: requiredLine(300),
});
export const registerBody = z.strictObject({ state: z.enum(REGISTER_STATES), seenOn: localDate });
export const deskFilter = z.strictObject({ ...paging });
export const idParams = z.strictObject({ id });

export const typeParams = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9-]{1,59}$/, 'invalid-format'),
});
export const typeBody = typeRules.omit({ code: true, levels: true, gives: true, name: true }).extend({
  nameZh: requiredLine(60),
  nameEn: requiredLine(60),
  kind: z.enum(KINDS).default('qualification'),
  validMonths: z.number().int().min(1).max(600).nullable().default(null),
  windowMonths: z.number().int().min(0).max(60).default(0),
  /** One a line, lowest first: code, Chinese name, English name, set apart by a bar. */
  levels: prose(1_000).default(''),
  /** One a line: skill, level 1 to 3, and the lowest level of the certificate that gives it. */
  gives: prose(2_000).default(''),
  neededFor: typeRules.shape.neededFor.default([]),
  register: z.boolean().default(false),
  source: line(120).default(''),
  retired: z.boolean().default(false),
});
export type TypeBody = z.output<typeof typeBody>;
export const newTypeBody = typeBody.extend({ code: typeCode });
export const typeView = typeRules.extend({ own: z.boolean(), version: z.number() });
export const typePage = pageOf(typeView);
