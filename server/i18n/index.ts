import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next from 'i18next';
import { DEFAULT_LOCALE, isLocale, LOCALES } from '../core/locale.ts';
import type { Locale } from '../core/locale.ts';
import { readyMessages } from './messages.ts';
import type { ReadyMessages } from './messages.ts';
import type { I18n, MessageParams } from './types.ts';

export { DEFAULT_LOCALE, isLocale, LOCALES } from '../core/locale.ts';
export type { Locale } from '../core/locale.ts';
export type { KnownKey } from './keys.ts';
export type { I18n, MessageKey, MessageParams, Reader, Typed } from './types.ts';
export * from './form.ts';
export * from './format.ts';

const LOCALES_FOLDER = join(import.meta.dirname, 'locales');

/** Reads every namespace of every locale: `{ 'zh-CN': { common: {…}, nav: {…} }, en: {…} }`. No request ever names a path. */
export function readMessages(folder = LOCALES_FOLDER): Record<Locale, Record<string, unknown>> {
  const read = (locale: Locale): Record<string, unknown> =>
    Object.fromEntries(
      readdirSync(join(folder, locale))
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => [
          file.slice(0, -'.json'.length),
          JSON.parse(readFileSync(join(folder, locale, file), 'utf8')),
        ]),
    );
  return { 'zh-CN': read('zh-CN'), en: read('en') };
}

/** Loads the locale files of all namespaces into an i18next instance of its own (static resources, no back end). */
export function createI18n(options: { strict?: boolean } = {}): I18n {
  const strict = options.strict ?? false;
  const messages = readMessages();
  const instance = i18next.createInstance();
  void instance.init({
    initAsync: false,
    lng: DEFAULT_LOCALE,
    fallbackLng: false,
    supportedLngs: [...LOCALES],
    ns: 'all',
    defaultNS: 'all',
    nsSeparator: false,
    resources: Object.fromEntries(LOCALES.map((locale) => [locale, { all: messages[locale] }])),
    // The template engine escapes; skipOnVariables keeps `$t(…)` and `{{…}}` inside a person's own text from being expanded.
    interpolation: { escapeValue: false, skipOnVariables: true },
    returnObjects: false,
  });
  const translate = Object.fromEntries(
    LOCALES.map((locale) => [locale, instance.getFixedT(locale)]),
  ) as Record<Locale, ReturnType<typeof instance.getFixedT>>;

  const ready = Object.fromEntries(
    LOCALES.map((locale) => [locale, readyMessages(locale, messages[locale])]),
  ) as Record<Locale, ReadyMessages>;

  const has = (locale: Locale, key: string): boolean =>
    ready[locale].has(key) ?? instance.exists(key, { lng: locale });
  const t = (locale: Locale, key: string, params?: MessageParams): string => {
    const text = ready[locale].text(key, params);
    if (text !== null) return text;
    if (strict && !instance.exists(key, { lng: locale, ...params }))
      throw new Error(`No message "${key}" in ${locale}`);
    return translate[locale](key, { ...params });
  };
  return { t, has, in: (locale) => (key, params) => t(locale, key, params) };
}

export interface LocaleWishes {
  /** What the person chose (account, or the language switch's cookie). */
  readonly user?: string | null | undefined;
  /** What the tenant speaks unless told otherwise. */
  readonly tenant?: string | null | undefined;
  readonly acceptLanguage?: string | null | undefined;
}

/** The locale to speak: the person's, then the tenant's, then the browser's, out of the fixed list (S-30). */
export function pickLocale(wishes: LocaleWishes): Locale {
  if (isLocale(wishes.user)) return wishes.user;
  if (isLocale(wishes.tenant)) return wishes.tenant;
  return fromAcceptLanguage(wishes.acceptLanguage ?? '') ?? DEFAULT_LOCALE;
}

function fromAcceptLanguage(header: string): Locale | null {
  const wanted = header
    .slice(0, 500)
    .split(',')
    .map((part, index) => {
      const [tag = '', ...params] = part.trim().toLowerCase().split(';');
      const q = params.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
      return { language: tag.split('-')[0] ?? '', quality: q === undefined ? 1 : Number(q), index };
    })
    .filter((entry) => entry.quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index);
  for (const { language } of wanted) {
    const match = LOCALES.find((locale) => locale.toLowerCase().split('-')[0] === language);
    if (match) return match;
  }
  return null;
}
