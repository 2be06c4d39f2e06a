import type Handlebars from 'handlebars';
import {
  formatDate,
  formatDateTime,
  formatDay,
  formatDistance,
  formatMinutes,
  formatMinutesExactly,
  formatNumber,
  formatRelative,
  formatTime,
  formatTimeSpan,
} from '../i18n/index.ts';
import type { I18n, Locale, MessageParams, Moment } from '../i18n/index.ts';
import type { Assets } from './assets.ts';
import { cachedBarChartSvg } from './charts.ts';
import type { Bar } from './charts.ts';
import type { Icons } from './icons.ts';
import { cachedQrSvg } from './qr.ts';

interface Surroundings {
  readonly i18n: I18n;
  readonly assets: Assets;
  readonly icons: Icons;
  readonly strict: boolean;
  readonly engine: typeof Handlebars;
}

type Call = Handlebars.HelperOptions & { readonly name: string };
type Helper = (this: unknown, ...args: unknown[]) => unknown;
type Kept = Map<string, string>;

const DASH = '–';

/**
 * The closed list of what a template can call (docs/ui.md has one example each). This file is the only place that
 * marks text as HTML; every value it puts in there is escaped here or made by our own code.
 */
export function createHelpers({ i18n, assets, icons, strict, engine }: Surroundings): Record<string, Helper> {
  const html = (text: string): Handlebars.SafeString => new engine.SafeString(text);
  const escape = (value: unknown): string => engine.escapeExpression(value as string);
  const kept = new WeakMap<object, Kept>();
  const split = (args: unknown[]): { values: unknown[]; call: Call } => ({
    values: args.slice(0, -1),
    call: args.at(-1) as Call,
  });
  const placeOf = (call: Call): { locale: Locale; zone: string } => call.data.page;

  /** A formatting helper: an absent value is shown as a dash, a forgotten one is a bug. */
  const format =
    (
      show: (
        value: never,
        place: { locale: Locale; zone: string },
        values: unknown[],
        hash: Record<string, unknown>,
      ) => string,
    ): Helper =>
    (...args) => {
      const { values, call } = split(args);
      if (values.length === 0)
        throw new Error(
          `{{${call.name}}} needs a value; for a field of that name write {{this.${call.name}}}`,
        );
      const [value] = values;
      if (value === undefined && strict) throw new Error(`{{${call.name}}}: the value is undefined`);
      if (value === null || value === undefined || value === '') return call.hash['none'] ?? DASH;
      return show(value as never, placeOf(call), values, call.hash);
    };

  return {
    t: (...args) => {
      const { values, call } = split(args);
      const key = String(values[0]);
      for (const [name, value] of Object.entries(call.hash)) {
        if (value === undefined && strict) throw new Error(`{{t '${key}'}}: ${name} is undefined`);
      }
      return i18n.t(placeOf(call).locale, key, call.hash as MessageParams);
    },
    'has-message': (...args) => {
      const { values, call } = split(args);
      return i18n.has(placeOf(call).locale, String(values[0]));
    },

    date: format((value: Moment, place) => formatDate(value, place)),
    day: format((value: Moment, place) => formatDay(value, place)),
    time: format((value: Moment, place) => formatTime(value, place)),
    datetime: format((value: Moment, place) => formatDateTime(value, place)),
    span: format((start: Moment, place, [, end]) => formatTimeSpan(start, end as Moment, place)),
    relative: format((value: Moment, place) => formatRelative(value, place)),
    minutes: format((value: number, { locale }) => formatMinutes(value, locale)),
    'minutes-exactly': format((value: number, { locale }) => formatMinutesExactly(value, locale)),
    number: format((value: number, { locale }, _values, hash) =>
      formatNumber(
        value,
        locale,
        hash['digits'] === undefined ? {} : { maximumFractionDigits: Number(hash['digits']) },
      ),
    ),
    percent: format((value: number, { locale }) =>
      formatNumber(value, locale, { style: 'percent', maximumFractionDigits: 0 }),
    ),
    distance: format((value: number, { locale }) => formatDistance(value, locale)),
    /** The machine-readable moment for `<time datetime="{{iso x}}">`. */
    iso: format((value: Moment) => (typeof value === 'string' ? value : new Date(value).toISOString())),

    icon: (...args) => {
      const { values, call } = split(args);
      return html(
        icons.svg(String(values[0]), typeof call.hash['class'] === 'string' ? call.hash['class'] : ''),
      );
    },
    asset: (name) => assets.url(String(name)),
    safeUrl: (url) => safeUrl(url),
    /** One part of a path or query, percent-encoded. */
    'url-part': (value) => encodeURIComponent(String(value)),
    attrs: (...args) => {
      const { values, call } = split(args);
      return html(attributes({ ...(values[0] as object | undefined), ...call.hash }, escape));
    },
    'json-island': (...args) => {
      const { values } = split(args);
      return html(jsonIsland(String(values[0]), values[1], escape));
    },
    'bar-chart': (...args) => {
      const { values, call } = split(args);
      const size = call.hash['size'] === 'small' ? 'small' : 'large';
      return html(cachedBarChartSvg(values[0] as readonly Bar[], size, placeOf(call).locale));
    },
    qr: (...args) => {
      const { values, call } = split(args);
      return html(cachedQrSvg(String(values[0]), String(call.hash['label'] ?? ''), escape));
    },

    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    gt: (a, b) => Number(a) > Number(b),
    lt: (a, b) => Number(a) < Number(b),
    /** The value where the condition holds, else the third one, or nothing. */
    when: (...args) => {
      const [condition, value, otherwise = null] = split(args).values;
      return isEmpty(condition) ? otherwise : value;
    },
    not: (value) => isEmpty(value),
    and: (...args) => split(args).values.every((value) => !isEmpty(value)),
    or: (...args) => split(args).values.find((value) => !isEmpty(value)) ?? false,
    concat: (...args) =>
      split(args)
        .values.filter((value) => value !== null && value !== undefined)
        .join(''),
    join: (values, separator) => (values as unknown[]).join(typeof separator === 'string' ? separator : ', '),
    dict: (...args) => ({ ...split(args).call.hash }),
    list: (...args) => split(args).values,
    /** Handed to components around a block by the engine itself; see parseTemplate. */
    enclose: (outer) => ({ outer, block: true }),

    'state-tone': (state) => STATE_TONES[String(state)] ?? 'grey',
    title: (...args) => {
      const { values, call } = split(args);
      call.data.rendering.title = String(values[0]);
      return '';
    },
    layout: (...args) => {
      const { values, call } = split(args);
      call.data.rendering.layout = String(values[0]);
      return '';
    },
    /**
     * `{{#kept @page.nav 'name'}}…{{/kept}}`: what is drawn of a list and a language and of nothing else, once for all
     * pages that are given the same list.
     */
    kept: (...args) => {
      const { values, call } = split(args);
      const [list, name] = values as [object, string];
      let drawn = kept.get(list);
      if (!drawn) kept.set(list, (drawn = new Map()));
      const key = `${placeOf(call).locale} ${name}`;
      const known = drawn.get(key);
      if (known !== undefined) return known;
      const text = call.fn({});
      drawn.set(key, text);
      return text;
    },
    body: (...args) => html(split(args).call.data.rendering.body as string),
  };
}

/**
 * What a state means for the person reading: go (green), your turn or wait (amber), going on (blue), bad news (red), over (grey).
 * One state a line: whoever adds one meets nobody who adds another.
 */
const TONES: Readonly<Record<string, readonly string[]>> = {
  green: [
    'accepted',
    'admitted',
    'approved',
    'certified',
    'checked_out',
    'closed',
    'confirmed',
    'credited',
    'founded',
    'granted',
    'import-created',
    'made',
    'passed',
    'posted',
    'rated',
    'ready',
    'recorded',
    'renewed',
    'settled',
    'valid',
    'verified',
  ],
  blue: [
    'assessed',
    'attended',
    'checked_in',
    'dispatched',
    'done',
    'enrolled',
    'exported',
    'first_pass',
    'first_review',
    'import-updated',
    'in_progress',
    'published',
    'redispatched',
    'reviewed',
    'ruled',
    'running',
    'screened',
  ],
  amber: [
    'appealed',
    'applied',
    'applying',
    'blocked',
    'claimed',
    'contested',
    'drawing',
    'drawn',
    'due',
    'eligible',
    'expiring',
    'extended',
    'in_review',
    'invited',
    'locked',
    'needs_correction',
    'objected',
    'offered',
    'open',
    'proposed',
    'publishing',
    'queued',
    'reopened',
    'requested',
    'returned',
    'sending',
    'submitted',
    'to_withdraw',
    'under_check',
    'under_review',
    'undoing',
    'waiting',
    'waitlisted',
    'withdrawing',
  ],
  red: [
    'absent',
    'cancelled',
    'cancelled_by_org',
    'failed',
    'import-rejected',
    'no_show',
    'refused',
    'rejected',
    'revoked',
    'suspended',
    'undo_failed',
  ],
};

const STATE_TONES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(TONES).flatMap(([tone, states]) => states.map((state) => [state, tone])),
);

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0);

/**
 * The address if it stays on this site (`/path`, `?query`, `#part`) or uses a harmless scheme, else `#`. Escaping alone
 * would let `javascript:` through (S-28).
 */
export function safeUrl(url: unknown): string {
  if (typeof url !== 'string') return '#';
  // Browsers drop control characters and read a backslash as a slash: `/\evil`, `java\tscript:`.
  if (/[\u0000-\u0020\\\u007f]/.test(url)) return '#';
  if (/^\/(?!\/)/.test(url) || /^[?#]/.test(url)) return url;
  return /^(?:https?:\/\/|mailto:|tel:)/i.test(url) ? url : '#';
}

const ATTRIBUTE =
  /^(?:aria-[a-z]+|data-[a-z-]+|id|class|name|type|value|for|lang|title|min|max|step|rows|size|role|autocomplete|inputmode|placeholder|pattern|maxlength|minlength|accept|enterkeyhint|spellcheck|required|disabled|checked|selected|multiple|readonly|hidden|open|novalidate|autofocus|list|datetime|capture)$/;

/** `name="value"` for each entry; `false`, null, undefined and '' leave it out, `true` writes the bare name. */
function attributes(hash: Record<string, unknown>, escape: (value: unknown) => string): string {
  return Object.entries(hash)
    .filter(([, value]) => value !== false && value !== null && value !== undefined && value !== '')
    .map(([name, value]) => {
      if (!ATTRIBUTE.test(name)) throw new Error(`{{attrs}} does not write "${name}"`);
      return value === true ? name : `${name}="${escape(String(value))}"`;
    })
    .join(' ');
}

/** Data for our script, as an inert element: JSON with everything escaped that could end the element (S-28). */
function jsonIsland(id: string, data: unknown, escape: (value: unknown) => string): string {
  const json = JSON.stringify(data ?? null).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `<script type="application/json" id="${escape(id)}">${json}</script>`;
}
