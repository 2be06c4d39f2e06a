import { isPlain } from '../matching/index.ts';
import type { Earlier, Staffing } from '../matching/index.ts';
import type { DraftPair } from './plan.draft.ts';
import type { OpenPosition, Somebody } from './plan.ground.ts';
import { idAt } from './plan.store.ts';
import type { PlanArrays } from './plan.store.ts';

/** An earlier run to go on from, and the pairs that are over: `position:person` of those who said no or left. */
export interface Known {
  readonly arrays: PlanArrays;
  readonly over: ReadonlySet<string>;
}

/** What was taken over of it. */
export interface Adopted {
  readonly pairs: readonly DraftPair[];
  /** The option of the earlier run that each of these pairs was. */
  readonly optionOf: readonly number[];
  /** Who and what the earlier run knew, by id. */
  readonly people: ReadonlySet<string>;
  readonly positions: ReadonlySet<string>;
  /** Position of the earlier run for each position now, where it has one. */
  readonly oldPosition: ReadonlyMap<number, number>;
}

interface Now {
  readonly positions: readonly OpenPosition[];
  readonly people: readonly Somebody[];
  readonly placeOfPosition: ReadonlyMap<string, number>;
  readonly placeOfPerson: ReadonlyMap<string, number>;
  readonly looked: readonly Set<number>[];
  readonly consider: (position: number, person: number) => DraftPair | null;
}

/** Pairs of the earlier run that still stand; people who changed since, or have something in their calendar, are judged anew. */
export function adopt({ arrays, over }: Known, now: Now): Adopted {
  const positionIds = idsOf(arrays.positionIds);
  const personIds = idsOf(arrays.personIds);
  const pairs: DraftPair[] = [];
  const optionOf: number[] = [];
  const { position, weight, holds } = arrays.staffing;
  for (let k = 0; k < position.length; k++) {
    const [positionId, personId] = [
      positionIds[position[k] ?? 0] ?? '',
      personIds[arrays.personOf[k] ?? 0] ?? '',
    ];
    const [r, v] = [now.placeOfPosition.get(positionId), now.placeOfPerson.get(personId)];
    if (r === undefined || v === undefined || now.looked[r]?.has(v)) continue;
    now.looked[r]?.add(v);
    const [open, one] = [now.positions[r] as OpenPosition, now.people[v] as Somebody];
    if (over.has(`${positionId}:${personId}`) || open.claimed.has(personId)) continue;
    const asBefore =
      one.bookings.length === 0 && one.row.version === arrays.personVersions[arrays.personOf[k] ?? 0];
    const metres = arrays.metres[k] ?? -1;
    const pair = asBefore
      ? {
          position: r,
          person: v,
          score: weight[k] ?? 0,
          certified: holds[k] === 1,
          metres: metres < 0 ? null : metres,
        }
      : now.consider(r, v);
    if (!pair) continue;
    pairs.push(pair);
    optionOf.push(k);
  }
  const oldPosition = new Map<number, number>();
  positionIds.forEach((id, old) => {
    const r = now.placeOfPosition.get(id);
    if (r !== undefined) oldPosition.set(r, old);
  });
  return { pairs, optionOf, people: new Set(personIds), positions: new Set(positionIds), oldPosition };
}

const idsOf = (packed: Uint8Array): string[] =>
  Array.from({ length: packed.length / 12 }, (_, i) => idAt(packed, i));

/** The earlier run's plan and prices, in the numbers of the new one; null where there are caps inside caps. */
export function earlierOf(
  { arrays }: Known,
  { optionOf, oldPosition }: Adopted,
  staffing: Staffing,
): Earlier | null {
  if (!isPlain(staffing)) return null;
  const used = new Uint8Array(staffing.position.length);
  const price = new Float64Array(staffing.most.length);
  optionOf.forEach((old, k) => {
    used[k] = arrays.used[old] ?? 0;
    let sum = 0;
    const { cap, inside } = arrays.staffing;
    for (let c = cap[old] ?? -1; c >= 0; c = inside[c] ?? -1) sum += arrays.proof.price[c] ?? 0;
    price[staffing.cap[k] ?? 0] = sum;
  });
  const need = Float64Array.from(staffing.slots, (_slots, r) => {
    const old = oldPosition.get(r);
    return old === undefined
      ? (staffing.bonus[staffing.bonusStart[r] ?? 0] ?? 0)
      : (arrays.proof.need[old] ?? 0);
  });
  return { used, proof: { need, open: new Float64Array(staffing.slots.length), price } };
}
