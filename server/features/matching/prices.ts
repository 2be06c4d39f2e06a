import { compareIds, ID_BYTES } from './search/codes.ts';

/**
 * What a plan would give up by losing somebody on one day, for those where that is something. Arrays on memory that threads
 * share, so that asking costs nobody a copy.
 */
export interface Prices {
  /** The same key, the same prices. */
  readonly key: string;
  /** Twelve bytes a person, ascending, each once. */
  readonly ids: Uint8Array;
  /** In points of the score, more than 0. */
  readonly price: Int32Array;
  /** Few whom it costs nothing to choose where is asked: it proposes them just there. */
  readonly except: readonly string[];
}

/** Where a plan has somebody; nulls where whoever asks may not know. */
export interface PlannedPlace {
  readonly positionId: string | null;
  readonly title: string | null;
}

/** The plan that stands for a day, as the ranking of candidates needs it. */
export interface PlanOfDay {
  readonly planId: string;
  readonly tenantId: string;
  readonly unitId: string;
  readonly madeAt: Date;
  readonly prices: Prices;
  /** Whether the position asked about is one of those planned. */
  readonly covers: boolean;
  /**
   * Where it has those of these people whom it needs elsewhere.
   * @param seesPlan whether titles of the plan's own organisation may be told
   */
  places(personIds: readonly string[], seesPlan: boolean): Promise<ReadonlyMap<string, PlannedPlace>>;
}

/** Where an id is among ascending ones; −1 where it is not. */
export function indexOfId(ids: Uint8Array, id: Uint8Array): number {
  let [low, high] = [0, ids.length / ID_BYTES - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compareIds(ids, middle, id);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Points that the plan gives up by losing somebody; 0 for nobody it needs, and without a plan. */
export function priceOf(prices: Prices | null | undefined, personId: string): number {
  if (!prices || prices.price.length === 0 || prices.except.includes(personId)) return 0;
  return prices.price[indexOfId(prices.ids, Buffer.from(personId, 'hex'))] ?? 0;
}
