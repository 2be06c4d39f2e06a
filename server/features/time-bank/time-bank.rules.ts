import { addMonths, ageOn } from '../../core/time.ts';

/**
 * The time bank as pure rules (R-8.1 … ): whole minutes on the ledger's own double entry. Service hours are facts on other
 * accounts and never change here. Nobody's saved time is ever below zero: what cannot be taken back is owed, and what comes in
 * later pays that first.
 */
export interface BankRules {
  readonly on: boolean;
  /** Most minutes saved; 0 for no limit. */
  readonly capMinutes: number;
  /** Months after which saved time expires; 0 for never. */
  readonly expiryMonths: number;
  /** 0 for any. */
  readonly redeemFromAge: number;
  readonly gifts: boolean;
  /** Whether service for a team goes to the pool. */
  readonly teams: boolean;
  /** Service areas that earn; empty for all. */
  readonly areas: readonly string[];
}

/** What moves minutes, as the first part of a source key. */
export const MOVEMENTS = [
  'bank-earn',
  'bank-over',
  'bank-unearn',
  'bank-unover',
  'bank-gift',
  'bank-donate',
  'bank-hold',
  'bank-release',
  'bank-settle',
  'bank-refund',
  'bank-expire',
  'bank-merge',
] as const;
export type Movement = (typeof MOVEMENTS)[number];

/** One movement of the ledger; `what` may end in `-owed` where a debt is paid or made. */
export interface BankMove {
  readonly what: string;
  readonly recordId: string;
  readonly from: string;
  readonly to: string;
  readonly minutes: number;
}

/** Who holds saved time: a person, or the tenant's pool. */
export const POOL = 'pool';
export const savedAccount = (holder: string): string => `bank:${holder}`;
/** Zero or below: minutes that were taken back after they had been spent. */
export const owedAccount = (holder: string): string => `bank-owed:${holder}`;
/** Where the minutes of a record of hours come from. */
export const sourceAccount = (hoursId: string): string => `bank-hours:${hoursId}`;
export const heldAccount = (redemptionId: string): string => `bank-held:${redemptionId}`;
/** What was redeemed by the service that a record of hours states. */
export const servedAccount = (hoursId: string): string => `bank-served:${hoursId}`;
export const expiredAccount = (personId: string): string => `bank-expired:${personId}`;

/** Family whom saved time may be given to (R-8.1: direct relatives). */
export const RELATIONS = ['spouse', 'parent', 'child', 'grandparent', 'grandchild'] as const;
export type Relation = (typeof RELATIONS)[number];

export type BankRefusal =
  | 'time-bank-off'
  | 'not-enough-saved'
  | 'over-the-cap'
  | 'gifts-off'
  | 'not-a-relative'
  | 'too-young-to-redeem'
  | 'more-than-served';

/** Whether service of that kind earns. */
export const earns = (rules: BankRules, category: string): boolean =>
  rules.on && (rules.areas.length === 0 || rules.areas.includes(category));

/** Why the person may not redeem for themselves; null when they may. */
export function whyNotRedeem(rules: BankRules, birthDate: string | null, today: string): BankRefusal | null {
  if (!rules.on) return 'time-bank-off';
  if (rules.redeemFromAge === 0) return null;
  return birthDate !== null && ageOn(birthDate, today) >= rules.redeemFromAge ? null : 'too-young-to-redeem';
}

export type Book = ReturnType<typeof openBook>;

/**
 * A book on these balances: each call adds the movements of one happening, or says why there are none; what it adds counts for
 * the next call. Balances that are not given are zero.
 */
export function openBook(balances: ReadonlyMap<string, number>) {
  const now = new Map<string, number>();
  const moves: BankMove[] = [];
  const on = (account: string): number => now.get(account) ?? balances.get(account) ?? 0;

  function move(what: string, recordId: string, from: string, to: string, minutes: number): void {
    if (minutes <= 0) return;
    moves.push({ what, recordId, from, to, minutes });
    now.set(from, on(from) - minutes);
    now.set(to, on(to) + minutes);
  }

  /** Minutes come to a holder: what they owe is paid first. */
  function comeIn(what: string, recordId: string, from: string, holder: string, minutes: number): void {
    const paid = Math.min(minutes, -on(owedAccount(holder)));
    move(`${what}-owed`, recordId, from, owedAccount(holder), paid);
    move(what, recordId, from, savedAccount(holder), minutes - Math.max(0, paid));
  }

  /** Minutes are taken back from a holder: what they have not any more, they owe. */
  function takeBack(what: string, recordId: string, holder: string, to: string, minutes: number): void {
    const had = Math.min(minutes, on(savedAccount(holder)));
    move(what, recordId, savedAccount(holder), to, had);
    move(`${what}-owed`, recordId, owedAccount(holder), to, minutes - Math.max(0, had));
  }

  /** What may still be saved; what is owed does not count. */
  const room = (holder: string, capMinutes: number): number =>
    capMinutes === 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, capMinutes - on(savedAccount(holder)));

  return {
    moves: moves as readonly BankMove[],
    balance: on,

    /** Recorded hours earn as many minutes; what is beyond the cap goes to the pool (worked example C). */
    earn(hoursId: string, personId: string, minutes: number, capMinutes: number): void {
      const owed = -on(owedAccount(personId));
      const kept = Math.min(minutes, owed + room(personId, capMinutes));
      comeIn('bank-earn', hoursId, sourceAccount(hoursId), personId, kept);
      comeIn('bank-over', hoursId, sourceAccount(hoursId), POOL, minutes - kept);
    },

    /** Recorded hours of a team earn for the pool alone. */
    earnForPool(hoursId: string, minutes: number): void {
      comeIn('bank-over', hoursId, sourceAccount(hoursId), POOL, minutes);
    },

    /** The hours were taken back: so is what they earned, to the person and to the pool. */
    unearn(hoursId: string, personId: string, earned: { readonly own: number; readonly over: number }): void {
      takeBack('bank-unearn', hoursId, personId, sourceAccount(hoursId), earned.own);
      takeBack('bank-unover', hoursId, POOL, sourceAccount(hoursId), earned.over);
    },

    gift(giftId: string, from: string, to: string, minutes: number, capMinutes: number): BankRefusal | null {
      if (on(savedAccount(from)) < minutes) return 'not-enough-saved';
      if (minutes > -on(owedAccount(to)) + room(to, capMinutes)) return 'over-the-cap';
      comeIn('bank-gift', giftId, savedAccount(from), to, minutes);
      return null;
    },

    donate(giftId: string, from: string, minutes: number): BankRefusal | null {
      if (on(savedAccount(from)) < minutes) return 'not-enough-saved';
      comeIn('bank-donate', giftId, savedAccount(from), POOL, minutes);
      return null;
    },

    /** Sets minutes aside for a service that is asked for. */
    hold(redemptionId: string, holder: string, minutes: number): BankRefusal | null {
      if (on(savedAccount(holder)) < minutes) return 'not-enough-saved';
      move('bank-hold', redemptionId, savedAccount(holder), heldAccount(redemptionId), minutes);
      return null;
    },

    /** Gives back what is set aside, whatever the cap says: it was the holder's. */
    release(redemptionId: string, holder: string): void {
      comeIn('bank-release', redemptionId, heldAccount(redemptionId), holder, on(heldAccount(redemptionId)));
    },

    /** The service was given: what it took is spent, the rest comes back. One record serves no more than it states. */
    settle(
      redemptionId: string,
      holder: string,
      served: { readonly hoursId: string; readonly minutes: number; readonly recordedMinutes: number },
    ): BankRefusal | null {
      const account = servedAccount(served.hoursId);
      if (on(heldAccount(redemptionId)) < served.minutes) return 'not-enough-saved';
      if (on(account) + served.minutes > served.recordedMinutes) return 'more-than-served';
      move('bank-settle', redemptionId, heldAccount(redemptionId), account, served.minutes);
      this.release(redemptionId, holder);
      return null;
    },

    /** The hours of the service were taken back: who redeemed it has their minutes again. */
    refund(redemptionId: string, holder: string, hoursId: string, minutes: number): void {
      comeIn('bank-refund', redemptionId, servedAccount(hoursId), holder, minutes);
    },

    /** Two records of one human become one: what one saved and owed is the other's, whatever the cap says. */
    merge(accountId: string, from: string, into: string): void {
      move('bank-merge-debt', accountId, owedAccount(into), owedAccount(from), -on(owedAccount(from)));
      comeIn('bank-merge', accountId, savedAccount(from), into, on(savedAccount(from)));
      // What the other had saved pays the debt that came.
      const paid = Math.min(on(savedAccount(into)), -on(owedAccount(into)));
      move('bank-merge-paid', accountId, savedAccount(into), owedAccount(into), paid);
    },

    expire(key: string, personId: string, minutes: number): void {
      const lost = Math.min(minutes, on(savedAccount(personId)));
      move('bank-expire', key, savedAccount(personId), expiredAccount(personId), lost);
    },
  };
}

/** A line of somebody's account of saved time. */
export interface SavedLine {
  /** Local date of the posting. */
  readonly date: string;
  readonly minutes: number;
  /** What was set aside or spent came back: it is as old as it was. */
  readonly returned: boolean;
}

const used = (lines: readonly SavedLine[]): number =>
  lines.reduce((sum, { minutes, returned }) => (minutes < 0 || returned ? sum - minutes : sum), 0);
const cameIn = (lines: readonly SavedLine[]): SavedLine[] =>
  lines
    .filter(({ minutes, returned }) => minutes > 0 && !returned)
    .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));

/** What is left of what came in, the oldest used first: each with the day on which it came. */
export function remaining(lines: readonly SavedLine[]): SavedLine[] {
  let went = used(lines);
  return cameIn(lines).flatMap((line) => {
    const left = Math.max(0, line.minutes - went);
    went = Math.max(0, went - line.minutes);
    return left > 0 ? [{ ...line, minutes: left }] : [];
  });
}

/**
 * What has expired by a day: what came in longer ago than the months and was not used since, the oldest first.
 * @param lines all of the account
 */
export function expired(lines: readonly SavedLine[], expiryMonths: number, today: string): number {
  if (expiryMonths === 0) return 0;
  const old = cameIn(lines).filter(({ date }) => addMonths(date, expiryMonths) <= today);
  return Math.max(0, old.reduce((sum, { minutes }) => sum + minutes, 0) - used(lines));
}

/** The first day on which something of the account expires; null when nothing will. */
export function nextExpiry(lines: readonly SavedLine[], expiryMonths: number): string | null {
  if (expiryMonths === 0) return null;
  let went = used(lines);
  for (const { date, minutes } of cameIn(lines)) {
    if (went < minutes) return addMonths(date, expiryMonths);
    went -= minutes;
  }
  return null;
}
