import { createHash } from 'node:crypto';
import { contextNow } from '../core/context.ts';
import { database } from './connect.ts';

/** A browser that is signed in, as its owner may see it. */
export interface OpenSession {
  /** Names the session without being its secret. */
  readonly id: string;
  readonly startedAt: Date;
  readonly expiresAt: Date;
  /** What the browser said of itself when it signed in. */
  readonly agent: string;
  readonly current: boolean;
}

interface StoredSession {
  _id: string;
  expires: Date;
  session: {
    startedAt?: number;
    accountVersion?: number;
    agent?: string;
    passport?: { user?: { accountId?: string } };
  };
}

const MOST = 50;
const publicId = (sid: string): string => createHash('sha256').update(sid).digest('hex').slice(0, 24);
const sessions = () => database().collection<StoredSession>('sessions');

/**
 * Open sessions of an account, newest first.
 * @param version the account's: a session of before the password was changed opens nothing any more, and is none
 * @param currentSid the secret of the one that asks, if any
 */
export async function sessionsOf(
  accountId: string,
  version: number,
  currentSid: string | null,
): Promise<OpenSession[]> {
  const rows = await sessions()
    .find({
      'session.passport.user.accountId': accountId,
      'session.accountVersion': version,
      expires: { $gt: contextNow() },
    })
    .sort({ expires: -1 })
    .limit(MOST)
    .toArray();
  return rows
    .map((row) => ({
      id: publicId(row._id),
      startedAt: new Date(row.session.startedAt ?? 0),
      expiresAt: row.expires,
      agent: row.session.agent ?? '',
      current: row._id === currentSid,
    }))
    .sort((a, b) => Number(b.current) - Number(a.current) || b.startedAt.getTime() - a.startedAt.getTime());
}

/** Ends one session of the account by its public id. @returns whether there was one */
export async function endSession(accountId: string, id: string): Promise<boolean> {
  const rows = await sessions()
    .find({ 'session.passport.user.accountId': accountId })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const row = rows.find(({ _id }) => publicId(_id) === id);
  return row !== undefined && (await sessions().deleteOne({ _id: row._id })).deletedCount === 1;
}

/** Ends every session of the account but this one. @returns how many */
export async function endOtherSessions(accountId: string, keptSid: string | null): Promise<number> {
  const { deletedCount } = await sessions().deleteMany({
    'session.passport.user.accountId': accountId,
    ...(keptSid === null ? {} : { _id: { $ne: keptSid } }),
  });
  return deletedCount;
}
