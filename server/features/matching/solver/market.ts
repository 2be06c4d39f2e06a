/**
 * A b-matching in typed arrays: rows (requests) choose among columns (volunteers). The solver knows nothing else.
 * The edges of row r are `start[r] … start[r + 1] - 1`, heaviest first, ties by column: scans may stop early, runs repeat.
 */
export interface Market {
  readonly rows: number;
  readonly cols: number;
  readonly start: Int32Array;
  readonly col: Int32Array;
  /** Whole numbers, |weight| < 2^31. */
  readonly weight: Int32Array;
  /** Slots of each row; more than it has edges count as that many. */
  readonly demand: Int32Array;
  readonly capacity: Int32Array;
}

/** Edges in any order, as a caller or a file has them. */
export interface EdgeList {
  readonly rows: number;
  readonly cols: number;
  readonly row: Int32Array;
  readonly col: Int32Array;
  readonly weight: Int32Array;
}

/** The edges of a market and, for each, where it stands in the list it was made from. */
export interface SortedEdges {
  readonly start: Int32Array;
  readonly col: Int32Array;
  readonly weight: Int32Array;
  readonly origin: Int32Array;
}

/** The edges by row, heaviest first, ties by column, then by place in the list. */
export function sortEdges(list: EdgeList): SortedEdges {
  const edges = list.row.length;
  const byCol = countingSort(list.col, list.cols, null);
  const origin = countingSort(list.row, list.rows, byCol);
  const start = new Int32Array(list.rows + 1);
  for (let e = 0; e < edges; e++) start[list.row[e]! + 1]!++;
  for (let r = 0; r < list.rows; r++) start[r + 1]! += start[r]!;
  for (let r = 0; r < list.rows; r++) sortRow(origin, start[r]!, start[r + 1]!, list.weight);
  const col = new Int32Array(edges);
  const weight = new Int32Array(edges);
  for (let e = 0; e < edges; e++) {
    col[e] = list.col[origin[e]!]!;
    weight[e] = list.weight[origin[e]!]!;
  }
  return { start, col, weight, origin };
}

/** Stable order of the edges by key; `order` is the order they come in, null for the list's own. */
function countingSort(key: Int32Array, keys: number, order: Int32Array | null): Int32Array {
  const at = new Int32Array(keys + 1);
  for (let e = 0; e < key.length; e++) at[key[e]! + 1]!++;
  for (let k = 0; k < keys; k++) at[k + 1]! += at[k]!;
  const sorted = new Int32Array(key.length);
  for (let i = 0; i < key.length; i++) {
    const e = order === null ? i : order[i]!;
    sorted[at[key[e]!]!++] = e;
  }
  return sorted;
}

/** A place within a row and a weight share one exact number up to this many edges. */
const KEYED_EDGES = 2 ** 20;

function sortRow(origin: Int32Array, from: number, to: number, weight: Int32Array): void {
  const degree = to - from;
  let sorted = true;
  for (let i = from + 1; i < to && sorted; i++) sorted = weight[origin[i - 1]!]! >= weight[origin[i]!]!;
  if (sorted) return;
  const part = origin.slice(from, to);
  if (degree > KEYED_EDGES) {
    const places = Array.from(part.keys()).sort((a, b) => weight[part[b]!]! - weight[part[a]!]! || a - b);
    places.forEach((place, i) => (origin[from + i] = part[place]!));
    return;
  }
  // Numbers without a comparator sort several times faster.
  const keys = new Float64Array(degree);
  for (let i = 0; i < degree; i++) keys[i] = (2 ** 31 - weight[part[i]!]!) * KEYED_EDGES + i;
  keys.sort();
  for (let i = 0; i < degree; i++) origin[from + i] = part[keys[i]! % KEYED_EDGES]!;
}
