import { z } from 'zod';
import { id, line, localDate, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { SOCIAL_WORKER_LEVELS } from './credential.model.ts';

export const claimBody = z.strictObject({
  level: z.enum(SOCIAL_WORKER_LEVELS),
  number: requiredLine(40).regex(/^[0-9A-Za-z-]+$/, 'invalid-format'),
  issuer: line(60).default(''),
  issuedOn: localDate,
  validFrom: localDate,
});
export const scanView = z.object({
  id: z.string(),
  bytes: z.number(),
  width: z.number(),
  height: z.number(),
  addedAt: z.string(),
});
export const credentialView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  personName: z.string(),
  membershipId: z.string(),
  type: z.enum(['social-worker']),
  level: z.enum(SOCIAL_WORKER_LEVELS),
  number: z.string(),
  issuer: z.string(),
  issuedOn: z.string(),
  validFrom: z.string(),
  validTo: z.string(),
  reason: z.string().nullable(),
});
export const credentialDetail = credentialView.extend({ scans: z.array(scanView) });
export type CredentialView = z.infer<typeof credentialView>;
export const credentialPage = pageOf(credentialView);
export const reviewBody = z.strictObject({
  verdict: z.enum(['first_pass', 'valid', 'needs_correction', 'rejected']),
  reason: prose(300).default(''),
});
export const deskFilter = z.strictObject({ ...paging });
export const idParams = z.strictObject({ id });
