import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * What is found by typing a name's beginning: the name itself, each of its words, its pinyin run together and its
 * initials (志愿者 → zhiyuanzhe, zyz).
 */
function wholeKeysOf(name: string): string[] {
  // Loaded with the first name: its dictionary is read by whoever registers or searches people, and by no other command.
  const { pinyin } = require('pinyin-pro') as typeof import('pinyin-pro');
  const folded = fold(name);
  const syllables = pinyin(name, {
    toneType: 'none',
    type: 'array',
    nonZh: 'consecutive',
    surname: 'head',
  }).map(fold);
  return [
    ...new Set([
      folded,
      ...folded.split(/\s+/),
      syllables.join(''),
      syllables.map((syllable) => syllable.charAt(0)).join(''),
    ]),
  ].filter((key) => key !== '');
}

/** Beginnings up to so many characters are stored; whoever types more has found the person long ago. */
const LONGEST_BEGINNING = 12;

/**
 * Every beginning under which a name is found, and each whole key. Stored, so that a search is one stretch of an index,
 * already in the list's order however many answer to it, and never a pattern over texts (S-39).
 */
export function searchKeysOf(name: string): string[] {
  const keys = wholeKeysOf(name);
  return [...new Set([...keys.flatMap(beginningsOf), ...keys])];
}

function beginningsOf(key: string): string[] {
  const characters = [...key].slice(0, LONGEST_BEGINNING);
  return characters.map((_character, at) => characters.slice(0, at + 1).join(''));
}

/** The filter for "a key begins with what was typed"; null when nothing was typed. */
export function searchFilter(typed: string): Record<string, unknown> | null {
  const prefix = fold(typed);
  if (prefix === '') return null;
  return [...prefix].length <= LONGEST_BEGINNING
    ? { searchKeys: prefix }
    : { searchKeys: { $elemMatch: { $gte: prefix, $lt: `${prefix}\uffff` } } };
}

/** How both keys and search words are folded. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();
