import { latLngOf } from '../../core/geo.ts';
import { contextNow } from '../../core/context.ts';
import { localWeekdayAndMinute, minutesBetween } from '../../core/time.ts';
import type { AssignmentService } from '../assignments/index.ts';
import type { MatchingService, Suited } from '../matching/index.ts';
import { coverage, openShiftsInShort, soonestOpen } from '../shifts/index.ts';
import type { ShiftInShort } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { SavedSearchRow } from './saved-search.model.ts';
import { matchesPosition, matchesShift } from './saved-search.rules.ts';
import type { ShiftWords, Wanted } from './saved-search.rules.ts';

/** Open shifts that one look reads in short, the soonest, and of those that match, how many it judges. */
const MOST_READ = 3_000;
const MOST_JUDGED = 300;

export type WantedRow = Pick<
  SavedSearchRow,
  'words' | 'category' | 'skills' | 'weekdays' | 'fromMinute' | 'toMinute' | 'withinMetres' | 'around'
>;

export const wantedOf = (row: WantedRow): Wanted => ({
  words: row.words,
  category: row.category,
  skills: row.skills,
  weekdays: row.weekdays,
  fromMinute: row.fromMinute,
  toMinute: row.toMinute,
  withinMetres: row.withinMetres,
  around: row.around ? latLngOf(row.around) : null,
});

/** A shift as searches are held against it, on the organisation's own clock. */
export function wordsOfShift(shift: ShiftInShort, zone: string): ShiftWords {
  const { weekday, minute } = localWeekdayAndMinute(shift.startsAt, zone);
  return {
    title: shift.title,
    // What everybody may read: who looked for the address of a home would find it so.
    place: shift.place.atHome === true ? shift.place.label : `${shift.place.label} ${shift.place.address}`,
    category: shift.category,
    skillCodes: shift.skillCodes,
    weekday,
    startMinute: minute,
    lengthMinutes: minutesBetween(shift.startsAt, shift.endsAt),
    point: shift.place.point ? latLngOf(shift.place.point) : null,
  };
}

export interface FinderParts {
  readonly assignments: Pick<AssignmentService, 'ahead'>;
  readonly matching: Pick<MatchingService, 'suits'>;
  readonly tenants: TenantService;
}

export type Finder = ReturnType<typeof createFinder>;

/** What searches find: open positions with a free place that suit the person by the one list of rules. */
export function createFinder({ assignments, matching, tenants }: FinderParts) {
  return {
    /** For each search the positions that suit, best first; in a fixed number of reads however many searches. */
    async find(personId: string, searches: readonly WantedRow[]): Promise<Suited[][]> {
      const { zone } = await tenants.current();
      const wanted = searches.map(wantedOf);
      const [only, ...more] = new Set(wanted.map(({ category }) => category));
      const after = contextNow();
      const read = await openShiftsInShort(
        // One kind of service for all searches narrows the read; several are told apart here.
        { after, before: null, skill: null, category: more.length === 0 ? (only ?? null) : null },
        MOST_READ,
      );
      const known = new Map(read.map((shift) => [String(shift._id), wordsOfShift(shift, zone)]));
      const matched = read.filter((shift) => {
        const words = known.get(String(shift._id));
        return words !== undefined && wanted.some((one) => matchesShift(one, words));
      });
      if (matched.length === 0) return searches.map(() => []);
      const ids = matched.slice(0, MOST_JUDGED).map(({ _id }) => _id);
      const open = await soonestOpen({ after, ids }, MOST_JUDGED);
      const own = new Set((await assignments.ahead(personId)).map((row) => String(row.positionId)));
      const { suited } = await matching.suits({ personId }, open);
      const free = suited.filter(
        ({ position }) => coverage(position).free > 0 && !own.has(String(position._id)),
      );
      return wanted.map((one) =>
        free.filter(({ position, shift, fit }) => {
          const words = known.get(String(shift._id));
          return (
            words !== undefined &&
            matchesShift(one, words) &&
            matchesPosition(one, words, {
              name: position.name,
              skills: position.skills,
              fromHome: fit.distanceMetres,
            })
          );
        }),
      );
    },
  };
}
