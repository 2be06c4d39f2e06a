import { logger } from '../core/logger.ts';
import { database } from './connect.ts';
import { OPTIONS } from './options.ts';
import { outageOf, waitedInVain } from './outage.ts';
import { boundCommand, isOfRequest, OPERATION_MS } from './patience.ts';

/** What the database answers a reading command with. */
export interface Batch {
  readonly id: unknown;
  readonly firstBatch: unknown[];
}

/** Rows of a single answer, if they are small enough for it. */
export const FIRST_BATCH = 2_000;

/** The rows, or null when there are more than were answered at once. */
export const rowsOf = <Row>({ cursor }: { readonly cursor?: Batch }): Row[] | null =>
  cursor && String(cursor.id) === '0' ? (cursor.firstBatch as Row[]) : null;

/**
 * A read of a request, outside transactions, as one command past the driver's cursors, which cost a short read a third of its time.
 * @returns null when the read is left to a cursor of the driver: work outside requests may read much; more rows than one answer
 * holds have to be fetched; and where the server has just gone, the driver knows how to ask another one (F-7)
 */
export async function readWhole<Row>(
  collection: string,
  verb: 'find' | 'aggregate',
  body: Record<string, unknown>,
): Promise<Row[] | null> {
  if (!isOfRequest()) return null;
  const command = { [verb]: collection, ...body, maxTimeMS: OPERATION_MS, readConcern: OPTIONS.readConcern };
  try {
    const answer = await boundCommand(`${collection} read`, (bound) => database().command(command, bound));
    const rows = rowsOf<Row>(answer);
    if (!rows) await forget(collection, (answer['cursor'] as Batch).id);
    return rows;
  } catch (err) {
    if (outageOf(err) === 'away' && !waitedInVain(err)) return null;
    throw err;
  }
}

/** Nobody fetches the rest: the server need not keep it for ten minutes. */
async function forget(collection: string, id: unknown): Promise<void> {
  await database()
    .command({ killCursors: collection, cursors: [id] })
    .catch((err: unknown) => logger.info({ err }, 'a cursor was left to its time'));
}
