import { createHash } from 'node:crypto';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { openDatabase } from '../../server/db/embedded/index.ts';
import type { Database } from '../../server/db/embedded/index.ts';
import { startCommand } from '../../test/support/command.ts';

/**
 * Two places of one shape and two sizes. The demo seed makes a small one through the product's own rules; it is copied,
 * and each copy is filled up with rows made from its own by plain bulk inserts. The same sizes give the same rows.
 */
export interface Size {
  readonly name: string;
  readonly shifts: number;
  readonly people: number;
}

export interface BenchPlace extends Size {
  readonly dataDir: string;
  readonly database: Database;
  /** A shift with people, of today or soon. */
  readonly shiftId: string;
}

export const TENANT = 'tonglu';
const BATCH = 5_000;

/** Seeds once below the folder, then makes and fills a copy for each size. Databases are open until stopped. */
export async function makePlaces(folder: string, sizes: readonly Size[]): Promise<BenchPlace[]> {
  const seed = join(folder, 'seed');
  if (!existsSync(seed)) await seedInto(seed);
  const places: BenchPlace[] = [];
  for (const size of sizes) {
    const dataDir = join(folder, size.name);
    const filled = join(dataDir, 'filled');
    if (!existsSync(filled)) {
      rmSync(dataDir, { recursive: true, force: true });
      cpSync(seed, dataDir, { recursive: true, filter: (path) => !path.endsWith('.socket') });
    }
    const database = await openDatabase({ dataDir, env: process.env, report: () => undefined });
    const client = await new MongoClient(database.uris.migrate).connect();
    try {
      if (!existsSync(filled)) await fill(client.db(), size);
      writeFileSync(filled, '');
      places.push({ ...size, dataDir, database, shiftId: await busyShift(client.db()) });
    } finally {
      await client.close();
    }
  }
  return places;
}

async function seedInto(folder: string): Promise<void> {
  const seeding = startCommand(['scripts/seed.ts', 'scale', '--volunteers', '800', '--requests', '60'], {
    LINLI_DATA: folder,
    MONGODB_URI: undefined,
  });
  if ((await seeding.ended) === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`The seed failed:\n${seeding.stderr()}`);
}

const tenantOf = async (db: Db): Promise<ObjectId> => {
  const tenant = await db.collection('tenants').findOne({ slug: TENANT });
  if (!tenant) throw new Error(`The seed made no ${TENANT}`);
  return tenant._id;
};

/** A shift ahead that has people. */
async function busyShift(db: Db): Promise<string> {
  const one = await db
    .collection('assignments')
    .find({ tenantId: await tenantOf(db), state: 'accepted', startsAt: { $gt: new Date() } })
    .sort({ startsAt: 1, _id: 1 })
    .limit(1)
    .next();
  return String(one?.['shiftId']);
}

const idOf = (kind: string, n: number | string): ObjectId =>
  new ObjectId(createHash('sha256').update(`${kind}:${n}`).digest('hex').slice(0, 24));
const at = <T>(rows: readonly T[], n: number): T => rows[n % rows.length] as T;

async function fill(db: Db, size: Size): Promise<void> {
  const tenantId = await tenantOf(db);
  const own = (name: string, more: Document = {}): Promise<Document[]> =>
    db
      .collection(name)
      .find({ tenantId, ...more })
      .sort({ _id: 1 })
      .toArray();
  const members = await fillPeople(db, await own('memberships', { grants: [] }), size.people);
  await fillShifts(
    db,
    {
      shifts: await own('shifts'),
      positions: await own('positions'),
      assignments: await own('assignments'),
      requests: await own('requests'),
    },
    members,
    size.shifts,
  );
  await multiply(
    db,
    'hoursrecords',
    // Of shifts: what somebody entered for themselves stands alone at the desk.
    await own('hoursrecords', { state: 'submitted', assignmentId: { $ne: null } }),
    size.shifts / 4,
    (row, n) => ({
      ...row,
      assignmentId: idOf('hours-assignment', n),
      personId: at(members, n)['personId'],
      membershipId: at(members, n)['_id'],
      personName: at(members, n)['personName'],
    }),
  );
  await multiply(db, 'auditentries', await own('auditentries'), size.shifts * 3, (row, n) => ({
    ...row,
    at: new Date(+row['at'] - n * 61_000),
  }));
}

async function fillPeople(db: Db, memberships: Document[], wanted: number): Promise<Document[]> {
  const people = new Map(
    (
      await db
        .collection('people')
        .find({ _id: { $in: memberships.map((row) => row['personId'] as ObjectId) } })
        .toArray()
    ).map((row) => [String(row._id), row]),
  );
  const present = await db.collection('people').countDocuments();
  const made = { people: [] as Document[], accounts: [] as Document[], memberships: [] as Document[] };
  for (let n = 0; n < wanted - present; n += 1) {
    const like = at(memberships, n);
    const [personId, accountId] = [idOf('person', n), idOf('account', n)];
    const email = `grown${n}@example.org`;
    made.people.push({ ...people.get(String(like['personId'])), _id: personId });
    made.accounts.push({
      _id: accountId,
      personId,
      email,
      emailKey: email,
      passwordHash: null,
      state: 'active',
      version: 1,
      locale: null,
      createdAt: like['createdAt'],
      confirmedAt: like['createdAt'],
    });
    made.memberships.push({ ...like, _id: idOf('membership', n), personId, accountId });
  }
  for (const [name, rows] of Object.entries(made)) await insert(db, name, rows);
  return made.memberships.length > 0 ? made.memberships : memberships;
}

interface Work {
  readonly shifts: Document[];
  readonly positions: Document[];
  readonly assignments: Document[];
  readonly requests: Document[];
}

/** Requests with all their shifts and people, some minutes off and in the same weeks: a busier place, not a longer year. */
async function fillShifts(db: Db, base: Work, members: Document[], wanted: number): Promise<void> {
  const group = (rows: Document[], field: string): Map<string, Document[]> =>
    Map.groupBy(rows, (row) => String(row[field]));
  const [shiftsOf, positionsOf, assignmentsOf] = [
    group(base.shifts, 'requestId'),
    group(base.positions, 'shiftId'),
    group(base.assignments, 'positionId'),
  ];
  const served = base.requests.filter((row) => shiftsOf.has(String(row._id)));
  const made: Work = { shifts: [], positions: [], assignments: [], requests: [] };
  let someone = 0;
  for (let n = 0; made.shifts.length < wanted - base.shifts.length; n += 1) {
    const request = at(served, n);
    const requestId = idOf('request', n);
    const { source: _source, ...words } = request;
    made.requests.push({
      ...words,
      source: null,
      _id: requestId,
      createdAt: new Date(+request['createdAt'] - n * 37_000),
    });
    for (const like of shiftsOf.get(String(request._id)) ?? []) {
      const shiftId = idOf('shift', `${n}:${String(like._id)}`);
      const later = (n % 11) * 60_000;
      const times = {
        startsAt: new Date(+like['startsAt'] + later),
        endsAt: new Date(+like['endsAt'] + later),
      };
      made.shifts.push({ ...like, ...times, _id: shiftId, requestId });
      for (const position of positionsOf.get(String(like._id)) ?? []) {
        const positionId = idOf('position', `${n}:${String(position._id)}`);
        made.positions.push({ ...position, _id: positionId, shiftId, requestId });
        for (const one of assignmentsOf.get(String(position._id)) ?? []) {
          const member = at(members, (someone += 1));
          made.assignments.push({
            ...one,
            ...times,
            _id: idOf('assignment', someone),
            shiftId,
            positionId,
            requestId,
            offerId: null,
            personId: member['personId'],
            membershipId: member._id,
            personName: member['personName'],
          });
        }
      }
    }
  }
  for (const [name, rows] of Object.entries(made)) await insert(db, name, rows as Document[]);
}

async function multiply(
  db: Db,
  name: string,
  like: Document[],
  wanted: number,
  change: (row: Document, n: number) => Document,
): Promise<void> {
  if (like.length === 0) throw new Error(`The seed made no ${name}`);
  const missing = Math.max(0, Math.ceil(wanted) - like.length);
  await insert(
    db,
    name,
    Array.from({ length: missing }, (_unused, n) => ({ ...change(at(like, n), n), _id: idOf(name, n) })),
  );
}

async function insert(db: Db, name: string, rows: Document[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH)
    await db
      .collection(name)
      .insertMany(rows.slice(start, start + BATCH), { ordered: false, writeConcern: { w: 1 } });
}
