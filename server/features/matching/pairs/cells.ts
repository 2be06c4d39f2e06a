import type { LatLng } from '../../../core/geo.ts';

/*
 * Squares of the map of about a kilometre. A cell is one number that sorts by rows from the south and, within a row, from the
 * west: everybody within a stretch of a row lies together.
 */

const DEGREES = 0.009;
const ACROSS = 65_536;
/** Metres of a degree of latitude, a little less than there are: boxes are rather too wide. */
const METRES_A_DEGREE = 111_190;
const POLE = 89;

export const cellOf = (latitude: number, longitude: number): [row: number, column: number] => [
  Math.floor((latitude + 90) / DEGREES),
  Math.floor((longitude + 180) / DEGREES),
];
export const keyOf = (row: number, column: number): number => row * ACROSS + column;

/**
 * Stretches of cells, [first, last] each, that hold every place within so many metres of a point, and places beyond.
 * Near a pole and across the date line a stretch is a whole row.
 */
export function cellsWithin({ latitude, longitude }: LatLng, metres: number): [number, number][] {
  // Distances are told in whole metres.
  const up = (metres + 1) / METRES_A_DEGREE;
  const furthest = Math.abs(latitude) + up;
  const [low] = cellOf(Math.max(-90, latitude - up), 0);
  const [high] = cellOf(Math.min(90, latitude + up), 0);
  // On a sphere the widest part of a circle is no wider than an arc of a parallel at its far edge.
  const across = furthest >= POLE ? 180 : up / Math.cos((furthest * Math.PI) / 180);
  const whole = across >= 180 || longitude - across < -180 || longitude + across > 180;
  const [, left] = cellOf(0, whole ? -180 : longitude - across);
  const [, right] = cellOf(0, whole ? 180 : longitude + across);
  return Array.from({ length: high - low + 1 }, (_, i) => [keyOf(low + i, left), keyOf(low + i, right)]);
}
