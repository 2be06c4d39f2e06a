import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { pointField } from '../../db/fields.ts';
import type { Point } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { OFTEN } from './saved-search.rules.ts';
import type { Often } from './saved-search.rules.ts';

/** What a person looks for in one organisation, and how often they want to hear of something new. */
export interface SavedSearchRow extends TenantRow {
  personId: Types.ObjectId;
  /** Which of the searches that a person may keep: the database, not the service, wins the race for the last. */
  slot: number;
  name: string;
  words: string;
  category: string | null;
  skills: string[];
  weekdays: number[];
  fromMinute: number | null;
  toMinute: number | null;
  withinMetres: number | null;
  /** The middle of the distance; home where there is none. */
  around: Point | null;
  often: Often;
  paused: boolean;
  /** When it is looked at next. Whoever looks moves it on, so that two who look at once meet here. */
  lookAt: Date;
  /** When something was last mailed. */
  toldAt: Date | null;
  version: number;
  createdAt: Date;
}

const savedSearchSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  slot: { type: Number, required: true },
  name: { type: String, required: true },
  words: { type: String, default: '' },
  category: { type: String, default: null },
  skills: { type: [String], default: [] },
  weekdays: { type: [Number], default: [] },
  fromMinute: { type: Number, default: null },
  toMinute: { type: Number, default: null },
  withinMetres: { type: Number, default: null },
  around: { ...pointField, default: null },
  often: { type: String, enum: [...OFTEN], required: true },
  paused: { type: Boolean, required: true, default: false },
  lookAt: { type: Date, required: true },
  toldAt: { type: Date, default: null },
  version: { type: Number, required: true, default: 1 },
  createdAt: { type: Date, required: true },
});
savedSearchSchema.index({ tenantId: 1, personId: 1, slot: 1 }, { unique: true });
// What was published is held against these at once.
savedSearchSchema.index(
  { tenantId: 1, often: 1, category: 1, _id: 1 },
  { partialFilterExpression: { paused: false } },
);
savedSearchSchema.index({ lookAt: 1, _id: 1 }, { partialFilterExpression: { paused: false } });

export const SavedSearchModel = tenantModel<SavedSearchRow>('SavedSearch', savedSearchSchema);

/**
 * That a search has found a position: once per search and position, whoever looks. Without a digest it was there when the
 * search was made or stopped fitting before it was told; with one it was told in that mail.
 */
export interface SearchHitRow extends TenantRow {
  searchId: Types.ObjectId;
  positionId: Types.ObjectId;
  /** Names the mail; null for what was seen and not told. */
  digestId: Types.ObjectId | null;
  foundAt: Date;
  /** A day after the shift; nobody asks any more. */
  expiresAt: Date;
}

const searchHitSchema = new Schema({
  ...tenantFields,
  searchId: { type: Schema.Types.ObjectId, required: true },
  positionId: { type: Schema.Types.ObjectId, required: true },
  digestId: { type: Schema.Types.ObjectId, default: null },
  foundAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});
searchHitSchema.index({ tenantId: 1, searchId: 1, positionId: 1 }, { unique: true });
searchHitSchema.index(
  { tenantId: 1, digestId: 1 },
  { partialFilterExpression: { digestId: { $type: 'objectId' } } },
);
searchHitSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export const SearchHitModel = tenantModel<SearchHitRow>('SearchHit', searchHitSchema);

/** A shift has opened or has a free place again: waits to be held against the searches that want to hear at once. */
export interface SearchNewsRow extends TenantRow {
  shiftId: Types.ObjectId;
  at: Date;
}

const searchNewsSchema = new Schema({
  ...tenantFields,
  shiftId: { type: Schema.Types.ObjectId, required: true },
  at: { type: Date, required: true },
});
searchNewsSchema.index({ at: 1, _id: 1 });

export const SearchNewsModel = tenantModel<SearchNewsRow>('SearchNews', searchNewsSchema);
