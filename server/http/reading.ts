import type { Request, Response } from 'express';

/**
 * How somebody wants to read, kept in cookies rather than on the server: it holds before signing in too, and reading a
 * page changes nothing there. The language has its own cookie (handler.ts).
 */
export type LetterSize = 'normal' | 'large';

const COOKIE = '__Host-letters';

/** The size of letters chosen in the address (`?letters=large`) or before. */
export function letterSizeOf(req: Request): LetterSize {
  return (
    chosen(req) ??
    (new RegExp(`(?:^|;\\s*)${COOKIE}=large(?:;|$)`).test(req.get('cookie') ?? '') ? 'large' : 'normal')
  );
}

/** A choice in the address lasts for a year. */
export function rememberLetterSize(req: Request, res: Response): void {
  const size = chosen(req);
  if (size)
    res.append('Set-Cookie', `${COOKIE}=${size}; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax`);
}

function chosen(req: Request): LetterSize | null {
  const asked = req.query['letters'];
  return asked === 'large' || asked === 'normal' ? asked : null;
}
