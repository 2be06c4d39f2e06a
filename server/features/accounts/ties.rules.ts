/**
 * What says that two accounts may be one human's, although nobody stated one number for both (S-10): what they sign in with,
 * where they sign in, who made them. A sign, never a proof: families share numbers and offices share computers. Pure.
 */
export interface AccountTraces {
  readonly accountId: string;
  /** Normalised address; null for people who have none. */
  readonly emailKey: string | null;
  /** Numbers of account and profile, as `phoneKey` gives them. */
  readonly phones: readonly string[];
  /** Names of browsers the account signed in with. */
  readonly browsers: readonly string[];
  /** The account of the coordinator who made it, or saw its number ring. */
  readonly madeBy: string | null;
}

/** The mailbox behind an address: what follows a plus sign reaches the same one. */
export const mailboxOf = (emailKey: string): string => emailKey.replace(/\+[^@]*@/, '@');

/** Whether something ties these two accounts together. */
export function areTied(one: AccountTraces, other: AccountTraces): boolean {
  if (one.emailKey && other.emailKey && mailboxOf(one.emailKey) === mailboxOf(other.emailKey)) return true;
  if (one.phones.some((phone) => other.phones.includes(phone))) return true;
  if (one.browsers.some((browser) => other.browsers.includes(browser))) return true;
  return one.madeBy === other.accountId || other.madeBy === one.accountId;
}
