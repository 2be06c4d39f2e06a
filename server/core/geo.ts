/** WGS-84 degrees. */
export interface LatLng {
  readonly latitude: number;
  readonly longitude: number;
}

const EARTH_RADIUS_METRES = 6_371_008.8;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in whole metres (haversine). */
export function distanceMetres(a: LatLng, b: LatLng): number {
  const latitudes = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const longitudes = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const h = latitudes + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * longitudes;
  return Math.round(2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(h))));
}

/** A GeoJSON point, longitude first, as degrees by name. */
export const latLngOf = (point: { coordinates: readonly [number, number] | readonly number[] }): LatLng => ({
  longitude: point.coordinates[0] ?? 0,
  latitude: point.coordinates[1] ?? 0,
});
