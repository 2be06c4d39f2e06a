import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { SEATED_STATES } from '../assignments/index.ts';
import { MARKS, SHOWN } from './attendance.schema.ts';
import type { BoardFilter } from './attendance.schema.ts';

/** The list of a shift's people by pages, and the way back to where one was in it. */
const PARTS = ['q', 'state', 'cursor'] as const;
const pathOf = (shiftId: string): string => `/shifts/${shiftId}/attendance`;

/** What of an address says where in the list somebody is; nothing else of it is kept. */
function placeIn(asked: (name: (typeof PARTS)[number]) => string | null | undefined): string {
  const kept = PARTS.flatMap((name): [string, string][] => {
    const value = asked(name);
    return value ? [[name, value]] : [];
  });
  return new URLSearchParams(kept).toString();
}

/** The list's own address where somebody was in it. @param list as a form of ours sent it, or anything else */
export function backTo(shiftId: string, list: string): string {
  const sent = new URLSearchParams(list);
  const place = placeIn((name) => sent.get(name));
  return place === '' ? pathOf(shiftId) : `${pathOf(shiftId)}?${place}`;
}

/** What the list's page shows around its rows. */
export function boardModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly query: BoardFilter;
  readonly shiftId: string;
  readonly nextCursor: string | null;
}): object {
  const { query, shiftId, nextCursor } = parts;
  const { limit, ...asked } = query;
  const filtered = query.q !== undefined || query.state !== undefined;
  const place = placeIn((name) => query[name]);
  return {
    listHref: pathOf(shiftId),
    filtered,
    // How many there are is said of all of them, not of a part.
    whole: nextCursor === null && query.cursor === undefined && !filtered,
    // A shift whose people are on one screen needs no search.
    filter: filtered || nextCursor !== null || query.cursor !== undefined ? fieldsOf(parts) : null,
    ...pagerOf(pathOf(shiftId), limit === SHOWN ? asked : query, nextCursor),
    // What each button sends; the way back only where there is one.
    marks: Object.fromEntries(MARKS.map((mark) => [mark, place === '' ? { mark } : { mark, list: place }])),
  };
}

function fieldsOf({ i18n, locale, query }: Parameters<typeof boardModel>[0]): object {
  const { q, state } = query;
  const form = createForm({ i18n, locale, messages: 'assignments.attendance.filter', values: { q, state } });
  const states = SEATED_STATES.map((value) => ({
    value,
    label: i18n.t(locale, `states.assignment.${value}`),
  }));
  return {
    q: form.input('q', 'search', { maxLength: 60 }),
    state: form.select('state', [{ value: '', label: i18n.t(locale, 'common.word.all') }, ...states]),
  };
}
