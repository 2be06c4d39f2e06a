import type { AccountActor } from '../../core/actor.ts';

/** What the home page shows of other features; each gives its part, compose.ts joins them. */
export interface ComingUp {
  readonly href: string;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly place: string;
  /** State of the assignment. */
  readonly state: string;
  /** For an open offer: until when to answer, and what to press. */
  readonly answerBy: string | null;
  readonly acceptAction: string | null;
  readonly declineAction: string | null;
  /** Check-in is open now. */
  readonly checkInHref: string | null;
}

export interface Suggestion {
  readonly href: string;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly place: string;
  readonly distanceMetres: number | null;
  readonly signUpAction: string;
}

export interface Given {
  readonly yearMinutes: number;
  readonly totalMinutes: number;
  readonly waitingMinutes: number;
  /** The last twelve months, oldest first; `month` is `YYYY-MM`. */
  readonly months: readonly { readonly month: string; readonly minutes: number }[];
}

/** Work that waits for somebody with a desk: a count and where it is done. */
export interface DeskTask {
  readonly key: 'today' | 'hours' | 'requests' | 'memberships' | 'credentials' | 'teaching';
  readonly count: number;
  readonly href: string;
}

/** A published shift that still looks for people. */
export interface ShortShift {
  readonly href: string;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly place: string;
  readonly missing: number;
}

export interface HomeSources {
  comingUp(actor: AccountActor): Promise<ComingUp[]>;
  /** Whether any tenant asks the person for something, or expects them. */
  offersWait(actor: AccountActor): Promise<boolean>;
  suggestions(actor: AccountActor): Promise<Suggestion[]>;
  given(actor: AccountActor): Promise<Given>;
  /** Until when a social worker is registered; null for others, of whom nothing is asked. */
  registeredUntil(actor: AccountActor): Promise<string | null>;
  desk(actor: AccountActor): Promise<DeskTask[]>;
  /** The next shifts that lack people, for those who fill them; empty for others. */
  short(actor: AccountActor): Promise<ShortShift[]>;
  /** Open opportunities of each of these tenants. */
  openCounts(tenantIds: readonly string[]): Promise<Map<string, number>>;
}
