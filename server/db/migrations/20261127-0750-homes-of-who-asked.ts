import type { Db, Document, ObjectId } from 'mongodb';

/**
 * What residents asked for themselves is at their home until the desk says otherwise; requests from before homes were marked
 * said nothing of it, and told everybody the exact place. They and their shifts are marked now: rather a desk that ticks one
 * off than a home that stays public. Re-runnable: whatever is marked is left alone, and the request comes last, so that one
 * whose shifts were left half-way is found again.
 */
export async function up(db: Db): Promise<void> {
  const requests = db.collection<{ _id: ObjectId; tenantId: ObjectId; place: Document }>('requests');
  const shifts = db.collection<{ _id: ObjectId; place: Document }>('shifts');
  const unmarked = { 'place.atHome': { $exists: false } };
  for await (const { _id, tenantId, place } of requests.find(
    { 'history.reason': 'asked-by-resident', ...unmarked },
    { projection: { tenantId: 1, place: 1 } },
  )) {
    for await (const shift of shifts.find(
      { tenantId, requestId: _id, ...unmarked },
      { projection: { place: 1 } },
    ))
      await shifts.updateOne({ _id: shift._id }, { $set: { place: atHome(shift.place) } });
    await requests.updateOne({ _id }, { $set: { place: atHome(place) } });
  }
}

/** The exact point becomes the door; what everybody is told is within about a kilometre of it. */
function atHome(place: Document): Document {
  const [longitude, latitude] = (place['point'] as { coordinates?: number[] } | undefined)?.coordinates ?? [];
  if (longitude === undefined || latitude === undefined) return { ...place, atHome: true };
  const coarse = (degrees: number): number => Math.round(degrees * 100) / 100;
  return {
    ...place,
    atHome: true,
    door: place['point'] as Document,
    point: { type: 'Point', coordinates: [coarse(longitude), coarse(latitude)] },
  };
}
