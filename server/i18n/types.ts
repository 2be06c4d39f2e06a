import type { FieldIssue } from '../core/errors.ts';
import type { Locale } from '../core/locale.ts';
import type { KnownKey } from './keys.ts';

/** A key such as `assignments.accept.title`. Editors complete the known ones; computed keys (`errors.${code}`) pass too. */
export type MessageKey = KnownKey | (string & {});
export type MessageParams = Readonly<Record<string, string | number>>;

export interface I18n {
  /**
   * The wording of `key` in `locale`. Plural forms follow `count`. An unknown key is answered with the key itself, so
   * that a page with a gap stays readable; created strict (tests, development) it throws instead.
   */
  t(locale: Locale, key: MessageKey, params?: MessageParams): string;
  /** Whether `key` is worded in `locale`. */
  has(locale: Locale, key: MessageKey): boolean;
  /** `t` bound to one locale. */
  in(locale: Locale): (key: MessageKey, params?: MessageParams) => string;
}

/** Whom words are for. */
export interface Reader {
  readonly i18n: I18n;
  readonly locale: Locale;
}

/** What was typed into a form, and what is wrong with it. */
export interface Typed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly FieldIssue[];
}
