/**
 * Parts of a week in which sessions may be put: when they begin (minutes of the day), and the longest that fits. `working`
 * parts are those of working days, also of a weekend that is worked for a holiday; the others are those of free days.
 */
export const WINDOWS = {
  'weekday-day': { weekdays: [1, 2, 3, 4, 5], from: 540, working: true, longest: 540 },
  'weekday-evening': { weekdays: [1, 2, 3, 4, 5], from: 1_110, working: true, longest: 180 },
  'saturday-day': { weekdays: [6], from: 540, working: false, longest: 540 },
  'saturday-afternoon': { weekdays: [6], from: 840, working: false, longest: 240 },
  'sunday-day': { weekdays: [7], from: 540, working: false, longest: 540 },
  'sunday-afternoon': { weekdays: [7], from: 840, working: false, longest: 240 },
} as const;
export type WindowName = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as [WindowName, ...WindowName[]];

/** Where a session may be held. */
export interface RoomSetting {
  readonly label: string;
  readonly address: string;
  /** The unit whose centre the way is reckoned from; null where the way does not matter, as online. */
  readonly unitId: string | null;
  readonly seats: number;
  /** Whole cents for one session. */
  readonly costCents: number;
}

/** What an officer enters; what is left out is as usual. */
export interface PlanSettings {
  /** Local dates, inclusive. */
  readonly from: string;
  readonly to: string;
  readonly budgetCents: number;
  /** Fee of the instructor for a session hour, whole cents. */
  readonly hourCents: number;
  readonly mostEach: number;
  readonly windows: readonly WindowName[];
  /** Sessions may be held on official holidays too; left out in plans of before, which says no. */
  readonly onHolidays?: boolean;
  readonly courseIds: readonly string[];
  readonly instructorIds: readonly string[];
  readonly rooms: readonly RoomSetting[];
  /** Only people of this talent pool; null for everybody. */
  readonly poolId: string | null;
}

/** A session as an edit names it: what, when, where. */
export interface SessionKey {
  readonly courseId: string;
  readonly startsAt: string;
  readonly room: number;
}
export const sameKey = (a: SessionKey, b: SessionKey): boolean =>
  a.courseId === b.courseId && a.startsAt === b.startsAt && a.room === b.room;

/** What the officer decided; every further run keeps to it. */
export interface PlanEdits {
  readonly pins: readonly SessionKey[];
  readonly dropped: readonly SessionKey[];
  readonly excluded: readonly string[];
}

/** Something that somebody lacks. */
export interface NeedFact {
  readonly code: 'total' | 'category' | 'one-off' | 'pieces' | 'piece-condition' | 'course';
  /** The category, the course, or which of the programme's conditions on pieces. */
  readonly what: string;
  /** Where pieces are missing, each weighs as an hour. */
  readonly minutes: number;
  /** Pieces that are missing, where a programme asks for those. */
  readonly pieces?: number;
  readonly weight: number;
  readonly dueOn: string;
}

/** A need that an invitation serves, and what of it. */
export interface ServedNeed extends NeedFact {
  /** What it closes beside the person's earlier sessions of the plan. Left out in plans of before: all that the session counts. */
  readonly closes?: number;
  /** The same for every selection of those earlier sessions (see `Beside`); left out where it is the same beside all. */
  readonly steps?: readonly number[];
  /** In plans of before: what all invitations of the person with the same key may close of it together. */
  readonly room?: { readonly key: string; readonly minutes: number } | null;
}

/**
 * How much an invitation counts depends on which others the person accepts, where a programme caps training: told by the
 * engine for every selection of the person's earlier sessions, so that a proposal stays right when some are taken out.
 */
export interface Beside {
  /** The person's earlier sessions of the plan, by the ids they will have; bit n of a selection stands for the n-th. */
  readonly earlier: readonly string[];
  /** Minutes that the programme counts of it, by selection. */
  readonly counts: readonly number[];
}

/** What is missing and what a plan closes of it, in whole minutes. */
export interface GapSums {
  /** Each minute as often as it is urgent: the objective. */
  readonly weighted: number;
  /** Due within four months, or late. */
  readonly urgent: number;
  readonly all: number;
  readonly people: number;
}
export interface PlanOutcome {
  readonly before: GapSums;
  /** What is closed when everybody comes. */
  readonly closed: GapSums;
  readonly sessions: number;
  readonly invitations: number;
  readonly costCents: number;
}
