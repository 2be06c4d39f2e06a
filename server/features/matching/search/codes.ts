import { LANGUAGES } from '../../skills/language.catalogue.ts';
import { SERVICE_AREAS, SKILL_CODES } from '../../skills/skill.catalogue.ts';

/** Codes as numbers, in the order of the catalogues; both ends of the search are the same program. */
const SKILL = new Map([...SKILL_CODES].map((code, at) => [code, at]));
const LANGUAGE = new Map(LANGUAGES.map(({ code }, at) => [code, at]));
const AREA = new Map(SERVICE_AREAS.map(({ code }, at) => [code, at]));

/** The number of a skill; −1 for one of no catalogue, which nobody has. */
export const skillNumber = (code: string): number => SKILL.get(code) ?? -1;
export const languageBits = (codes: readonly string[]): number => bitsOf(codes, LANGUAGE);
export const areaBits = (codes: readonly string[]): number => bitsOf(codes, AREA);
/** The bit of a language that no catalogue knows: nobody speaks it. */
export const UNKNOWN_LANGUAGE = 1 << 15;
export const languagesAsked = (codes: readonly string[]): number =>
  codes.reduce(
    (bits, code) => bits | (LANGUAGE.has(code) ? 1 << (LANGUAGE.get(code) ?? 0) : UNKNOWN_LANGUAGE),
    0,
  );

const bitsOf = (codes: readonly string[], known: ReadonlyMap<string, number>): number =>
  codes.reduce((bits, code) => (known.has(code) ? bits | (1 << (known.get(code) ?? 0)) : bits), 0) >>> 0;

/** `YYYY-MM-DD` as one number that sorts and subtracts like a date by years; 0 for none. */
export const dateNumber = (date: string | null): number =>
  date === null
    ? 0
    : Number(date.slice(0, 4)) * 10_000 + Number(date.slice(5, 7)) * 100 + Number(date.slice(8, 10));
const EPOCH_2000 = Date.UTC(2000, 0, 1) / 86_400_000;
/** Days since the year 2000, from 1 on; 0 for none. */
export const dayNumber = (date: string | null): number =>
  date === null
    ? 0
    : Math.min(65_535, Math.max(1, Date.parse(`${date}T00:00:00Z`) / 86_400_000 - EPOCH_2000));
export const idBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Bytes of an id. */
export const ID_BYTES = 12;

/** How the id at a place of many packed ones compares with another. */
export function compareIds(ids: Uint8Array, at: number, id: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const by = (ids[at * ID_BYTES + i] ?? 0) - (id[i] ?? 0);
    if (by !== 0) return by;
  }
  return 0;
}
