import { pinyin } from 'pinyin-pro';

/**
 * Keys under which a name is found by prefix: the name itself, each of its words, its pinyin run together and its
 * initials (志愿者 → zhiyuanzhe, zyz). Stored, so that search is an index scan and never a pattern over texts (S-39).
 */
export function searchKeysOf(name: string): string[] {
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

/** How both keys and search words are folded. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

/** Half-open range of keys that start with the words typed; null when nothing was typed. */
export function prefixRange(typed: string): { $gte: string; $lt: string } | null {
  const prefix = fold(typed);
  return prefix === '' ? null : { $gte: prefix, $lt: `${prefix}\uffff` };
}
