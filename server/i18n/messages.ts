import type { Locale } from '../core/locale.ts';
import { formatNumber } from './format.ts';
import type { MessageParams } from './types.ts';

/**
 * Messages made ready once. A page says a hundred of them, and i18next takes each apart anew: a tenth of a page's time
 * went there. What is worded plainly, which is everything the locale files hold today, is answered from here; whatever
 * uses more of i18next (nesting, formats, contexts) is left to it.
 */
export interface ReadyMessages {
  /** The message with its values in it; null when i18next has to say it, a gap included. */
  text(key: string, params: MessageParams | undefined): string | null;
  /** Whether the key is worded as it stands, without a plural form; null when only i18next knows. */
  has(key: string): boolean | null;
}

/** Numbers that name something and count nothing: 2026, never 2,026. */
const NAMING = new Set(['year']);

/** A value as it stands in a message: counted amounts from a thousand on are grouped, 20000 → "20,000". */
const valueText = (value: string | number, name: string, locale: Locale): string =>
  typeof value === 'number' && Math.abs(value) >= 1_000 && !NAMING.has(name)
    ? formatNumber(value, locale)
    : String(value);

/** Text, a name, text, a name, …, text. */
type Message = readonly string[];

/** Names that mean something to i18next beside being a value, so that only it knows what comes out. */
const MEANT = new Set(
  `appendNamespaceToCIMode appendNamespaceToMissingKey context contextSeparator defaultValue fallbackLng
  ignoreJSONStructure interpolation joinArrays keySeparator lng lngs nest ns nsSeparator ordinal pluralSeparator
  postProcess replace returnDetails returnEmptyString returnNull returnObjects skipInterpolation`.split(
    /\s+/,
  ),
);
const SMALL = 200;
const PLACEHOLDER = /\{\{(\w+)\}\}/;
const PLAIN_KEY = /^[\w-]+(\.[\w-]+)*$/;

/** The parts of a text whose placeholders are plain names; null when it has anything else. */
function partsOf(text: string): Message | null {
  const parts = text.split(PLACEHOLDER);
  const plain = parts.every((part, at) =>
    at % 2 === 0 ? !/\{\{|\}\}|\$t\(/.test(part) : !MEANT.has(part) && !part.startsWith('__'),
  );
  return plain ? parts : null;
}

/** Texts by their whole key; null for a branch of the tree. */
function collect(
  tree: Readonly<Record<string, unknown>>,
  prefix: string,
  into: Map<string, string | null>,
): Map<string, string | null> {
  for (const [name, value] of Object.entries(tree)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    into.set(key, typeof value === 'string' ? value : null);
    if (typeof value !== 'string') collect(value as Record<string, unknown>, key, into);
  }
  return into;
}

/** Makes the messages of one language ready. @param tree the locale files, by namespace */
export function readyMessages(locale: Locale, tree: Readonly<Record<string, unknown>>): ReadyMessages {
  const texts = collect(tree, '', new Map());
  const messages = new Map([...texts].map(([key, text]) => [key, text === null ? null : partsOf(text)]));
  const plurals = new Intl.PluralRules(locale);
  // Small whole numbers are nearly all that is counted, and asking costs more than the rest of a message.
  const small = Array.from({ length: SMALL }, (_unused, count) => plurals.select(count));
  const formFor = (count: number): string => small[count] ?? plurals.select(count);

  /** The form for so many, else the plain wording; undefined where there is neither, null where i18next has to say it. */
  function formOf(key: string, count: string | number | undefined): Message | null | undefined {
    if (typeof count === 'number') {
      // i18next lets languages word "none" on its own.
      const none = count === 0 ? messages.get(`${key}_zero`) : undefined;
      const form = none === undefined ? messages.get(`${key}_${formFor(count)}`) : none;
      if (form !== undefined) return form;
    }
    return messages.get(key);
  }

  return {
    text(key, params) {
      const parts = formOf(key, params?.['count']);
      if (!parts) return null;
      for (const name in params) if (MEANT.has(name)) return null;
      let text = parts[0] ?? '';
      for (let at = 1; at < parts.length; at += 2) {
        const name = parts[at] as string;
        const value = params?.[name];
        // What is left out or no text is a fault, and i18next's to name.
        if (typeof value !== 'string' && typeof value !== 'number') return null;
        text += valueText(value, name, locale) + (parts[at + 1] as string);
      }
      return text;
    },
    has(key) {
      const text = texts.get(key);
      if (text !== undefined) return text === null ? null : true;
      return PLAIN_KEY.test(key) ? false : null;
    },
  };
}
