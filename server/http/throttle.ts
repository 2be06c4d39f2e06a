import { createRequire } from 'node:module';
import type mongoose from 'mongoose';
import type * as limiting from 'rate-limiter-flexible';
import { TooMany } from '../core/errors.ts';
import type { RateClass } from './route.ts';

const require = createRequire(import.meta.url);
// By the file: the library as a whole is two dozen other stores.
const RateLimiterMongo =
  require('rate-limiter-flexible/lib/RateLimiterMongo.js') as typeof limiting.RateLimiterMongo;
const RateLimiterRes =
  require('rate-limiter-flexible/lib/RateLimiterRes.js') as typeof limiting.RateLimiterRes;

/** Points per window, counted in the database so that all processes and restarts share them (S-17). */
export const RATES = {
  write: { points: 240, seconds: 60 },
  heavy: { points: 120, seconds: 60 },
  /** Files with the facts of very many people. */
  bulk: { points: 10, seconds: 3_600 },
  mail: { points: 20, seconds: 3_600 },
  'sign-in': { points: 20, seconds: 900 },
  /** Wrong passwords from one network; far above what a community centre's shared address produces. */
  'sign-in-network': { points: 300, seconds: 900 },
  /** Codes that one person typed and that are none: a tired thumb mistypes less. */
  'check-in-miss': { points: 20, seconds: 600 },
  /** Numbers typed at one device at a shift that are nobody's there: a queue of people mistypes less. */
  'kiosk-miss': { points: 12, seconds: 300 },
  /** Guesses from everywhere together: beyond any sign-up day of a county, short of a flood. */
  'sign-in-global': { points: 20_000, seconds: 900 },
  /** Anonymous writes of one network: a sign-up day in a village hall stays below it. */
  'public-write': { points: 600, seconds: 3_600 },
} as const;

export type RateName = keyof typeof RATES;

export interface Throttle {
  /** Counts one use. @throws TooMany when the window's points are spent */
  consume(name: RateName, key: string): Promise<void>;
  /** Takes one use back: it was a right one. */
  takeBack(name: RateName, key: string): Promise<void>;
  /** Gives the points of a window back, after a right password. */
  forgive(name: RateName, key: string): Promise<void>;
}

/** The client is asked for on first use, so that routes can be listed without a database. */
export function createThrottle(
  store: () => { client: mongoose.mongo.MongoClient; dbName: string },
): Throttle {
  const limiters = new Map<RateName, limiting.RateLimiterMongo>();
  const limiter = (name: RateName): limiting.RateLimiterMongo => {
    const known = limiters.get(name);
    if (known) return known;
    const { client, dbName } = store();
    const made = new RateLimiterMongo({
      storeClient: client,
      dbName,
      tableName: 'rate_limits',
      keyPrefix: name,
      points: RATES[name].points,
      duration: RATES[name].seconds,
      // Indexes are made by migrations, by another database user.
      disableIndexesCreation: true,
    });
    limiters.set(name, made);
    return made;
  };
  return {
    async consume(name, key) {
      try {
        await limiter(name).consume(key);
      } catch (err) {
        if (err instanceof RateLimiterRes) throw new TooMany(Math.max(1, Math.ceil(err.msBeforeNext / 1000)));
        throw err;
      }
    },
    async takeBack(name, key) {
      await limiter(name).reward(key, 1);
    },
    async forgive(name, key) {
      await limiter(name).delete(key);
    },
  };
}

/** Which counter a route's class uses; reads are not counted. */
export function rateOf(rate: RateClass, signedIn: boolean): RateName | null {
  if (rate === 'read' || rate === 'sign-in') return null;
  if (rate === 'write') return signedIn ? 'write' : 'public-write';
  return rate;
}
