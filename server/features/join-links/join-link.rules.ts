/** Longest life of a join link, and of a personal invitation while it waits for its address. */
export const LONGEST_DAYS = 30;
/** A personal link is for one; an open one for a fair or a poster. */
export const MOST_USES = 1_000;
/** Mails with a join link to one address, from whatever organisation (S-61). */
export const MAILS_AN_HOUR = 3;
export const MAILS_A_DAY = 6;

export const JOIN_LINK_STATES = ['open', 'spent', 'over', 'revoked'] as const;
export type JoinLinkState = (typeof JOIN_LINK_STATES)[number];

/** What a link is worth at an instant; an end that somebody chose is told before one that came by itself. */
export function joinLinkState(
  link: {
    readonly uses: number;
    readonly maxUses: number;
    readonly expiresAt: Date;
    readonly revokedAt: Date | null;
  },
  now: Date,
): JoinLinkState {
  if (link.revokedAt !== null) return 'revoked';
  if (link.uses >= link.maxUses) return 'spent';
  return link.expiresAt <= now ? 'over' : 'open';
}

/** Whether one more mail may go to the address, given how many went within the last hour and day. */
export const mayMail = (lastHour: number, lastDay: number): boolean =>
  lastHour < MAILS_AN_HOUR && lastDay < MAILS_A_DAY;
