import { createHash } from 'node:crypto';
import type { AnyBulkWriteOperation, Db, ObjectId } from 'mongodb';

const CLOSED = 'months:closed';
const BATCH = 1_000;

interface Entry {
  readonly _id: ObjectId;
  readonly tenantId: ObjectId;
  readonly account: string;
  readonly minutes: number;
  readonly balance?: number;
}
interface Closing {
  readonly tenantId: ObjectId;
  readonly number: number;
  readonly through: string;
  readonly closedAt: Date;
  readonly closedBy: ObjectId;
}

/**
 * Entries carry the balance of their account, closings are entries of their own, and the rows that repeated both go. Balances are not
 * hashed: no entry's hash changes. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const entries = db.collection('ledgerentries');
  let changes: AnyBulkWriteOperation[] = [];
  const send = async (): Promise<void> => {
    if (changes.length > 0) await entries.bulkWrite(changes, { ordered: false });
    changes = [];
  };
  let account = '';
  let balance = 0;
  const all = entries
    .find<Entry>({}, { projection: { tenantId: 1, account: 1, minutes: 1, balance: 1 } })
    .sort({ tenantId: 1, account: 1, seq: 1 })
    .allowDiskUse(true);
  for await (const entry of all) {
    const own = `${entry.tenantId.toHexString()} ${entry.account}`;
    if (own !== account) balance = 0;
    account = own;
    balance += entry.minutes;
    if (entry.balance !== undefined) continue;
    changes.push({ updateOne: { filter: { _id: entry._id }, update: { $set: { balance } } } });
    if (changes.length >= BATCH) await send();
  }
  await send();
  await addClosings(db);
  const { length: left } = await db.listCollections({ name: 'ledgeraccounts' }).toArray();
  if (left > 0) await db.dropCollection('ledgeraccounts');
}

async function addClosings(db: Db): Promise<void> {
  const entries = db.collection('ledgerentries');
  let of = '';
  let previousHash = '';
  for await (const closing of db
    .collection('ledgerclosings')
    .find<Closing>({})
    .sort({ tenantId: 1, number: 1 })) {
    if (String(closing.tenantId) !== of) previousHash = '';
    of = String(closing.tenantId);
    const line = lineOf(closing, previousHash);
    previousHash = line.hash;
    const where = { tenantId: closing.tenantId, account: CLOSED, seq: closing.number };
    await entries.updateOne(where, { $setOnInsert: line }, { upsert: true });
  }
}

/** As the ledger itself adds one at a closing. */
function lineOf({ number, through, closedAt, closedBy }: Closing, previousHash: string) {
  const key = `closing:${number}:v1`;
  const told = { account: CLOSED, actor: `account:${closedBy.toHexString()}`, cause: 'closing' };
  // In the canonical order of the members.
  const text = JSON.stringify({
    ...told,
    hoursId: 'null',
    minutes: 0,
    period: through,
    postedAt: closedAt.toISOString(),
    postingId: key,
    previousHash,
    reversalOf: null,
    ruleVersion: 'closing',
    seq: number,
    serviceDate: `${through}-01`,
    serviceFrom: closedAt.toISOString(),
    serviceTo: closedAt.toISOString(),
    sourceKey: key,
  });
  return {
    actor: told.actor,
    cause: told.cause,
    minutes: 0,
    balance: 0,
    sourceKey: key,
    postingId: key,
    reversalOf: null,
    hoursId: null,
    creditId: null,
    serviceDate: `${through}-01`,
    serviceFrom: closedAt,
    serviceTo: closedAt,
    ruleVersion: 'closing',
    period: through,
    postedAt: closedAt,
    accountId: closedBy,
    previousHash,
    reason: null,
    hash: createHash('sha256').update(text).digest('hex'),
  };
}
