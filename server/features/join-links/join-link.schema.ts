import { z } from 'zod';
import { id, pageOf, paging, prose, line } from '../../http/schema.ts';
import { MEMBERSHIP_KINDS } from '../memberships/index.ts';
import { JOIN_LINK_STATES, LONGEST_DAYS, MOST_USES } from './join-link.rules.ts';

/** `email` makes it personal: one use, mailed and never shown to the inviter. */
export const newJoinLink = z.strictObject({
  unitId: id,
  kind: z.enum(MEMBERSHIP_KINDS).default('volunteer'),
  note: prose(300).default(''),
  email: line(254).default(''),
  maxUses: z.number().int().min(1).max(MOST_USES).default(100),
  days: z.number().int().min(1).max(LONGEST_DAYS).default(14),
});
export type NewJoinLink = z.output<typeof newJoinLink>;

export const joinLinkView = z.object({
  id: z.string(),
  unitId: z.string(),
  unitName: z.string(),
  kind: z.enum(MEMBERSHIP_KINDS),
  note: z.string(),
  personal: z.boolean(),
  /** Where a personal link was mailed, as the inviter typed it. */
  mailedTo: z.string().nullable(),
  maxUses: z.number(),
  uses: z.number(),
  state: z.enum(JOIN_LINK_STATES),
  createdBy: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** The whole address of an open link that still leads somewhere; null for all others. */
  href: z.string().nullable(),
});
export type JoinLinkView = z.infer<typeof joinLinkView>;
export const joinLinkPage = pageOf(joinLinkView);
export const listQuery = z.strictObject({ ...paging });

export const codeParams = z.strictObject({ tenantSlug: z.string().max(60), code: z.string().max(100) });
/** What the invited person is told before deciding. */
export const invitedView = z.object({
  place: z.string(),
  unitName: z.string(),
  kind: z.enum(MEMBERSHIP_KINDS),
  note: z.string(),
  /** The mailed link's hour is over: a fresh one can be asked for. */
  stale: z.boolean(),
});
export const invitedBody = z.strictObject({ motivation: prose(500).default('') });
