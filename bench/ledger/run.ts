import { Types } from 'mongoose';
import { compose } from '../../server/compose.ts';
import { loadConfig } from '../../server/config.ts';
import { acrossTenants, asTenant, runInContext } from '../../server/core/context.ts';
import { configureLogger } from '../../server/core/logger.ts';
import { connect, database, disconnect } from '../../server/db/connect.ts';
import { migrate } from '../../server/db/migrate.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import type { HoursRow } from '../../server/features/hours/hours.model.ts';
import { hoursInvariants } from '../../server/features/hours/index.ts';
import { LedgerEntryModel } from '../../server/features/hours/ledger.model.ts';
import { factsOfRecord, postAllToLedger, postingOf } from '../../server/features/hours/ledger.service.ts';
import { freshDatabase, startTestServer } from '../../test/support/mongod.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';

/**
 * Postings a second against raw inserts of the same documents, with the same write concern (majority, journal), the same
 * concurrency, in one process and run, in turns on the same server; then how long `verify` takes.
 * node bench/ledger/run.ts [--postings N] [--workers N] [--rounds N]
 */
const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const POSTINGS = option('postings', 2_000);
const WORKERS = option('workers', 8);
const ZONE = 'Asia/Shanghai';
const PEOPLE_OF_A_SHIFT = 10;
/** Both are measured in turns, for a machine is not equally fast all the time; the median turn counts. */
const ROUNDS = option('rounds', 7);

/** Served hours of different people, ten to a shift: as a coordinator's queue holds them. */
function records(count: number): HoursRow[] {
  let shiftId = new Types.ObjectId();
  return Array.from({ length: count }, (_unused, at) => {
    if (at % PEOPLE_OF_A_SHIFT === 0) shiftId = new Types.ObjectId();
    const startsAt = new Date(Date.UTC(2026, 9, 1 + (at % 28), 1));
    return {
      _id: new Types.ObjectId(),
      personId: new Types.ObjectId(),
      shiftId,
      activity: { startsAt },
      servedFrom: startsAt,
      servedTo: new Date(startsAt.getTime() + 7_200_000),
      recordedMinutes: 120,
      policyVersion: 'bench',
    } as unknown as HoursRow;
  });
}

const inPieces = <T>(rows: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_unused, at) =>
    rows.slice(at * size, (at + 1) * size),
  );

/**
 * Items a second. Each worker takes a shift (or a batch) at a time, as coordinators do: two who post for one shift at the same
 * moment wait for each other, which is not what is measured here.
 */
async function rate<T>(pieces: readonly T[][], work: (piece: T[]) => Promise<unknown>): Promise<number> {
  const turns = inPieces(pieces, pieces[0]?.length === 1 ? PEOPLE_OF_A_SHIFT : 1);
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      for (let turn = turns[next++]; turn; turn = turns[next++]) for (const piece of turn) await work(piece);
    }),
  );
  return (pieces.flat().length / (performance.now() - began)) * 1_000;
}

interface Comparison {
  readonly ours: number;
  readonly raw: number;
}

/** As approving does, one or many. */
const postAll = (piece: readonly HoursRow[]): Promise<void> =>
  postAllToLedger(
    piece.map((record) => ({ command: postingOf(record), facts: factsOfRecord(record, ZONE) })),
  );

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function inTurns(
  size: number,
  tenantId: string,
): Promise<Comparison & { ratio: number; from: number; to: number }> {
  const rounds: Comparison[] = [];
  // Batches are quick: longer turns, or one hiccup of the machine is the result.
  const postings = size === 1 ? POSTINGS / 2 : POSTINGS * 2;
  for (let round = 0; round < ROUNDS; round++) rounds.push(await compare(size, tenantId, postings));
  const ratios = rounds.map(({ ours, raw }) => ours / raw);
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    raw: median(rounds.map(({ raw }) => raw)),
    ratio: median(ratios),
    from: Math.min(...ratios),
    to: Math.max(...ratios),
  };
}

async function compare(size: number, tenantId: string, postings: number): Promise<Comparison> {
  const posted = records(postings);
  const ours = await rate(inPieces(posted, size), (piece) => inTransaction(() => postAll(piece)));
  const ids = posted.map(({ _id }) => _id);
  const entries = await LedgerEntryModel.find({ hoursId: { $in: ids } }).lean();
  const byRecord = Map.groupBy(entries, (entry) => String(entry.hoursId));
  const copies = ids.map((id) => (byRecord.get(String(id)) ?? []).map(({ _id, ...rest }) => rest));
  if (copies.some((lines) => lines.length !== 2)) throw new Error(`Not everything was posted in ${tenantId}`);
  const name = `rawentries${size}`;
  const indexes = await database().collection('ledgerentries').indexes();
  const raw = database().collection(name);
  await raw.createIndexes(
    indexes
      .filter(({ name: index }) => index !== '_id_')
      .map(({ key, unique }) => ({ key, ...(unique ? { unique } : {}) })),
  );
  const rawRate = await rate(inPieces(copies, size), (piece) =>
    raw.insertMany(piece.flat(), { writeConcern: { w: 'majority', journal: true } }),
  );
  return { ours, raw: rawRate };
}

async function main(): Promise<void> {
  configureLogger({ level: 'warn' });
  const server = await startTestServer();
  process.env['LINLI_TEST_MONGODB_URI'] = server.uri;
  const place = await freshDatabase();
  await migrate(place.migrateUri);
  await connect(place.uri);
  compose(loadConfig({ NODE_ENV: 'test', LINLI_DATA: temporaryFolder(), LOG_LEVEL: 'silent' }));
  const tenantId = new Types.ObjectId().toHexString();
  const actor = { kind: 'operator', command: 'bench' } as const;
  await runInContext({ requestId: 'bench', actor, tenantId: null, crossTenant: null }, async () => {
    await asTenant(tenantId, async () => {
      await compare(1, tenantId, POSTINGS / 4);
      for (const [size, goal] of [
        [1, 0.35],
        [100, 0.6],
      ] as const) {
        const { ours, raw, ratio, from, to } = await inTurns(size, tenantId);
        console.log(
          `${size === 1 ? 'single' : `batches of ${size}`}: ${ours.toFixed(0)} postings/s, raw inserts ${raw.toFixed(0)}/s, ratio ${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)}, goal ${goal})`,
        );
      }
    });
    const count = await acrossTenants('bench', () => LedgerEntryModel.countDocuments({}));
    for (const check of hoursInvariants.filter(({ name }) => /sum-to-zero|balances/.test(name))) {
      const began = performance.now();
      const { violations } = await acrossTenants('bench', () => check.run());
      const seconds = (performance.now() - began) / 1_000;
      console.log(
        `${check.name}: ${count} entries in ${seconds.toFixed(2)} s, ${((seconds / count) * 1e6).toFixed(1)} s a million, ${violations} violations`,
      );
    }
  });
  await disconnect();
  await server.stop();
}

await main();
