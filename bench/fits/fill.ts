import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { TENANT } from '../pages/place.ts';
import type { City } from './city.ts';

const BATCH = 5_000;
const REACH_METRES = 10_000;

/** Everybody of the city as members of the generated place's department, by plain bulk inserts. */
export async function fillCity(db: Db, city: City, people: number): Promise<void> {
  const tenantId = await tenantOf(db);
  await db.collection('tenants').updateOne(
    { _id: tenantId },
    {
      $set: {
        matching: {
          version: 1,
          weights: {},
          off: [],
          weeklyCapMinutes: 2_400,
          restMinutes: 480,
          reachMetres: REACH_METRES,
        },
      },
    },
  );
  const like = await db.collection('memberships').findOne({ tenantId, state: 'approved', grants: [] });
  const made = new Batches(db);
  for (let n = 0; n < people; n++) {
    const { person } = city.person();
    const _id = person._id as unknown as ObjectId;
    made.add('people', {
      ...person,
      name: `Person ${n}`,
      zone: 'Asia/Shanghai',
      createdAt: new Date(0),
      version: 1,
    });
    made.add('memberships', {
      ...like,
      _id: new ObjectId(`8a${n.toString(16).padStart(22, '0')}`),
      personId: _id,
      accountId: null,
      personName: `Person ${n}`,
      searchKeys: [],
    });
    if (n % BATCH === BATCH - 1) await made.flush();
  }
  await made.flush();
}

/** So many published shifts of the department with one open position each, as the city asks. @returns their ids */
export async function openPositions(db: Db, city: City, count: number): Promise<string[]> {
  const tenantId = await tenantOf(db);
  const shift = await db
    .collection('shifts')
    .findOne({ tenantId, state: 'published', startsAt: { $gt: new Date() } });
  const position = await db.collection('positions').findOne({ tenantId, shiftId: shift?._id });
  const made = new Batches(db);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { facts } = city.position();
    const shiftId = new ObjectId(`da${n.toString(16).padStart(22, '0')}`);
    const positionId = new ObjectId(`ea${n.toString(16).padStart(22, '0')}`);
    const { latitude, longitude } = facts.point ?? { latitude: 0, longitude: 0 };
    made.add('shifts', {
      ...shift,
      _id: shiftId,
      place: { label: 'x', address: '', point: { type: 'Point', coordinates: [longitude, latitude] } },
      category: facts.category,
      startsAt: facts.startsAt,
      endsAt: facts.endsAt,
      seriesId: null,
      seriesDate: null,
    });
    made.add('positions', {
      ...position,
      _id: positionId,
      shiftId,
      skills: facts.skills,
      credentials: [],
      languages: [...facts.languages],
      required: facts.required,
      maximum: facts.required,
      taken: 0,
    });
    ids.push(String(positionId));
    if (n % BATCH === BATCH - 1) await made.flush();
  }
  await made.flush();
  return ids;
}

async function tenantOf(db: Db): Promise<ObjectId> {
  const tenant = await db.collection('tenants').findOne({ slug: TENANT });
  if (!tenant) throw new Error(`There is no ${TENANT} to fill`);
  return tenant._id;
}

/** Rows that are inserted together. */
class Batches {
  private readonly db: Db;
  private readonly rows = new Map<string, Document[]>();

  constructor(db: Db) {
    this.db = db;
  }

  add(collection: string, row: Document): void {
    const rows = this.rows.get(collection) ?? [];
    this.rows.set(collection, rows);
    rows.push(row);
  }

  async flush(): Promise<void> {
    for (const [name, rows] of this.rows)
      if (rows.length > 0) await this.db.collection(name).insertMany(rows.splice(0), { ordered: false });
  }
}
