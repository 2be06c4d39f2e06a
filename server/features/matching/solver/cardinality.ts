/** Who can be paired with whom: rows with the columns of their edges `start[r] … start[r + 1] - 1`. */
export interface Pairing {
  readonly rows: number;
  readonly cols: number;
  readonly start: Int32Array;
  readonly col: Int32Array;
}

/** As many pairs as there can be (Hopcroft and Karp): the edge of each row and the row of each column, -1 for none. */
export interface Pairs {
  readonly edgeOf: Int32Array;
  readonly rowOf: Int32Array;
  readonly size: number;
}

/** Completes pairs to as many as there can be; a given beginning (edge of each row, -1 for none) is built upon. */
export function pairMost(pairing: Pairing, beginning: Int32Array | null = null): Pairs {
  const { rows, cols, start, col } = pairing;
  const edgeOf = beginning?.slice() ?? new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(cols).fill(-1);
  for (let r = 0; r < rows; r++) if (edgeOf[r]! >= 0) rowOf[col[edgeOf[r]!]!] = r;
  for (let r = 0; r < rows; r++) {
    for (let e = start[r]!; e < start[r + 1]! && edgeOf[r]! < 0; e++) {
      if (rowOf[col[e]!]! >= 0) continue;
      rowOf[col[e]!] = r;
      edgeOf[r] = e;
    }
  }
  const search = new Search(pairing, edgeOf, rowOf);
  while (search.layer()) search.augment();
  let size = 0;
  for (let r = 0; r < rows; r++) if (edgeOf[r]! >= 0) size++;
  return { edgeOf, rowOf, size };
}

/**
 * Why the rows cannot all be paired (Hall): rows whose columns, all together, are fewer than the rows.
 * @param pairs as many as there can be; null where every row has a column
 */
export function blockingSet(
  pairing: Pairing,
  { edgeOf, rowOf }: Pairs,
): { rows: number[]; cols: number[] } | null {
  const lonely = edgeOf.indexOf(-1);
  if (lonely < 0) return null;
  const { start, col } = pairing;
  const rows = [lonely];
  const cols: number[] = [];
  const seen = new Uint8Array(pairing.cols);
  for (let i = 0; i < rows.length; i++) {
    const r = rows[i]!;
    for (let e = start[r]!; e < start[r + 1]!; e++) {
      const v = col[e]!;
      if (seen[v] === 1) continue;
      seen[v] = 1;
      cols.push(v);
      // Every column met is taken: else there were one pair more.
      rows.push(rowOf[v]!);
    }
  }
  return { rows, cols };
}

class Search {
  private readonly pairing: Pairing;
  private readonly edgeOf: Int32Array;
  private readonly rowOf: Int32Array;
  private readonly level: Int32Array;
  private readonly queue: Int32Array;
  private readonly at: Int32Array;

  constructor(pairing: Pairing, edgeOf: Int32Array, rowOf: Int32Array) {
    this.pairing = pairing;
    this.edgeOf = edgeOf;
    this.rowOf = rowOf;
    this.level = new Int32Array(pairing.rows);
    this.queue = new Int32Array(pairing.rows);
    this.at = new Int32Array(pairing.rows);
  }

  /** Steps from the unpaired rows; @returns whether a free column is in reach */
  layer(): boolean {
    const { level, queue, rowOf, edgeOf } = this;
    const { start, col } = this.pairing;
    let size = 0;
    for (let r = 0; r < level.length; r++) {
      level[r] = edgeOf[r]! < 0 ? 0 : -1;
      if (level[r] === 0) queue[size++] = r;
    }
    let reach = Infinity;
    for (let i = 0; i < size; i++) {
      const r = queue[i]!;
      if (level[r]! >= reach) break;
      for (let e = start[r]!; e < start[r + 1]!; e++) {
        const next = rowOf[col[e]!]!;
        if (next < 0) reach = level[r]!;
        else if (level[next]! < 0) {
          level[next] = level[r]! + 1;
          queue[size++] = next;
        }
      }
    }
    return reach < Infinity;
  }

  /** Augments along disjoint shortest paths. */
  augment(): void {
    this.at.set(this.pairing.start.subarray(0, this.pairing.rows));
    for (let r = 0; r < this.level.length; r++) if (this.edgeOf[r]! < 0) this.augmentFrom(r);
  }

  private augmentFrom(root: number): void {
    const { level, at, rowOf, edgeOf, queue: path } = this;
    const { start, col } = this.pairing;
    let depth = 0;
    path[0] = root;
    while (depth >= 0) {
      const r = path[depth]!;
      if (at[r]! >= start[r + 1]!) {
        level[r] = -1;
        if (--depth >= 0) at[path[depth]!]!++;
        continue;
      }
      const next = rowOf[col[at[r]!]!]!;
      if (next < 0) break;
      if (level[next] === level[r]! + 1) path[++depth] = next;
      else at[r]!++;
    }
    for (; depth >= 0; depth--) {
      const r = path[depth]!;
      edgeOf[r] = at[r]!;
      rowOf[col[at[r]!]!] = r;
      level[r] = -1;
    }
  }
}
