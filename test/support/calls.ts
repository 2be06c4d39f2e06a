import { MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';

/** One call to the database as the server itself noted it. */
export interface Call {
  /** `find shifts`, `aggregate accounts`, … */
  readonly what: string;
  /** The winning plan in short: `IXSCAN { … }`, `COLLSCAN`. */
  readonly plan: string;
  readonly sorted: boolean;
  readonly keysExamined: number;
  readonly docsExamined: number;
  readonly returned: number;
}

/** Watches a database through its profiler, so that what is counted and judged is what really ran. */
export class CallWatch {
  readonly #client: MongoClient;
  readonly #db: Db;

  /** @param uri of a user with `dbAdmin` on the database */
  constructor(uri: string) {
    this.#client = new MongoClient(uri, { maxPoolSize: 2, appName: 'call-watch' });
    this.#db = this.#client.db();
  }

  /** Calls made while the work ran, by whomever but the threads that read people into memory. Not for use side by side. */
  async during(work: () => Promise<unknown>): Promise<Call[]> {
    await this.#db.command({ profile: 0 });
    await this.#db.dropCollection('system.profile').catch(() => undefined);
    // The usual megabyte is a ring: long readings would push out what was seen first.
    await this.#db.createCollection('system.profile', { capped: true, size: 64 * 1024 * 1024 });
    await this.#db.command({ profile: 2 });
    try {
      await work();
    } finally {
      await this.#db.command({ profile: 0 });
    }
    const rows = await this.#db
      .collection('system.profile')
      .find({ appName: { $nin: ['call-watch', 'linli-reading'] } })
      .sort({ ts: 1 })
      .toArray();
    return rows.map(callOf);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function callOf(row: Document): Call {
  const [command = 'unknown'] = Object.keys((row['command'] ?? {}) as object);
  return {
    what: `${command} ${String(row['ns']).split('.').slice(1).join('.')}`,
    plan: String(row['planSummary'] ?? ''),
    sorted: row['hasSortStage'] === true,
    keysExamined: Number(row['keysExamined'] ?? 0),
    docsExamined: Number(row['docsExamined'] ?? 0),
    returned: Number(row['nreturned'] ?? 0),
  };
}
