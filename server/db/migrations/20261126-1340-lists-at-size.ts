import type { AnyBulkWriteOperation, Db, IndexDescription } from 'mongodb';

/**
 * Lists at size: each filter of each list walks an index in the list's own order, so that a page reads about as many
 * rows as it shows. What is searched is stored in pieces that are looked up, not scanned. Re-runnable.
 */
const INDEXES: Record<string, IndexDescription[]> = {
  assignments: [
    { key: { tenantId: 1, shiftId: 1, personName: 1, _id: 1 } },
    {
      key: { personId: 1, endsAt: 1 },
      name: 'ahead',
      partialFilterExpression: {
        state: {
          $in: ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed', 'checked_in', 'excused'],
        },
      },
    },
  ],
  auditentries: [
    { key: { tenantId: 1, subjectType: 1, at: -1, _id: -1 } },
    { key: { tenantId: 1, subjectType: 1, subjectId: 1, at: -1, _id: -1 } },
    { key: { tenantId: 1, subjectId: 1, at: -1, _id: -1 } },
  ],
  certificates: [{ key: { tenantId: 1, unitId: 1, issuedAt: -1, _id: -1 } }],
  credentials: [{ key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } }],
  hoursrecords: [
    { key: { tenantId: 1, state: 1, 'activity.startsAt': 1, _id: 1 } },
    { key: { tenantId: 1, personId: 1, state: 1 } },
  ],
  memberships: [
    { key: { tenantId: 1, _id: 1 } },
    { key: { tenantId: 1, state: 1, _id: 1 } },
    { key: { tenantId: 1, kind: 1, _id: 1 } },
  ],
  requests: [
    { key: { tenantId: 1, state: 1, unitId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, titleKeys: 1, createdAt: -1, _id: -1 } },
  ],
  shifts: [
    { key: { tenantId: 1, startsAt: 1, _id: 1, state: 1, unitId: 1 } },
    { key: { tenantId: 1, requestId: 1, startsAt: 1, _id: 1 } },
    {
      key: { tenantId: 1, seriesId: 1, startsAt: 1, _id: 1 },
      partialFilterExpression: { seriesId: { $type: 'objectId' } },
    },
    { key: { tenantId: 1, state: 1, unitId: 1, startsAt: 1, _id: 1 } },
    { key: { tenantId: 1, state: 1, category: 1, startsAt: 1, _id: 1 } },
    { key: { tenantId: 1, state: 1, 'place.point': '2dsphere' } },
  ],
  units: [{ key: { tenantId: 1, _id: 1 } }],
};

/** Each is the beginning of, or says less than, one that was made above. */
const REPLACED: Record<string, string[]> = {
  assignments: ['personId_1_endsAt_1'],
  auditentries: ['tenantId_1_subjectType_1_subjectId_1_at_-1'],
  shifts: ['tenantId_1_requestId_1_startsAt_1', 'tenantId_1_place.point_2dsphere'],
};

export async function up(db: Db, report: (line: string) => void): Promise<void> {
  for (const [name, indexes] of Object.entries(INDEXES)) await db.collection(name).createIndexes(indexes);
  for (const [name, replaced] of Object.entries(REPLACED)) {
    const present = new Set((await db.collection(name).indexes()).map((index) => index.name));
    for (const old of replaced) if (present.has(old)) await db.collection(name).dropIndex(old);
  }
  report(
    `Search keys: ${await rewrite(db, 'memberships', 'searchKeys', (row) => beginnings(row['searchKeys']))} members`,
  );
  report(`Search keys: ${await rewrite(db, 'requests', 'titleKeys', (row) => runs(row['title']))} requests`);
}

const BATCH = 1_000;

async function rewrite(
  db: Db,
  collection: string,
  field: string,
  keysOf: (row: Record<string, unknown>) => string[],
): Promise<number> {
  const rows = db.collection(collection).find({}, { projection: { searchKeys: 1, title: 1 } });
  let waiting: AnyBulkWriteOperation[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await db.collection(collection).bulkWrite(waiting, { ordered: false });
    done += waiting.length;
    waiting = [];
  };
  for await (const row of rows) {
    waiting.push({ updateOne: { filter: { _id: row._id }, update: { $set: { [field]: keysOf(row) } } } });
    if (waiting.length === BATCH) await flush();
  }
  await flush();
  return done;
}

/** Beginnings of up to twelve characters of each key, and the keys. */
function beginnings(stored: unknown): string[] {
  const keys = Array.isArray(stored) ? stored.map(String) : [];
  const short = keys.flatMap((key) => {
    const characters = [...key].slice(0, 12);
    return characters.map((_character, at) => characters.slice(0, at + 1).join(''));
  });
  return [...new Set([...short, ...keys])];
}

/** Runs of one to three characters of the folded title. */
function runs(title: unknown): string[] {
  const characters = [
    ...String(title ?? '')
      .normalize('NFKC')
      .toLowerCase()
      .trim(),
  ];
  return [
    ...new Set(
      characters.flatMap((_character, at) =>
        [1, 2, 3]
          .filter((length) => at + length <= characters.length)
          .map((length) => characters.slice(at, at + length).join('')),
      ),
    ),
  ];
}
