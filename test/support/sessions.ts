import { createHmac, randomBytes } from 'node:crypto';
import { now } from '../../server/core/clock.ts';
import { database } from '../../server/db/connect.ts';
import { AccountModel } from '../../server/features/accounts/account.model.ts';
import { testApp } from './app.ts';

/** As long as the application's own: nothing here lasts for hours. */
const IDLE_MS = 3_600_000;

interface OpenedSession {
  readonly cookie: readonly [name: string, value: string];
  readonly csrfToken: string;
}

/**
 * A browser's session as signing in and choosing the membership leave it, stored without either: three pages, the hash of
 * a password and a dozen writes, hundreds of times in a run. What signing in does is tested by whoever signs in
 * (`signedIn`, test/feature/accounts, test/browser).
 * @throws Error when the account may not sign in
 */
export async function openSession(accountId: string, membershipId: string): Promise<OpenedSession> {
  const { composed } = await testApp();
  const account = await AccountModel.findById(accountId).select({ state: 1, version: 1 }).lean();
  if (account?.state !== 'active') throw new Error(`Nobody signs in to an account that is ${account?.state}`);
  const sid = randomBytes(24).toString('base64url');
  const csrfToken = randomBytes(32).toString('hex');
  const expires = new Date(Date.now() + IDLE_MS);
  const at = now().getTime();
  await database()
    .collection<{ _id: string }>('sessions')
    .insertOne({
      _id: sid,
      expires,
      lastModified: new Date(),
      session: {
        cookie: {
          originalMaxAge: IDLE_MS,
          expires,
          secure: true,
          httpOnly: true,
          path: '/',
          sameSite: 'lax',
        },
        passport: { user: { accountId } },
        startedAt: at,
        authenticatedAt: at,
        accountVersion: account.version,
        membershipId,
        agent: 'node',
        csrfToken,
      },
    } as never);
  const signature = createHmac('sha256', composed.sessionSecret).update(sid).digest('base64');
  const value = `s:${sid}.${signature.replace(/=+$/, '')}`;
  return { cookie: ['__Host-linli', encodeURIComponent(value)], csrfToken };
}
