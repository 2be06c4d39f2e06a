import { Schema } from 'mongoose';

/** Schema parts that several features share. */

/** A name or title in both languages. */
export interface LocalText {
  'zh-CN': string;
  en: string;
}
export const localTextField = {
  type: new Schema(
    { 'zh-CN': { type: String, required: true }, en: { type: String, required: true } },
    { _id: false, strict: 'throw' },
  ),
  required: true,
} as const;

/** A WGS-84 GeoJSON point, longitude first. */
export interface Point {
  type: 'Point';
  coordinates: [number, number];
}
export const pointField = {
  type: new Schema(
    {
      type: { type: String, enum: ['Point'], required: true },
      coordinates: { type: [Number], required: true },
    },
    { _id: false, strict: 'throw' },
  ),
  default: undefined,
} as const;

/** Where something happens: words for people, a point for distances (may be unknown). */
export interface Place {
  label: string;
  address: string;
  point?: Point | undefined;
  /** Somebody's home: `point` is then somewhere within a kilometre of it, for everybody; the address is for those who run it or come. */
  atHome?: boolean | undefined;
  /** Of a home, where it is exactly. */
  door?: Point | undefined;
}
/** A point that tells everybody roughly where a home is: two decimals of a degree. */
export const roughly = ({ coordinates: [longitude, latitude] }: Point): Point => ({
  type: 'Point',
  coordinates: [coarse(longitude), coarse(latitude)],
});
const coarse = (degrees: number): number => Math.round(degrees * 100) / 100;
/** The place itself, for those who run it or come. */
export const exactly = ({ door, point }: Pick<Place, 'door' | 'point'>): Point | undefined => door ?? point;
export const placeField = {
  type: new Schema(
    {
      label: { type: String, required: true },
      address: { type: String, default: '' },
      point: pointField,
      atHome: { type: Boolean },
      door: pointField,
    },
    { _id: false, strict: 'throw' },
  ),
} as const;

/** The filter for texts that contain this one, whatever its case; everything in it is taken as it stands. */
export const containing = (text: string): { $regex: string; $options: 'i' } => ({
  $regex: text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  $options: 'i',
});
