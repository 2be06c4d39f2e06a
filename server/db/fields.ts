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
}
export const placeField = {
  type: new Schema(
    { label: { type: String, required: true }, address: { type: String, default: '' }, point: pointField },
    { _id: false, strict: 'throw' },
  ),
} as const;

/** The filter for texts that contain this one, whatever its case; everything in it is taken as it stands. */
export const containing = (text: string): { $regex: string; $options: 'i' } => ({
  $regex: text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  $options: 'i',
});
