import { distanceMetres } from '../../../core/geo.ts';
import type { LatLng } from '../../../core/geo.ts';
import { NOWHERE } from './columns.ts';
import type { Columns } from './columns.ts';

const METRES_A_DEGREE = 110_500;
/** Of the ten millionths of degrees that columns have. */
const METRES_A_UNIT = 111_195.08 / 1e7;
const HALF_RADIANS = Math.PI / 180 / 2 / 1e7;
/** Further than this, or nearer to a pole, nothing is flat. */
const FLAT_METRES = 200_000;
const FLAT_LATITUDE = 70;
const CORNERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

/** The rows that may lie within reach of a place: a box of cells, then those without a home, then those who go further. */
export class Reach {
  private readonly columns: Columns;
  private readonly point: LatLng | null;
  /** Stretches of rows, ascending, [from, to) each. */
  private readonly stretches: [number, number][] = [];
  private readonly box: { south: number; north: number; west: number; east: number } | null = null;
  /** The cells of the box that exist. */
  private readonly cells: { low: number; high: number; left: number; right: number } | null = null;
  private readonly within: number;
  private readonly isFlat: boolean;
  private readonly sin: number;
  private readonly cos: number;

  /** @param metres null looks at everybody */
  constructor(columns: Columns, point: LatLng | null, metres: number | null) {
    this.columns = columns;
    this.point = point;
    this.within = metres ?? Infinity;
    const latitude = point?.latitude ?? 0;
    this.isFlat = Math.abs(latitude) <= FLAT_LATITUDE;
    this.sin = Math.sin((latitude * Math.PI) / 180);
    this.cos = Math.cos((latitude * Math.PI) / 180);
    if (!point || metres === null) {
      this.stretches.push([0, columns.size]);
      return;
    }
    const { grid } = columns;
    const up = metres / METRES_A_DEGREE;
    const far = Math.min(89, Math.abs(point.latitude) + up);
    const across = metres / (METRES_A_DEGREE * Math.cos((far * Math.PI) / 180));
    const clampRow = (at: number): number => Math.min(grid.rows - 1, Math.max(0, at));
    const clampCol = (at: number): number => Math.min(grid.cols - 1, Math.max(0, at));
    const rowAt = (latitude: number): number => Math.floor((latitude * 1e7 - grid.south) / grid.high);
    const colAt = (longitude: number): number => Math.floor((longitude * 1e7 - grid.west) / grid.wide);
    const [low, high] = [rowAt(point.latitude - up), rowAt(point.latitude + up)];
    const [left, right] = [colAt(point.longitude - across), colAt(point.longitude + across)];
    const meets = high >= 0 && low < grid.rows && right >= 0 && left < grid.cols;
    this.cells = meets
      ? { low: clampRow(low), high: clampRow(high), left: clampCol(left), right: clampCol(right) }
      : { low: 0, high: -1, left: 0, right: -1 };
    if (meets)
      for (let row = clampRow(low); row <= clampRow(high); row++)
        this.stretches.push([
          grid.start[row * grid.cols + clampCol(left)] ?? 0,
          grid.start[row * grid.cols + clampCol(right) + 1] ?? 0,
        ]);
    this.stretches.push([grid.homeless, columns.size]);
    this.box = {
      south: grid.south + low * grid.high,
      north: grid.south + (high + 1) * grid.high,
      west: grid.west + left * grid.wide,
      east: grid.west + (right + 1) * grid.wide,
    };
  }

  /** Every row that may be within reach. */
  eachRow(visit: (row: number) => void): void {
    for (const [from, to] of this.stretches) for (let row = from; row < to; row++) visit(row);
    this.beyond((row) => visit(row));
  }

  /**
   * The rows that may be within reach as stretches, told of each whether all of it surely is: cells whose corners are
   * within `inside` metres, where nobody named a radius of their own.
   * @param inside null where everybody is within reach
   */
  eachStretch(inside: number | null, visit: (from: number, to: number, surely: boolean) => void): void {
    const { grid, far } = this.columns;
    const { cells } = this;
    if (!cells || inside === null) {
      for (const [from, to] of this.stretches) visit(from, to, inside === null);
    } else {
      for (let row = cells.low; row <= cells.high; row++)
        for (let col = cells.left; col <= cells.right; col++) {
          const [from, to] = [
            grid.start[row * grid.cols + col] ?? 0,
            grid.start[row * grid.cols + col + 1] ?? 0,
          ];
          if (from === to) continue;
          const alike = firstFrom(far, to) === firstFrom(far, from);
          visit(from, to, alike && this.farthestOf(row, col) <= inside);
        }
      visit(grid.homeless, this.columns.size, true);
    }
    this.beyond((row) => visit(row, row + 1, false));
  }

  /** Metres to the farthest corner of a cell. */
  private farthestOf(row: number, col: number): number {
    const { grid } = this.columns;
    const { point } = this;
    if (!point) return Infinity;
    let most = 0;
    for (const [up, right] of CORNERS) {
      const latitude = (grid.south + (row + up) * grid.high) / 1e7;
      const longitude = (grid.west + (col + right) * grid.wide) / 1e7;
      most = Math.max(most, distanceMetres(point, { latitude, longitude }));
    }
    // A side bends less than this between its corners.
    return most + 5;
  }

  /** Every entry of a skill's list that may be within reach: its row, and level and proof. */
  eachOf(list: Uint32Array, visit: (row: number, grade: number) => void): void {
    for (const [from, to] of this.stretches)
      for (let at = firstFrom(list, from * 8); at < list.length; at++) {
        const entry = list[at] ?? 0;
        if (entry >= to * 8) break;
        visit(entry >>> 3, entry & 7);
      }
    this.beyond((row) => {
      const at = firstFrom(list, row * 8);
      const entry = list[at] ?? 0;
      if (at < list.length && entry >>> 3 === row) visit(row, entry & 7);
    });
  }

  /** Those who named a radius of their own and live outside the box. */
  private beyond(visit: (row: number) => void): void {
    const { box } = this;
    if (!box) return;
    const { far, latitude, longitude, radius } = this.columns;
    for (const row of far) {
      if ((radius[row] ?? 0) * 1_000 <= this.within) continue;
      const [lat, lng] = [latitude[row] ?? NOWHERE, longitude[row] ?? NOWHERE];
      if (lat >= box.south && lat < box.north && lng >= box.west && lng < box.east) continue;
      visit(row);
    }
  }

  /** Whole metres between the row's home and the place. */
  metres(row: number): number {
    const latitude = (this.columns.latitude[row] ?? 0) / 1e7;
    const longitude = (this.columns.longitude[row] ?? 0) / 1e7;
    return this.point ? distanceMetres(this.point, { latitude, longitude }) : 0;
  }

  /**
   * The same on an earth that is flat at the latitude between the two, without sines: see `leastOf` and `mostOf`. NaN
   * where that would be further off.
   */
  flat(row: number): number {
    const { point } = this;
    if (!point || !this.isFlat) return NaN;
    const up = (this.columns.latitude[row] ?? 0) - point.latitude * 1e7;
    const across = (this.columns.longitude[row] ?? 0) - point.longitude * 1e7;
    const half = up * HALF_RADIANS;
    const wide = this.cos - half * (this.sin + (half * this.cos) / 2);
    const [y, x] = [up * METRES_A_UNIT, across * METRES_A_UNIT * wide];
    const metres = Math.sqrt(x * x + y * y);
    return metres < FLAT_METRES ? metres : NaN;
  }
}

/** The distance is at least, and at most, so far as this: a thousandth and two metres off, at the very most. */
export const leastOf = (flat: number): number => flat * 0.999 - 2;
export const mostOf = (flat: number): number => flat * 1.001 + 2;

/** Where an ascending list reaches a row. */
export function firstFrom(list: Uint32Array, row: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
