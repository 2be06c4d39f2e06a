import passport from 'passport';
import type {} from 'express-session';
import type { SessionUser } from './session.ts';

/**
 * What passport keeps in a session: the account's id and nothing else. Who that is, and what they may do, is read anew
 * on each request by `identify` (S-8), so deserialising costs no query.
 */
export function passportSetup(): void {
  passport.serializeUser((user, done) => done(null, { accountId: (user as SessionUser).accountId }));
  passport.deserializeUser((user: SessionUser, done) => done(null, user as Express.User));
}
