import { distanceMetres } from '../../core/geo.ts';
import type { LatLng } from '../../core/geo.ts';
import { addDays, localDate, wallToInstant } from '../../core/time.ts';

/** Searches that one person keeps in one organisation: more would be a list of everything. */
export const MOST_SEARCHES = 10;
export const OFTEN = ['daily', 'at-once'] as const;
/** How often one is told: once a day, or as soon as something comes. */
export type Often = (typeof OFTEN)[number];

/** What somebody looks for; empty lists and nulls ask for nothing. */
export interface Wanted {
  /** All of these words stand in the title, the place or the position. */
  readonly words: string;
  readonly category: string | null;
  /** One of these is asked for. */
  readonly skills: readonly string[];
  /** 1 (Monday) to 7. */
  readonly weekdays: readonly number[];
  /** Local minutes from midnight: begins no sooner, ends no later. */
  readonly fromMinute: number | null;
  readonly toMinute: number | null;
  /** Within so many metres of `around`, or of home where that is null. */
  readonly withinMetres: number | null;
  readonly around: LatLng | null;
}

/** What is known of a shift without asking for its positions. */
export interface ShiftWords {
  readonly title: string;
  readonly place: string;
  readonly category: string;
  readonly skillCodes: readonly string[];
  readonly weekday: number;
  readonly startMinute: number;
  readonly lengthMinutes: number;
  readonly point: LatLng | null;
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase();
/** The words of a search, as they are compared. */
export const wordsOf = (text: string): string[] => plain(text).split(/\s+/).filter(Boolean);

/** Whether the shift can hold a position of the search; words are left to `matchesPosition`, which knows all of them. */
export function matchesShift(wanted: Wanted, shift: ShiftWords): boolean {
  if (wanted.category !== null && wanted.category !== shift.category) return false;
  if (wanted.skills.length > 0 && !wanted.skills.some((code) => shift.skillCodes.includes(code)))
    return false;
  if (wanted.weekdays.length > 0 && !wanted.weekdays.includes(shift.weekday)) return false;
  if (wanted.fromMinute !== null && shift.startMinute < wanted.fromMinute) return false;
  if (wanted.toMinute !== null && shift.startMinute + shift.lengthMinutes > wanted.toMinute) return false;
  if (wanted.withinMetres === null || wanted.around === null) return true;
  return shift.point !== null && distanceMetres(shift.point, wanted.around) <= wanted.withinMetres;
}

/** Whether a position of a shift that matches is one of the search; `fromHome` in metres, null when nobody knows. */
export function matchesPosition(
  wanted: Wanted,
  shift: Pick<ShiftWords, 'title' | 'place'>,
  position: {
    readonly name: string;
    readonly skills: readonly { readonly code: string }[];
    readonly fromHome: number | null;
  },
): boolean {
  const said = plain(`${shift.title} ${shift.place} ${position.name}`);
  if (!wordsOf(wanted.words).every((word) => said.includes(word))) return false;
  if (wanted.skills.length > 0 && !position.skills.some(({ code }) => wanted.skills.includes(code)))
    return false;
  if (wanted.withinMetres === null || wanted.around !== null) return true;
  return position.fromHome !== null && position.fromHome <= wanted.withinMetres;
}

/** Eight o'clock. */
const LOOK_MINUTE = 8 * 60;

/** The next eight o'clock of the organisation after the instant: when a search is looked at, whatever was heard before. */
export function nextLook(now: Date, zone: string): Date {
  const today = localDate(now, zone);
  const at = (date: string): Date => wallToInstant({ date, minutes: LOOK_MINUTE, zone });
  return at(today) > now ? at(today) : at(addDays(today, 1));
}

/** Whether the search says anything at all, beside "what suits me". */
export const asksForSomething = (wanted: Wanted): boolean =>
  wordsOf(wanted.words).length > 0 ||
  wanted.category !== null ||
  wanted.skills.length > 0 ||
  wanted.weekdays.length > 0 ||
  wanted.fromMinute !== null ||
  wanted.toMinute !== null ||
  wanted.withinMetres !== null;

/** Minutes from midnight of a clock time `HH:MM`; null for none. */
export const minutesOf = (clock: string): number | null =>
  clock === '' ? null : Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The clock time of minutes from midnight; empty for null. */
export const clockOf = (minutes: number | null): string =>
  minutes === null
    ? ''
    : `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
