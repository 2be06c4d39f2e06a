/** WGS-84 degrees. */
export interface LatLng {
  readonly latitude: number;
  readonly longitude: number;
}

const EARTH_RADIUS_METRES = 6_371_008.8;
export const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in whole metres (haversine). */
export const distanceMetres = (a: LatLng, b: LatLng): number =>
  metresBetween(
    a.latitude,
    a.longitude,
    Math.cos(radians(a.latitude)),
    b.latitude,
    b.longitude,
    Math.cos(radians(b.latitude)),
  );

/** The same for whoever asks millions of times, from places in degrees with the cosines of their latitudes; NaN of an unknown one. */
export function metresBetween(
  latitude: number,
  longitude: number,
  cosine: number,
  otherLatitude: number,
  otherLongitude: number,
  otherCosine: number,
): number {
  const latitudes = Math.sin(radians(otherLatitude - latitude) / 2) ** 2;
  const longitudes = Math.sin(radians(otherLongitude - longitude) / 2) ** 2;
  const h = latitudes + cosine * otherCosine * longitudes;
  return Math.round(2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(h))));
}

/** A GeoJSON point, longitude first, as degrees by name. */
export const latLngOf = (point: { coordinates: readonly [number, number] | readonly number[] }): LatLng => ({
  longitude: point.coordinates[0] ?? 0,
  latitude: point.coordinates[1] ?? 0,
});
