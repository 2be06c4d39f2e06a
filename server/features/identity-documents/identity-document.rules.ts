import type { HumanFacts } from './identity-document.service.ts';

/**
 * Identity documents as rules (domain rules … ): what a number must be to be one, and what it says of its
 * holder. Pure: the day comes in, nothing is looked up. A number that passes is well-formed, not proved to be somebody's.
 */
export const DOCUMENT_TYPES = [
  /** 居民身份证 */
  'resident-id',
  /** 港澳居民居住证, 台湾居民居住证 */
  'residence-permit',
  /** 外国人永久居留身份证 */
  'permanent-residence',
  /** 港澳居民来往内地通行证 */
  'hk-macao-pass',
  /** 台湾居民来往大陆通行证 */
  'taiwan-pass',
] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export interface DocumentFacts {
  readonly type: DocumentType;
  /** As it is stored and compared: half-width, upper case, nothing between. */
  readonly number: string;
  /** `YYYY-MM-DD` where the number says it, else null. */
  readonly birthDate: string | null;
  /** What a reader should look at twice; the number counts nevertheless. */
  readonly warnings: readonly 'country-unknown'[];
}

export type DocumentFault =
  'document-form' | 'document-area' | 'document-date' | 'document-future' | 'document-check';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECKS = '10X98765432';

/** Provinces by the first two digits, those of lapsed codes too: a number is for life, its area's code is not. */
const PROVINCES = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82'.split(
    ' ',
  ),
);
const PERMIT_AREAS = new Set(['810000', '820000', '830000']);
/** ISO 3166-1 numeric codes end at 894 (Zambia); 9xx are nobody's. */
const LAST_COUNTRY = 894;

/** The check character of the first 17 positions (GB 11643, MOD 11-2). */
export function checkCharacter(digits: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  return CHECKS[sum % 11] ?? '';
}

/** Full-width, lower-case and spaced typing all mean the same number. */
export const normaliseDocumentNumber = (typed: string): string =>
  typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-·.]+/g, '');

const isRealDate = (date: string): boolean => {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
};

/** The eighteen positions that four kinds of document share; `today` is `YYYY-MM-DD`. */
function eighteen(number: string, today: string): { birthDate: string } | { fault: DocumentFault } {
  if (!/^\d{17}[\dX]$/.test(number)) return { fault: 'document-form' };
  if (checkCharacter(number) !== number[17]) return { fault: 'document-check' };
  const digits = number.slice(6, 14);
  const birthDate = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  if (!isRealDate(birthDate) || birthDate < '1850-01-01') return { fault: 'document-date' };
  return birthDate > today ? { fault: 'document-future' } : { birthDate };
}

/**
 * What a typed number is, or why it cannot be one of this type. `today` is `YYYY-MM-DD`.
 */
export function readDocument(
  type: DocumentType,
  typed: string,
  today: string,
): DocumentFacts | { readonly fault: DocumentFault } {
  const number = normaliseDocumentNumber(typed);
  const plain = (pattern: RegExp): DocumentFacts | { fault: DocumentFault } =>
    pattern.test(number) ? { type, number, birthDate: null, warnings: [] } : { fault: 'document-form' };
  // Format only: these have no public check digit.
  if (type === 'hk-macao-pass') return plain(/^[HM](\d{8}|\d{10})$/);
  if (type === 'taiwan-pass') return plain(/^(\d{8}|\d{10})$/);
  // The form before 2023-12-01 stays valid beside the new one.
  if (type === 'permanent-residence' && /^[A-Z]{3}\d{12}$/.test(number)) return plain(/^/);
  const read = eighteen(number, today);
  if ('fault' in read) return read;
  const area = number.slice(0, 6);
  const fits =
    type === 'resident-id'
      ? PROVINCES.has(area.slice(0, 2)) && !PERMIT_AREAS.has(area)
      : type === 'residence-permit'
        ? PERMIT_AREAS.has(area)
        : number.startsWith('9');
  if (!fits) return { fault: 'document-area' };
  const unknownCountry = type === 'permanent-residence' && Number(number.slice(3, 6)) > LAST_COUNTRY;
  return { type, number, birthDate: read.birthDate, warnings: unknownCountry ? ['country-unknown'] : [] };
}

/**
 * What of a number stays with its human: passes of ten digits end in how often they were issued, so that one human would be as many
 * as they had passes (R-5.5; the lifelong part is from common description, not from a published standard).
 */
export const lifelongPart = (type: DocumentType, number: string): string =>
  type === 'hk-macao-pass' ? number.slice(0, 9) : type === 'taiwan-pass' ? number.slice(0, 8) : number;

/** What may be shown of a number: its first and its last two characters (S-9). */
export const maskNumber = (number: string): string =>
  number.length <= 4
    ? '•'.repeat(number.length)
    : `${number.slice(0, 1)}${'•'.repeat(number.length - 3)}${number.slice(-2)}`;

/** How far it is known who a person is. `demo` people are generated: they have no document and count as known. */
export const IDENTITY_LEVELS = ['none', 'stated', 'verified', 'demo'] as const;
export type IdentityLevel = (typeof IDENTITY_LEVELS)[number];

/** Whether hours of this person may be certified and whether this person may confirm those of others. */
export const isIdentified = (level: IdentityLevel): boolean => level !== 'none';
/** Whether somebody independent has seen who this is. */
export const isVerified = (level: IdentityLevel): boolean => level === 'verified' || level === 'demo';

/** Of a document as much as says whose account else it may be; numbers are as the blind index has them. */
export interface StatedDocument {
  readonly personId: string;
  readonly blind: string;
  readonly former?: readonly string[] | undefined;
  /** Null while nobody saw it. */
  readonly verification: unknown;
}

/** By what numbers a person may be another, the present one first: what was seen outweighs all that was only typed. */
export const numbersOf = ({
  blind,
  former = [],
  verification,
}: Omit<StatedDocument, 'personId'>): readonly string[] => (verification ? [blind] : [blind, ...former]);

/** Whether two people share a number, now or before, so that they may be one under two names. */
export const shareNumber = (
  one: Omit<StatedDocument, 'personId'>,
  other: Omit<StatedDocument, 'personId'>,
): boolean => numbersOf(one).some((number) => numbersOf(other).includes(number));

/**
 * Names the human behind each of these people: the same for those who share a number now, or shared one before, as far as nobody
 * has seen that they are two. A document that was seen names its own human, whoever else typed its number.
 */
export function humanKeys(people: readonly StatedDocument[]): Map<string, string> {
  const seen = new Set(people.filter(({ verification }) => verification).map(({ blind }) => blind));
  const groups: { numbers: Set<string>; personIds: string[] }[] = [];
  const keys = new Map<string, string>();
  for (const one of people) {
    const known = numbersOf(one).find((number) => seen.has(number));
    if (known !== undefined) {
      keys.set(one.personId, known);
      continue;
    }
    const met = groups.filter(({ numbers }) => numbersOf(one).some((number) => numbers.has(number)));
    const rest = groups.filter((group) => !met.includes(group));
    groups.splice(0, groups.length, ...rest, {
      numbers: new Set([...numbersOf(one), ...met.flatMap(({ numbers }) => [...numbers])]),
      personIds: [one.personId, ...met.flatMap(({ personIds }) => personIds)],
    });
  }
  for (const { numbers, personIds } of groups)
    for (const id of personIds) keys.set(id, [...numbers].sort()[0] ?? id);
  return keys;
}

/** Somebody saw this human's document in whom none of these humans has a hand. */
export function isKnownApartFrom(
  { verified, verification }: Pick<HumanFacts, 'verified' | 'verification'>,
  hands: ReadonlySet<string>,
): boolean {
  if (!verified || !verification) return verified;
  const { by, granters } = verification;
  return (by === null || !hands.has(by)) && !granters.some((granter) => hands.has(granter));
}
