import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import i18next from 'i18next';

/** Templates, words and dates of the naive pages: handlebars and i18next as their own first pages show them. */
const VIEWS = join(import.meta.dirname, 'views');
const WORDS = join(import.meta.dirname, '../../server/i18n/locales');
export const LANGUAGES = ['zh-CN', 'en'];

const wordsOf = (language: string): object =>
  Object.fromEntries(
    readdirSync(join(WORDS, language)).map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(join(WORDS, language, file), 'utf8')),
    ]),
  );
await i18next.init({
  fallbackLng: 'zh-CN',
  resources: {
    'zh-CN': { translation: wordsOf('zh-CN') },
    en: { translation: wordsOf('en') },
  } as never,
  interpolation: { escapeValue: false },
});
export type Translate = (key: string, params?: object) => string;
export const translator =
  (lng: string): Translate =>
  (key, params) =>
    i18next.t(key, { lng, ...params });

interface Dates {
  readonly day: Intl.DateTimeFormat;
  readonly weekday: Intl.DateTimeFormat;
  readonly time: Intl.DateTimeFormat;
  readonly month: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
}
const ZONE = 'Asia/Shanghai';
const datesOf = (language: string): Dates => {
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeZone: ZONE, ...options });
  return {
    day: format({ month: language === 'en' ? 'short' : 'long', day: 'numeric' }),
    weekday: format({ weekday: 'short' }),
    time: format({ hour: '2-digit', minute: '2-digit' }),
    month: format({ month: 'short' }),
    date: format({ year: 'numeric', month: language === 'en' ? 'short' : 'long', day: 'numeric' }),
  };
};
/** Made once: a beginner who measured anything has found that. */
const DATES = new Map(LANGUAGES.map((language) => [language, datesOf(language)]));
const dates = (language: string): Dates => DATES.get(language) as Dates;

export function dayText(at: Date, lng: string): string {
  const { day, weekday } = dates(lng);
  return lng === 'en' ? `${weekday.format(at)} ${day.format(at)}` : `${day.format(at)} ${weekday.format(at)}`;
}
export const timeText = (at: Date, lng: string): string => dates(lng).time.format(at);
export const momentText = (at: Date, lng: string): string =>
  `${dayText(at, lng)}${lng === 'en' ? ',' : ''} ${timeText(at, lng)}`;
export const spanText = (from: Date, to: Date, lng: string): string =>
  `${momentText(from, lng)}–${timeText(to, lng)}`;
export const monthText = (month: string, lng: string): string =>
  dates(lng).month.format(new Date(`${month}-15T00:00:00Z`));
/** Of a day written as `YYYY-MM-DD`. */
export const dateText = (day: string, lng: string): string =>
  dates(lng).date.format(new Date(`${day}T12:00:00Z`));
/** `YYYY-MM-DD` where the tenant is. */
const isoDay = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE });
export const dateOf = (at: Date): string => isoDay.format(at);

export function distanceText(metres: number, lng: string): string {
  const [m, km] = lng === 'en' ? ['m', 'km'] : ['米', '公里'];
  if (metres < 995) return `${Math.round(metres / 10) * 10} ${m}`;
  return `${(metres / 1_000).toLocaleString(lng, { maximumFractionDigits: metres < 9_950 ? 1 : 0 })} ${km}`;
}
export function minutesText(minutes: number, lng: string): string {
  const [h, m] = lng === 'en' ? ['h', 'min'] : ['小时', '分'];
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 ? `${hours} ${h}` : '', rest > 0 || hours === 0 ? `${rest} ${m}` : '']
    .filter(Boolean)
    .join(' ');
}

const TONES: Record<string, string> = {};
for (const state of 'approved confirmed accepted checked_out posted valid closed verified rated settled'.split(
  ' ',
))
  TONES[state] = 'green';
for (const state of 'published running in_progress dispatched checked_in screened ruled first_review done'.split(
  ' ',
))
  TONES[state] = 'blue';
for (const state of 'submitted requested offered open waitlisted needs_correction objected extended blocked reopened locked'.split(
  ' ',
))
  TONES[state] = 'amber';
for (const state of 'rejected no_show suspended cancelled absent'.split(' ')) TONES[state] = 'red';

const lngOf = (options: Handlebars.HelperOptions): string => options.data.root.lng as string;
Handlebars.registerHelper({
  t: (key: string, options: Handlebars.HelperOptions) =>
    i18next.t(key, { lng: lngOf(options), ...options.hash }),
  state: (kind: string, state: string, options: Handlebars.HelperOptions) =>
    i18next.t(`states.${kind}.${state}`, { lng: lngOf(options) }),
  tone: (state: string) => TONES[state] ?? 'grey',
  icon: (name: string, options: Handlebars.HelperOptions) =>
    new Handlebars.SafeString(
      `<svg class="icon${options.hash['class'] ? ` ${options.hash['class']}` : ''}" width="24" height="24" aria-hidden="true"><use href="/assets/icons.svg#${name}"/></svg>`,
    ),
  day: (at: Date, options: Handlebars.HelperOptions) => dayText(at, lngOf(options)),
  time: (at: Date, options: Handlebars.HelperOptions) => timeText(at, lngOf(options)),
  moment: (at: Date, options: Handlebars.HelperOptions) => momentText(at, lngOf(options)),
  span: (from: Date, to: Date, options: Handlebars.HelperOptions) => spanText(from, to, lngOf(options)),
  minutes: (minutes: number, options: Handlebars.HelperOptions) => minutesText(minutes, lngOf(options)),
  distance: (metres: number, options: Handlebars.HelperOptions) => distanceText(metres, lngOf(options)),
  eq: (a: unknown, b: unknown) => a === b,
  lt: (a: number, b: number) => a < b,
});

const templates = new Map<string, Handlebars.TemplateDelegate>();
for (const file of readdirSync(VIEWS)) {
  const name = file.replace('.hbs', '');
  const template = Handlebars.compile(readFileSync(join(VIEWS, file), 'utf8'));
  templates.set(name, template);
  if (name.startsWith('_')) Handlebars.registerPartial(name.slice(1), template);
}
const trusting = { allowProtoPropertiesByDefault: true, allowProtoMethodsByDefault: true };
/** The page in its layout. */
export function render(view: string, layout: string, model: object): string {
  const body = templates.get(view)?.(model, trusting);
  return templates.get(layout)?.({ ...model, body }, trusting) ?? '';
}
