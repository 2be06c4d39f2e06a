import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';

/** The language chosen before in this browser (`?lang=`), as its cookie says it; nobody has checked it yet. */
export function cookieIn({ cookie }: IncomingHttpHeaders): string | undefined {
  return /(?:^|;\s*)__Host-lang=([A-Za-z-]{2,8})(?:;|$)/.exec(cookie ?? '')?.[1];
}

export const cookieLocale = (req: Request): string | undefined => cookieIn(req.headers);
