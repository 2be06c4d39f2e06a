import type { FieldIssue } from '../../core/errors.ts';

/** Shortest password; longer needs no digits or capitals (S-14). */
export const PASSWORD_MINIMUM = 12;
export const PASSWORD_MAXIMUM = 256;

/**
 * The key under which an address is looked up and unique (S-46): NFKC, lower case, domain as punycode. Look-alikes fold
 * together; the address as typed is kept for display.
 * @returns null when it is not one plain address
 */
export function emailKey(email: string): string | null {
  const text = email.normalize('NFKC').trim();
  const match = /^([^\s@"<>(),:;[\]\\]{1,64})@([^\s@/?#:]{3,253})$/.exec(text);
  if (!match || /[\p{Cc}\p{Cf}]/u.test(text)) return null;
  const [, local = '', domain = ''] = match;
  try {
    const { hostname } = new URL(`http://${domain}/`);
    if (!hostname.includes('.') || /^\d+(\.\d+){3}$/.test(hostname) || hostname.startsWith('[')) return null;
    return `${local.toLowerCase()}@${hostname}`;
  } catch {
    return null;
  }
}

/**
 * Where mail to an address goes: as typed, unless that is another spelling than the one it is known and unique by. A
 * look-alike with characters that fold to plain ones could be somebody else's mailbox (S-18, S-46).
 */
export function mailAddress(typed: string): string {
  const key = emailKey(typed);
  return key === null || typed.trim().toLowerCase() === key ? typed.trim() : key;
}

/**
 * A mobile number as it is looked up and unique: `+86` and eleven digits for numbers of the mainland, however they are
 * written; any other country's as E.164.
 * @returns null when it is no mobile number
 */
export function phoneKey(text: string): string | null {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s().-]+/g, '')
    .replace(/^00/, '+');
  const own = /^(?:\+?86)?(1[3-9]\d{9})$/.exec(plain)?.[1];
  if (own) return `+86${own}`;
  return /^\+(?!86)[1-9]\d{6,14}$/.test(plain) ? plain : null;
}

/** A number as people of the mainland write it; others keep their country. */
export const shownPhone = (key: string): string => key.replace(/^\+86/, '');

/** What somebody signs in with: an address or a mobile number; null for neither. */
export function identifierOf(text: string): { emailKey: string } | { phone: string } | null {
  const email = emailKey(text);
  if (email) return { emailKey: email };
  const phone = phoneKey(text);
  return phone ? { phone } : null;
}

/** The account behind the address or number of a link, which was normalised when the link was made. */
export const byAddress = (address: string): { emailKey: string } | { phone: string } =>
  identifierOf(address) ?? { emailKey: address };

/** How an account keeps what somebody signs in with; an address as it was typed. */
export function namesOf(text: string): { email: string | null; phone: string | null } {
  const phone = emailKey(text) ? null : phoneKey(text);
  return phone ? { email: null, phone } : { email: text.trim(), phone: null };
}

/** Words that guessers try first, beside what is near at hand: our name, the person's. */
const COMMON = [
  'password',
  'passw0rd',
  'iloveyou',
  'qwerty',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'letmein',
  'welcome',
  'administrator',
  'abc123',
  'abcdef',
  'woaini',
  'linli',
  'volunteer',
  'zhiyuanzhe',
  'sunshine',
  'football',
  'princess',
  'dragon',
  'monkey',
] as const;

/** Why this password may not be used; empty means it may. Nothing is trimmed, any character counts (S-14). */
export function passwordIssues(password: string, near: readonly string[]): FieldIssue[] {
  const length = [...password].length;
  if (length < PASSWORD_MINIMUM)
    return [{ path: 'password', code: 'password-too-short', params: { min: PASSWORD_MINIMUM } }];
  if (length > PASSWORD_MAXIMUM)
    return [{ path: 'password', code: 'too-long', params: { max: PASSWORD_MAXIMUM } }];
  const folded = password.normalize('NFKC').toLowerCase();
  const core = folded.replace(/[^\p{L}]+/gu, '');
  if (isMonotonous(folded)) return [{ path: 'password', code: 'password-too-common' }];
  const words = near
    .flatMap((text) =>
      text
        .normalize('NFKC')
        .toLowerCase()
        .split(/[@.\s]+/),
    )
    .filter((word) => [...word].length >= 4);
  const tried = [...COMMON, ...words].sort((a, b) => b.length - a.length);
  const guessable = tried.some(
    (word) => core === word || folded === word || folded.split(word).join('').length < 5,
  );
  return guessable || isMadeOf(folded, tried) ? [{ path: 'password', code: 'password-too-common' }] : [];
}

/** Several of these words in a row and hardly anything else: two common ones, one's own address. */
function isMadeOf(text: string, longestFirst: readonly string[]): boolean {
  const left = longestFirst.reduce((rest, word) => rest.split(word).join(''), text);
  return left !== text && left.replace(/[@.\s_-]+/g, '').length < 5;
}

/** One character or one short pattern over and over, or a plain run such as 123456789012. */
function isMonotonous(text: string): boolean {
  if (/^(.{1,4})\1+.{0,3}$/su.test(text)) return true;
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter((step) => step === 1 || step === -9 || step === -1).length >= steps.length - 1;
}
