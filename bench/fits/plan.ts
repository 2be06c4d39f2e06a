import { ObjectId } from 'mongodb';
import type { Binary, Db } from 'mongodb';
import { localDate } from '../../server/core/time.ts';
import { onNumber } from '../../server/features/plans/plan.priced.ts';
import { TENANT } from '../pages/place.ts';

const ZONE = 'Asia/Shanghai';
/** As many as a plan of 10,000 requests places. */
const PLACED = 55_000;
const ID_BYTES = 12;
const HIGHEST_PRICE = 400;
const PER_LINE = 5;

/**
 * A proposal that stands over the days of these positions, as a run stores one, with prices for as many people as a plan of a
 * city places: planted, since one run weighs no more than 400,000 people. One that an earlier measurement left is taken away.
 */
export async function standPlan(db: Db, positionIds: readonly string[]): Promise<void> {
  const tenant = await db.collection('tenants').findOne({ slug: TENANT });
  if (!tenant) throw new Error(`There is no ${TENANT}`);
  await takeAwayPlans(db);
  const ids = positionIds.map((id) => new ObjectId(id));
  const positions = await db
    .collection('positions')
    .find({ _id: { $in: ids } })
    .toArray();
  const shifts = await db
    .collection('shifts')
    .find({ _id: { $in: positions.map(({ shiftId }) => shiftId as ObjectId) } })
    .toArray();
  const startOf = new Map(shifts.map(({ _id, startsAt }) => [String(_id), startsAt as Date]));
  const places = positions.map(({ _id, shiftId }) => {
    const startsAt = startOf.get(String(shiftId)) ?? new Date(0);
    return { _id, shiftId: shiftId as ObjectId, startsAt, date: localDate(startsAt, ZONE) };
  });
  const dates = places.map(({ date }) => date).sort();
  const plan = { tenantId: tenant._id, planId: new ObjectId(), attempt: 1 };
  const people = await everyFew(db);
  await db.collection('planlines').insertMany(
    places.map(({ _id, shiftId, startsAt }, place) => ({
      ...plan,
      place,
      ownerTenantId: tenant._id,
      unitId: tenant['rootUnitId'] as unknown,
      shiftId,
      positionId: _id,
      title: `Place ${place}`,
      name: 'x',
      startsAt,
      endsAt: new Date(startsAt.getTime() + 10_800_000),
      slots: PER_LINE,
      surplus: 0,
      before: 0,
      pairs: people
        .slice(place * PER_LINE, (place + 1) * PER_LINE)
        .map((personId) => ({ personId, state: 'proposed', parts: [] })),
    })),
  );
  await db.collection('planarrays').insertMany(
    Object.entries(pricesOf(people, places)).map(([name, array]) => ({
      ...plan,
      name: `c.${name}:${array.constructor.name}`,
      piece: 0,
      bytes: Buffer.from(array.buffer, array.byteOffset, array.byteLength) as unknown as Binary,
    })),
  );
  await db.collection('plans').insertOne({
    _id: plan.planId,
    tenantId: tenant._id,
    unitId: tenant['rootUnitId'] as unknown,
    below: true,
    state: 'proposed',
    attempt: 1,
    drawn: 1,
    version: 1,
    revision: 1,
    settings: {
      from: dates[0],
      to: dates.at(-1),
      perWeek: 1,
      fill: 'required',
      certifiedFrom: 0,
      seconds: 20,
    },
    pins: [],
    wishes: [],
    waves: [],
    follow: false,
    dueAt: null,
    inputs: { version: 'x', positions: places.length, slots: 0, people: people.length, at: new Date() },
    createdAt: new Date(),
    createdBy: null,
  });
}

/** Until a plan stands, who fits is ranked by score alone. */
export async function takeAwayPlans(db: Db): Promise<void> {
  for (const name of ['plans', 'planlines', 'planarrays']) await db.collection(name).deleteMany({});
}

/** People from all over the city, so many that a plan could place them. */
async function everyFew(db: Db): Promise<ObjectId[]> {
  const count = await db.collection('people').estimatedDocumentCount();
  const step = Math.max(1, Math.floor(count / PLACED));
  const found: ObjectId[] = [];
  let at = 0;
  for await (const { _id } of db
    .collection('people')
    .find({}, { projection: { _id: 1 } })
    .sort({ _id: 1 }))
    if (at++ % step === 0) found.push(_id);
  return found;
}

/** Each on one day, in the order in which a run stores them: by date, those of one date by id. */
function pricesOf(
  people: readonly ObjectId[],
  places: readonly { readonly _id: ObjectId; readonly date: string }[],
): Record<string, Uint8Array | Int32Array> {
  const priced = people
    .map((id, n) => ({ id, place: places[n % places.length]!, price: 1 + ((n * 37) % HIGHEST_PRICE) }))
    .map((one) => ({ ...one, on: onNumber({ date: one.place.date, isWeek: false }) }))
    .sort((a, b) => a.on - b.on || Buffer.compare(a.id.id, b.id.id));
  const packed = (ids: readonly ObjectId[]): Uint8Array => {
    const bytes = new Uint8Array(ids.length * ID_BYTES);
    ids.forEach(({ id }, n) => bytes.set(id, n * ID_BYTES));
    return bytes;
  };
  return {
    ids: packed(priced.map(({ id }) => id)),
    at: packed(priced.map(({ place }) => place._id)),
    on: Int32Array.from(priced, ({ on }) => on),
    price: Int32Array.from(priced, ({ price }) => price),
  };
}
