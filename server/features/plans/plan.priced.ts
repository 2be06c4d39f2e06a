import type { StaffingRun } from '../matching/index.ts';
import type { DraftStaffing } from './plan.draft.ts';
import type { PairList } from './plan.pairs.ts';

const ID_BYTES = 12;

/**
 * Days and weeks of people that cost something, since the plan needs them then: by date, those of one date in the order of
 * their ids.
 */
export interface Priced {
  /** Twelve bytes each. */
  readonly ids: Uint8Array;
  /** `onNumber` of the day or week. */
  readonly on: Int32Array;
  /** In points of the score. */
  readonly price: Int32Array;
  /** The position where the plan has them then, twelve bytes each; zeros where nowhere. */
  readonly at: Uint8Array;
}

/** A date as a number: 20261126; that of a week's Monday below 0. */
export const onNumber = ({ date, isWeek }: { readonly date: string; readonly isWeek: boolean }): number =>
  Number(date.replaceAll('-', '')) * (isWeek ? -1 : 1);

/** What a run's plan gives up by losing somebody on a day or in a week, where that is something. */
export function pricedOf(
  { draft, run, pairs }: { draft: DraftStaffing; run: StaffingRun; pairs: PairList },
  { personIds, positionIds }: { personIds: Uint8Array; positionIds: Uint8Array },
): Priced {
  const { staffing, caps } = draft;
  const { price } = run.proof;
  const found: { person: number; on: number; cap: number }[] = [];
  caps.each((cap, person, on) => {
    if ((price[cap] ?? 0) > 0) found.push({ person, on: onNumber(on), cap });
  });
  const idOf = (ids: Uint8Array, i: number): Uint8Array => ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
  found.sort((a, b) => a.on - b.on || Buffer.compare(idOf(personIds, a.person), idOf(personIds, b.person)));
  const placeOf = new Map<number, number>();
  run.used.forEach((used, k) => {
    if (used !== 1) return;
    const position = pairs.position[k] ?? 0;
    for (let c = staffing.cap[k] ?? -1; c >= 0; c = staffing.inside[c] ?? -1)
      if (!placeOf.has(c)) placeOf.set(c, position);
  });
  const [ids, at] = [new Uint8Array(found.length * ID_BYTES), new Uint8Array(found.length * ID_BYTES)];
  found.forEach(({ person, cap }, i) => {
    ids.set(idOf(personIds, person), i * ID_BYTES);
    const position = placeOf.get(cap);
    if (position !== undefined) at.set(idOf(positionIds, position), i * ID_BYTES);
  });
  return {
    ids,
    at,
    on: Int32Array.from(found, ({ on }) => on),
    price: Int32Array.from(found, ({ cap }) => Math.round(price[cap] ?? 0)),
  };
}
