import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { logger } from '../core/logger.ts';
import { OPTIONS } from './options.ts';

const LONGEST_PAUSE_MS = 3_000;

/**
 * A connection for a thread that only reads and knows by itself whose rows: the driver alone, without models, which would
 * take many times the memory of what such a thread keeps. Tries until the database answers.
 */
export async function openForReading(uri: string, poolSize: number): Promise<Db> {
  for (let attempt = 1; ; attempt += 1) {
    // By its name, whoever looks at the server tells this reading from what people's requests ask for.
    const client = new MongoClient(uri, {
      ...OPTIONS,
      appName: 'linli-reading',
      minPoolSize: 1,
      maxPoolSize: poolSize,
    });
    try {
      await client.connect();
      return client.db();
    } catch (err) {
      if (attempt === 1) logger.warn({ err }, 'waiting for the database');
      await client.close().catch(() => undefined);
      await delay(Math.min(500 * attempt, LONGEST_PAUSE_MS));
    }
  }
}
