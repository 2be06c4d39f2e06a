import { LRUCache } from 'lru-cache';
import { Types } from 'mongoose';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { readShared } from '../../db/shared-reading.ts';
import { indexOfId } from '../matching/index.ts';
import type { PlannedPlace, PlanOfDay, Prices } from '../matching/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { mondayOf } from './plan.draft.ts';
import { PlanLineModel, PlanModel } from './plan.model.ts';
import type { PlanLineRow, PlanPair, PlanRow } from './plan.model.ts';
import { onNumber } from './plan.priced.ts';
import type { Priced } from './plan.priced.ts';
import { idAt, readPriced } from './plan.store.ts';

/** A proposal is followed for so long; an older one nobody means to carry out any more. */
const STANDS_MS = 3 * 86_400_000;
/** Bytes of prices that are kept in memory, of days of plans: a department's plan is for weeks, and every day is asked about. */
const KEPT_BYTES = 16_000_000;
const ID_BYTES = 12;
const UNTOLD: PlannedPlace = { positionId: null, title: null };

/** Prices of a day, with where the plan has each. */
interface DayPrices extends Pick<Prices, 'key' | 'ids' | 'price'> {
  readonly at: Uint8Array;
}
interface Standing {
  readonly row: PlanRow;
  readonly prices: DayPrices;
}

/**
 * The plan that stands for the date of a position of the current tenant: its own latest proposal that covers it, or one of a
 * department above that planned for the organisations below as well. Null where none does.
 */
export function createPlanPrices({ tenants }: { readonly tenants: TenantService }) {
  const kept = new LRUCache<string, DayPrices>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ ids, price, at }) => 1 + ids.byteLength + price.byteLength + at.byteLength,
  });

  async function pricesOf(row: PlanRow, date: string): Promise<DayPrices | null> {
    const key = `${String(row._id)}:${row.attempt}:${date}`;
    const found = kept.get(key) ?? dayPrices(key, await readPriced(row._id, row.attempt), date);
    if (found) kept.set(key, found);
    return found;
  }

  async function standing(tenantId: string, own: boolean, date: string): Promise<Standing | null> {
    return asTenant(tenantId, async () => {
      const row = await PlanModel.findOne({
        createdAt: { $gt: new Date(contextNow().getTime() - STANDS_MS) },
        state: { $in: ['proposed', 'sending'] },
        'settings.from': { $lte: date },
        'settings.to': { $gte: date },
        ...(own ? {} : { below: true }),
      })
        .sort({ createdAt: -1, _id: -1 })
        .lean();
      const prices = row && (await pricesOf(row, date));
      return prices && { row, prices };
    });
  }

  const ofDay = (date: string): Promise<Standing | null> =>
    readShared(`plans/of-day:${date}`, async () => {
      const tenantId = requireTenantId();
      const own = await standing(tenantId, true, date);
      if (own) return own;
      for (const above of await tenants.above(tenantId)) {
        const found = await standing(above, false, date);
        if (found) return found;
      }
      return null;
    });

  return async (date: string, positionId: unknown): Promise<PlanOfDay | null> => {
    const found = await ofDay(date);
    if (!found) return null;
    const [line] = await linesOf(found.row, [String(positionId)]);
    return toPlanOfDay(found, line ?? null);
  };
}

type Line = Pick<PlanLineRow, 'positionId' | 'ownerTenantId' | 'title'> & {
  readonly pairs: readonly Pick<PlanPair, 'personId' | 'state'>[];
};

const linesOf = (row: PlanRow, positionIds: readonly string[]): Promise<Line[]> =>
  asTenant(String(row.tenantId), () =>
    PlanLineModel.find({
      planId: row._id,
      attempt: row.attempt,
      positionId: { $in: positionIds.map((id) => new Types.ObjectId(id)) },
    })
      .select({ positionId: 1, ownerTenantId: 1, title: 1, 'pairs.personId': 1, 'pairs.state': 1 })
      .lean(),
  );

/** @param asked the line of the position asked about; null where the plan knows nothing of it */
function toPlanOfDay({ row, prices }: Standing, asked: Line | null): PlanOfDay {
  const { key, ids, price } = prices;
  const proposed = (asked?.pairs ?? []).filter(({ state }) => state === 'proposed');
  const except = proposed.map(({ personId }) => String(personId));
  return {
    planId: String(row._id),
    tenantId: String(row.tenantId),
    unitId: String(row.unitId),
    madeAt: row.inputs?.at ?? row.createdAt,
    prices: { key, ids, price, except },
    covers: asked !== null,
    async places(personIds, seesPlan) {
      const ownTenantId = requireTenantId();
      const placeOf = new Map<string, string>();
      for (const id of personIds) {
        const place = except.includes(id) ? null : placeIn(prices, id);
        if (place !== null) placeOf.set(id, place);
      }
      if (placeOf.size === 0) return new Map();
      const lines = await linesOf(row, [...new Set(placeOf.values())]);
      const byId = new Map(lines.map((line) => [String(line.positionId), line]));
      return new Map(
        [...placeOf].map(([id, place]) => {
          const line = byId.get(place);
          // Of other organisations' needs nobody learns more than that there is one.
          const told = line && (seesPlan || String(line.ownerTenantId) === ownTenantId);
          return [id, told ? { positionId: place, title: line.title } : UNTOLD];
        }),
      );
    },
  };
}

/** Where the plan has somebody whom it needs; null where nowhere. */
function placeIn({ ids, at }: DayPrices, personId: string): string | null {
  const index = indexOfId(ids, Buffer.from(personId, 'hex'));
  if (index < 0) return null;
  const id = idAt(at, index);
  return /^0+$/.test(id) ? null : id;
}

/** What the day and the week together cost, by person; null for a plan that was made before prices were stored. */
export function dayPrices(key: string, priced: Priced | null, date: string): DayPrices | null {
  if (!priced) return null;
  const day = stretch(priced.on, onNumber({ date, isWeek: false }));
  const week = stretch(priced.on, onNumber({ date: mondayOf(date), isWeek: true }));
  const most = day.to - day.from + (week.to - week.from);
  const [ids, at] = [shared(Uint8Array, most * ID_BYTES), shared(Uint8Array, most * ID_BYTES)];
  const price = shared(Int32Array, most);
  let size = 0;
  const idOf = (i: number): Uint8Array => priced.ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
  const take = (i: number, same: boolean): void => {
    if (!same) {
      ids.set(idOf(i), size * ID_BYTES);
      at.set(priced.at.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), size * ID_BYTES);
      size += 1;
    }
    price[size - 1] = (price[size - 1] ?? 0) + (priced.price[i] ?? 0);
  };
  // Both stretches are in the order of ids: who is in both comes twice in a row.
  let [d, w] = [day.from, week.from];
  while (d < day.to || w < week.to) {
    const order = d === day.to ? 1 : w === week.to ? -1 : Buffer.compare(idOf(d), idOf(w));
    if (order <= 0) take(d++, false);
    if (order >= 0) take(w++, order === 0);
  }
  return {
    key,
    ids: ids.subarray(0, size * ID_BYTES),
    at: at.subarray(0, size * ID_BYTES),
    price: price.subarray(0, size),
  };
}

function stretch(on: Int32Array, wanted: number): { from: number; to: number } {
  const from = on.indexOf(wanted);
  return from < 0 ? { from: 0, to: 0 } : { from, to: on.lastIndexOf(wanted) + 1 };
}

const shared = <A>(
  kind: { new (memory: SharedArrayBuffer): A; readonly BYTES_PER_ELEMENT: number },
  length: number,
): A => new kind(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT));
