/** What people cannot see and programs trip over (S-46): controls except line breaks, bidi and zero-width marks. */
const INVISIBLE =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]|\p{Cs}/gu;

/** Several lines of text: invisible characters gone, line breaks as LF, composed letters, no trailing blanks. */
export const cleanProse = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(INVISIBLE, '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .normalize('NFC')
    .trim();

/** One line of text. */
export const cleanLine = (text: string): string => cleanProse(text).replace(/\n+/g, ' ');

/** At most `max` characters, never half of one; what was cut off ends in an ellipsis. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = '';
  for (const character of text) {
    if (end.length + character.length > max - 1) break;
    end += character;
  }
  return `${end.trimEnd()}…`;
}

/** Spreadsheets write `="00123"` to keep a text a text: the text is what is meant (S-42). */
export function flattenFormula(text: string): string {
  return /^\s*=\s*"((?:[^"]|"")*)"\s*$/.exec(text)?.[1]?.replaceAll('""', '"') ?? text;
}

/** A formula other than a quoted text: its value is not in the file, so it cannot be read (S-42). */
export const isFormula = (text: string): boolean => /^\s*=\s*[A-Za-z+\-@(\d$']/.test(flattenFormula(text));

/** A small, well spread whole number for a text (FNV-1a, 32 bits): the same text always gives the same one. */
export function spreadNumber(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
