/**
 * The ledger of minutes as pure rules: double entry in whole minutes, append-only. A posting's lines sum to zero; the
 * person's account stands against the shift's, the logged activity's or the credit claim's; a correction is a linked
 * reversal, once. Service hours and credit hours are accounts apart: one never counts as the other.
 */
export type LedgerSource = 'hours' | 'credit';
/** What an entry is of: a source, the time bank, the taking back of one of the former, or the closing of months. */
export const LEDGER_CAUSES = ['hours', 'credit', 'bank', 'transfer', 'reversal', 'closing'] as const;
export type LedgerCause = (typeof LEDGER_CAUSES)[number];

export interface LedgerLine {
  readonly account: string;
  /** Whole minutes, positive or negative, never zero. */
  readonly minutes: number;
  readonly sourceKey: string;
  readonly postingId: string;
  readonly cause: LedgerCause;
  /** Posting that this one takes back. */
  readonly reversalOf: string | null;
}

export type LedgerCommand =
  | {
      readonly kind: 'post';
      /** Service hours unless said otherwise. */
      readonly source?: LedgerSource;
      readonly recordId: string;
      readonly personId: string;
      readonly counterAccount: string;
      readonly minutes: number;
    }
  | { readonly kind: 'reverse'; readonly source?: LedgerSource; readonly recordId: string }
  | {
      /** Minutes from one account to another, once for each thing that moves them. */
      readonly kind: 'move';
      readonly cause: LedgerCause;
      /** Names the movement in its source key, e.g. `bank-gift`; no colon in it. */
      readonly what: string;
      readonly recordId: string;
      readonly from: string;
      readonly to: string;
      readonly minutes: number;
    };

export type LedgerOutcome =
  | { readonly lines: readonly LedgerLine[] }
  | { readonly refusal: 'nothing-to-post' | 'already-posted' | 'not-posted' | 'already-reversed' };

export const personAccount = (personId: string): string => `person:${personId}`;
export const shiftAccount = (shiftId: string): string => `shift:${shiftId}`;
export const activityAccount = (recordId: string): string => `activity:${recordId}`;
/** What hours that somebody took along stand against, in the old and in the new organisation. */
export const transferAccount = (transferId: string): string => `transfer:${transferId}`;
/** Where a person's credit hours stand, and what they stand against. */
export const creditAccount = (personId: string): string => `credit:${personId}`;
export const claimAccount = (creditId: string): string => `claim:${creditId}`;
const PERSON_ACCOUNT = { hours: personAccount, credit: creditAccount } as const;

/** Deterministic, so that the database's unique index lets each cause post once (F-14). */
export const postingKey = (recordId: string, source: LedgerSource = 'hours'): string =>
  `${source}:${recordId}:v1`;
export const reversalKey = (recordId: string, source: LedgerSource = 'hours'): string =>
  source === 'hours' ? `reversal:${recordId}:v1` : `${source}-reversal:${recordId}:v1`;

export const moveKey = (what: string, recordId: string): string => `${what}:${recordId}:v1`;

/** The record that a source key names. */
export const recordOfKey = (sourceKey: string): string => sourceKey.split(':')[1] ?? '';

/** The month after `YYYY-MM`. */
export const monthAfter = (month: string): string => {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
};

/**
 * The month whose statement counts service of that local date: its own while that is open, else the first open one, where it
 * stands as late. So a statement that was drawn never changes.
 */
export const periodOf = (serviceDate: string, closedThrough: string | null): string => {
  const month = serviceDate.slice(0, 7);
  return closedThrough !== null && month <= closedThrough ? monthAfter(closedThrough) : month;
};

/**
 * Why the ledger may not be closed through this month, or null. Months close in order, once, and only when they are over.
 * @param today local date of the tenant
 */
export function closingRefusal(
  through: string,
  closedThrough: string | null,
  today: string,
): 'month-not-over' | 'month-closed' | null {
  if (through >= today.slice(0, 7)) return 'month-not-over';
  return closedThrough !== null && through <= closedThrough ? 'month-closed' : null;
}

/** Two lines that take minutes from one account to another. */
function move(
  existing: readonly LedgerLine[],
  { what, recordId, from, to, minutes, cause }: Extract<LedgerCommand, { kind: 'move' }>,
): LedgerOutcome {
  const key = moveKey(what, recordId);
  if (existing.some((line) => line.sourceKey === key)) return { refusal: 'already-posted' };
  if (!Number.isInteger(minutes) || minutes <= 0 || from === to) return { refusal: 'nothing-to-post' };
  const shared = { sourceKey: key, postingId: key, cause, reversalOf: null };
  return {
    lines: [
      { account: from, minutes: -minutes, ...shared },
      { account: to, minutes, ...shared },
    ],
  };
}

/** What the command adds to these lines, or why it adds nothing. */
export function post(existing: readonly LedgerLine[], command: LedgerCommand): LedgerOutcome {
  if (command.kind === 'move') return move(existing, command);
  const { source = 'hours' } = command;
  const key = postingKey(command.recordId, source);
  const posted = existing.filter((line) => line.sourceKey === key);
  if (command.kind === 'post') {
    if (posted.length > 0) return { refusal: 'already-posted' };
    if (!Number.isInteger(command.minutes) || command.minutes <= 0) return { refusal: 'nothing-to-post' };
    const line = (account: string, minutes: number): LedgerLine => ({
      account,
      minutes,
      sourceKey: key,
      postingId: key,
      cause: source,
      reversalOf: null,
    });
    return {
      lines: [
        line(PERSON_ACCOUNT[source](command.personId), command.minutes),
        line(command.counterAccount, -command.minutes),
      ],
    };
  }
  if (posted.length === 0) return { refusal: 'not-posted' };
  const reversal = reversalKey(command.recordId, source);
  if (existing.some((line) => line.sourceKey === reversal)) return { refusal: 'already-reversed' };
  return {
    lines: posted.map((line) => ({
      account: line.account,
      minutes: -line.minutes,
      sourceKey: reversal,
      postingId: reversal,
      cause: 'reversal',
      reversalOf: line.postingId,
    })),
  };
}

/** Sum of an account's lines in whole minutes. */
export const balance = (lines: readonly Pick<LedgerLine, 'account' | 'minutes'>[], account: string): number =>
  lines.reduce((sum, line) => (line.account === account ? sum + line.minutes : sum), 0);

/** Ids of postings whose lines do not sum to zero. */
export function unbalanced(lines: readonly Pick<LedgerLine, 'postingId' | 'minutes'>[]): string[] {
  const sums = new Map<string, number>();
  for (const line of lines) sums.set(line.postingId, (sums.get(line.postingId) ?? 0) + line.minutes);
  return [...sums].filter(([, sum]) => sum !== 0).map(([postingId]) => postingId);
}
