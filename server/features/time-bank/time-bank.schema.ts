import { z } from 'zod';
import { kinshipLifecycle, redemptionLifecycle } from '../../core/states.ts';
import { id, line, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { MOVEMENTS, RELATIONS } from './time-bank.rules.ts';

/** Hours and minutes as people type them; the service is given whole minutes. */
const amount = {
  hours: z.number().int().min(0).max(20_000).default(0),
  minutes: z.number().int().min(0).max(59).default(0),
};
export const minutesOf = (body: { readonly hours: number; readonly minutes: number }): number =>
  body.hours * 60 + body.minutes;

/** A body with an amount, which is at least a minute: nothing is neither given nor asked for. */
const withAmount = <S extends z.ZodRawShape>(shape: S) =>
  z
    .strictObject({ ...amount, ...shape })
    .refine((body) => minutesOf(body as unknown as { hours: number; minutes: number }) > 0, {
      path: ['hours'],
      message: 'required',
    });

const accountNumber = z
  .string()
  .trim()
  .regex(/^\d{10}$/, 'no-such-account');
export const giftBody = withAmount({ kinshipId: id, note: line(120).default('') });
export const donationBody = withAmount({ note: line(120).default('') });
export const askBody = withAmount({ what: requiredLine(200) });
export const poolBody = withAmount({ requestId: id });
export const relativeBody = z.strictObject({
  number: accountNumber,
  relation: z.enum(RELATIONS),
});
export const closingBody = z.strictObject({ to: z.union([z.literal('pool'), id]) });
export const deskClosingBody = z.strictObject({
  number: accountNumber,
  relative: z.union([z.literal(''), accountNumber]).default(''),
  reason: prose(300).min(1),
});
export const kinshipVerdict = z.strictObject({
  verdict: z.enum(['confirmed', 'refused']),
  reason: prose(300).min(1),
});
export const redemptionVerdict = kinshipVerdict;
export const settleBody = withAmount({ hoursId: id });
export const reasonBody = z.strictObject({ reason: prose(300).min(1) });

export const movementView = z.object({
  id: z.string(),
  what: z.enum(MOVEMENTS),
  /** Whole minutes, negative where they went. */
  minutes: z.number(),
  date: z.string(),
  postedAt: z.string(),
});
export const kinshipView = z.object({
  id: z.string(),
  state: z.enum(kinshipLifecycle.states as [string, ...string[]]),
  relation: z.enum(RELATIONS),
  /** Whether the reader declared it. */
  mine: z.boolean(),
  /** Who declared it, and of whom; empty where the reader need not know yet. */
  personName: z.string(),
  relativeName: z.string(),
  createdAt: z.string(),
});
export const redemptionView = z.object({
  id: z.string(),
  state: z.enum(redemptionLifecycle.states as [string, ...string[]]),
  version: z.number(),
  fromPool: z.boolean(),
  personName: z.string(),
  what: z.string(),
  minutes: z.number(),
  settledMinutes: z.number().nullable(),
  createdAt: z.string(),
});
export const redemptionDetail = redemptionView.extend({
  requestId: z.string().nullable(),
  hoursId: z.string().nullable(),
  reason: z.string().nullable(),
  can: z.object({ decide: z.boolean(), settle: z.boolean(), cancel: z.boolean() }),
});
export const accountView = z.object({ number: z.string(), openedAt: z.string() });
export const ownView = pageOf(movementView).extend({
  /** Whether the organisation keeps a time bank. */
  on: z.boolean(),
  /** Null before one is opened. */
  account: accountView.nullable(),
  savedMinutes: z.number(),
  owedMinutes: z.number(),
  heldMinutes: z.number(),
  capMinutes: z.number(),
  expiryMonths: z.number(),
  redeemFromAge: z.number(),
  gifts: z.boolean(),
  relatives: z.array(kinshipView),
  redemptions: z.array(redemptionView),
});
export const deskFilter = z.strictObject({
  ...paging,
  state: z.enum(redemptionLifecycle.states as [string, ...string[]]).optional(),
});
export const deskView = pageOf(redemptionView).extend({
  poolMinutes: z.number(),
  relatives: z.array(kinshipView),
});
export const ownFilter = z.strictObject({ ...paging });
export const idView = z.object({ id: z.string() });
