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
  const guessable = [...COMMON, ...words].some(
    (word) => core === word || folded === word || folded.split(word).join('').length < 5,
  );
  return guessable ? [{ path: 'password', code: 'password-too-common' }] : [];
}

/** One character or one short pattern over and over, or a plain run such as 123456789012. */
function isMonotonous(text: string): boolean {
  if (/^(.{1,4})\1+.{0,3}$/su.test(text)) return true;
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter((step) => step === 1 || step === -9 || step === -1).length >= steps.length - 1;
}
