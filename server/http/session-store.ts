import type { RequestHandler } from 'express';
import MongoStore from 'connect-mongo';
import type { Identities, Identity } from './authenticate.ts';

type Options = ConstructorParameters<typeof MongoStore>[0];

/** Rides along with the session it was read with; written nowhere, since it is nothing to JSON. */
class Asking {
  readonly identity: Identity | null;
  constructor(identity: Identity | null) {
    this.identity = identity;
  }
  toJSON(): undefined {
    return undefined;
  }
}

/**
 * Sessions as connect-mongo keeps them, but read together with who is asking: one indexed read a request instead of
 * two, and nothing remembered in the process (S-8).
 */
class SessionStore extends MongoStore {
  readonly #identities: Identities;

  constructor(options: Options, identities: Identities) {
    super(options);
    this.#identities = identities;
  }

  override get(sid: string, callback: (err: unknown, session?: never) => void): void {
    this.#identities.ofBrowser(sid).then(
      (stored) => {
        const more = stored?.lastModified ? { lastModified: stored.lastModified } : {};
        const session = stored && { ...stored.session, ...more, asking: new Asking(stored.identity) };
        callback(null, session as never);
      },
      (err: unknown) => callback(err),
    );
  }
}

export const createSessionStore = (options: Options, identities: Identities): MongoStore =>
  new SessionStore(options, identities);

/** Right behind the sessions: moves who is asking from the session to the answer's locals. */
export const takeAsking: RequestHandler = (req, res, next) => {
  const session = req.session as { asking?: Asking } | undefined;
  res.locals.asking = session?.asking?.identity ?? null;
  if (session) delete session.asking;
  next();
};
