import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BSON, MongoClient } from 'mongodb';
import type { Db, IndexDescriptionInfo } from 'mongodb';
import { now } from '../core/clock.ts';
import { StartProblem } from './embedded/index.ts';

const { deserialize, EJSON } = BSON;

/** Format of the manifest; readers refuse others. */
const FORMAT = 'linli-backup/1';
/** Locks mean nothing in a copy. */
const LEFT_OUT = ['migration_locks', 'restores'];
const BATCH = 500;
/** BSON allows 16 MB a document and some header; a file that claims more is damaged. */
const LONGEST_DOCUMENT = 17 * 1024 * 1024;

interface CopiedCollection {
  readonly name: string;
  readonly documents: number;
  /** Bytes of all documents before compression. */
  readonly bytes: number;
  /** SHA-256 over those bytes, hex. */
  readonly sha256: string;
  /** Definitions as the server lists them, extended JSON. */
  readonly indexes: readonly unknown[];
}

export interface Manifest {
  readonly format: string;
  readonly createdAt: string;
  readonly mongodb: string;
  /** Migrations applied to what was copied: an older release cannot read it. */
  readonly migrations: readonly string[];
  readonly collections: readonly CopiedCollection[];
  /** SHA-256 over names, counts and hashes of all collections. */
  readonly checksum: string;
}

export interface CopyResult {
  readonly collections: number;
  readonly documents: number;
  readonly bytes: number;
  readonly checksum: string;
}

const checksumOf = (collections: readonly CopiedCollection[]): string =>
  createHash('sha256')
    .update(collections.map(({ name, documents, sha256 }) => `${name} ${documents} ${sha256}\n`).join(''))
    .digest('hex');

const resultOf = ({ collections, checksum }: Manifest): CopyResult => ({
  collections: collections.length,
  documents: collections.reduce((sum, { documents }) => sum + documents, 0),
  bytes: collections.reduce((sum, { bytes }) => sum + bytes, 0),
  checksum,
});

/**
 * Copies every collection as of one instant (a snapshot session), whatever is written meanwhile. The folder appears under
 * its name only when it is whole.
 * @param uri as a user who may read everything
 * @throws StartProblem when the folder exists and is not empty
 */
export async function backup(
  uri: string,
  folder: string,
  report: (line: string) => void = () => undefined,
): Promise<CopyResult> {
  if ((await entriesOf(folder)).length > 0)
    throw new StartProblem(`${folder} is not empty: name a new folder for the copy.`);
  const aside = `${folder}.${randomUUID().slice(0, 8)}.part`;
  await mkdir(aside, { recursive: true, mode: 0o700 });
  const client = await new MongoClient(uri, { readPreference: 'primary' }).connect();
  const session = client.startSession({ snapshot: true });
  try {
    const db = client.db();
    const collections: CopiedCollection[] = [];
    for (const name of await collectionNames(db)) {
      const copied = await copyOut(db, session, name, join(aside, `${name}.bson.gz`));
      collections.push(copied);
      if (copied.documents >= 20_000) report(`${name}: ${copied.documents} rows copied`);
    }
    const done = await db
      .collection<{ _id: string }>('migrations')
      .find({}, { session, sort: { _id: 1 } })
      .toArray();
    const manifest: Manifest = {
      format: FORMAT,
      createdAt: now().toISOString(),
      mongodb: String((await db.admin().buildInfo())['version']),
      migrations: done.map(({ _id }) => _id),
      collections,
      checksum: checksumOf(collections),
    };
    await writeFile(join(aside, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    await rename(aside, folder);
    return resultOf(manifest);
  } catch (err) {
    await rm(aside, { recursive: true, force: true });
    throw err;
  } finally {
    await session.endSession();
    await client.close();
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}

const collectionNames = async (db: Db): Promise<string[]> =>
  (await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.') && !LEFT_OUT.includes(name))
    .sort();

async function copyOut(
  db: Db,
  session: ReturnType<MongoClient['startSession']>,
  name: string,
  file: string,
): Promise<CopiedCollection> {
  const collection = db.collection(name);
  const hash = createHash('sha256');
  let documents = 0;
  let bytes = 0;
  const rows = collection.find({}, { session, raw: true, sort: { _id: 1 } });
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const row of rows) {
      const buffer = row as unknown as Buffer;
      documents += 1;
      bytes += buffer.length;
      hash.update(buffer);
      yield buffer;
    }
  };
  await pipeline(counted, createGzip(), createWriteStream(file, { mode: 0o600, flush: true }));
  const indexes = (await collection.indexes()).filter(({ name: index }) => index !== '_id_');
  return {
    name,
    documents,
    bytes,
    sha256: hash.digest('hex'),
    indexes: indexes.map((index) => JSON.parse(EJSON.stringify(index)) as unknown),
  };
}

/**
 * Reads a copy's manifest and every byte of it.
 * @throws StartProblem naming what is missing or damaged
 */
export async function readBackup(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  } catch (err) {
    throw new StartProblem(`${folder} holds no whole copy: manifest.json cannot be read.`, { cause: err });
  }
  if (manifest.format !== FORMAT)
    throw new StartProblem(`${folder} was written in another format (${manifest.format}).`);
  if (checksumOf(manifest.collections) !== manifest.checksum)
    throw new StartProblem(`${folder}/manifest.json is damaged: its checksum does not hold.`);
  for (const { name, documents, sha256 } of manifest.collections) {
    const file = join(folder, `${name}.bson.gz`);
    const hash = createHash('sha256');
    let found = 0;
    try {
      for await (const document of documentsOf(file)) {
        hash.update(document);
        found += 1;
      }
    } catch (err) {
      throw new StartProblem(`${file} is missing or damaged: use another copy.`, { cause: err });
    }
    if (found !== documents || hash.digest('hex') !== sha256)
      throw new StartProblem(`${file} is not what was copied: use another copy.`);
  }
  return manifest;
}

/** The documents of a file, as bytes. @throws Error when the file ends within one */
async function* documentsOf(file: string): AsyncGenerator<Buffer> {
  const split = new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 4) {
        const length = rest.readInt32LE(0);
        if (length < 5 || length > LONGEST_DOCUMENT) return done(new Error('no BSON'));
        if (rest.length < length) break;
        this.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
      done();
    },
    flush(done) {
      done(rest.length > 0 ? new Error('the file ends within a document') : null);
    },
  });
  let rest: Buffer = Buffer.alloc(0);
  const flow = pipeline(createReadStream(file), createGunzip(), split);
  // The failure is told through the iteration below; here it only must not go unhandled.
  flow.catch(() => undefined);
  for await (const document of split) yield document as Buffer;
  await flow;
}

interface RestoreMark {
  _id: 'restore';
  state: 'running' | 'done';
  checksum: string;
}

/**
 * Puts a copy into an empty database: collections, indexes, rows. A run that was killed is begun again by the next one;
 * until then nothing starts on the half of it (`assertWhole`).
 * @param uri as a user who may create collections and indexes
 * @param known migrations of this release
 * @throws StartProblem when the database is in use, or the copy is of a newer release
 */
export async function restore(
  uri: string,
  folder: string,
  known: readonly string[],
  report: (line: string) => void = () => undefined,
): Promise<CopyResult> {
  const manifest = await readBackup(folder);
  const newer = manifest.migrations.filter((name) => !known.includes(name));
  if (newer.length > 0)
    throw new StartProblem(
      `The copy is of a newer release of Linli (${newer.join(', ')}): install that one, then restore.`,
    );
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority' } }).connect();
  try {
    const db = client.db();
    const marks = db.collection<RestoreMark>('restores');
    const before = await marks.findOne({ _id: 'restore' });
    if (before?.state !== 'running' && (await isInUse(db)))
      throw new StartProblem(
        'The database holds data already. A copy is restored into an empty one: name a new LINLI_DATA (or MONGODB_URI).',
      );
    await marks.updateOne(
      { _id: 'restore' },
      { $set: { state: 'running', checksum: manifest.checksum } },
      { upsert: true },
    );
    for (const name of await collectionNames(db)) await db.collection(name).drop();
    for (const copied of manifest.collections) {
      await copyIn(db, copied, join(folder, `${copied.name}.bson.gz`));
      if (copied.documents >= 20_000) report(`${copied.name}: ${copied.documents} rows restored`);
    }
    await marks.updateOne({ _id: 'restore' }, { $set: { state: 'done' } });
    return resultOf(manifest);
  } finally {
    await client.close();
  }
}

async function isInUse(db: Db): Promise<boolean> {
  const row = await db.collection('tenants').findOne({}, { projection: { _id: 1 } });
  const person = await db.collection('people').findOne({}, { projection: { _id: 1 } });
  return row !== null || person !== null;
}

async function copyIn(db: Db, copied: CopiedCollection, file: string): Promise<void> {
  const collection = await db.createCollection(copied.name);
  let batch: BSON.Document[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await collection.insertMany(batch, { ordered: false });
    batch = [];
  };
  for await (const document of documentsOf(file)) {
    // Exact types: an integer that was stored as a double stays one, or hashes over rows would change.
    batch.push(deserialize(document, { promoteValues: false, promoteBuffers: false, bsonRegExp: true }));
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  const found = await collection.countDocuments({});
  if (found !== copied.documents)
    throw new StartProblem(`${copied.name}: ${found} of ${copied.documents} rows arrived; restore again.`);
  const indexes = copied.indexes.map((index) => {
    const { v: _v, ...definition } = EJSON.parse(JSON.stringify(index)) as IndexDescriptionInfo;
    return definition;
  });
  if (indexes.length > 0) await collection.createIndexes(indexes as never);
}

/** @throws StartProblem on a database into which a copy was restored half */
export async function assertWhole(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const mark = await client.db().collection<RestoreMark>('restores').findOne({ _id: 'restore' });
    if (mark?.state === 'running')
      throw new StartProblem(
        'A copy was being restored into this database and did not arrive whole.\nRun the same npm run restore again; it begins anew.',
      );
  } finally {
    await client.close();
  }
}
