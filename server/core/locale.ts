/** The languages Linli speaks. A locale never comes from a request as a path, only as a choice from this list (S-30). */
export const LOCALES = ['zh-CN', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'zh-CN';

export const isLocale = (value: unknown): value is Locale => LOCALES.some((locale) => locale === value);
