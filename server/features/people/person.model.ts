import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { pointField } from '../../db/fields.ts';
import type { Point } from '../../db/fields.ts';
import { globalModel } from '../../db/registry.ts';
import type { StoredRow } from '../../db/registry.ts';

/** A stretch of a week in the person's own zone: weekday 1 (Monday) to 7, minutes from midnight, end exclusive. */
export interface AvailabilitySlot {
  weekday: number;
  startMinute: number;
  endMinute: number;
}

export interface ClaimedSkill {
  code: string;
  /** 1 beginner, 2 practised, 3 expert. */
  level: number;
}

export const CONSENT_PURPOSES = ['terms', 'asked-by-others', 'location', 'guardian'] as const;
export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];

/** How a consent came: by the person's own press, said or signed before a coordinator, by a mailed link, on paper. */
export const CONSENT_WAYS = ['self', 'spoken', 'signed', 'link', 'paper'] as const;
export type ConsentWay = (typeof CONSENT_WAYS)[number];

/** Who the guardian is that spoke for a minor. */
export interface Guardian {
  name: string;
  relation: string;
  /** Where the guardian was asked; null when the consent is on paper. */
  address: string | null;
}

/** One consent to one purpose in one version of its text. */
export interface Consent {
  purpose: ConsentPurpose;
  version: string;
  givenAt: Date;
  withdrawnAt: Date | null;
  how: ConsentWay;
  /** The account of the coordinator who took it down; null when nobody did. */
  recordedBy: Types.ObjectId | null;
}

export interface EmergencyContact {
  name: string;
  phone: string;
  relation: string;
}

/** A human being, once on the platform; what a tenant sees of them is their membership. */
export interface PersonRow extends StoredRow {
  name: string;
  phone: string | null;
  /** `YYYY-MM-DD`. */
  birthDate: string | null;
  languages: string[];
  skills: ClaimedSkill[];
  home?: Point | undefined;
  homeLabel: string;
  /** Division code of the home county, e.g. `330122`. */
  county: string | null;
  availability: AvailabilitySlot[];
  /** How far the person goes to help, in metres; null leaves it to whoever asks. */
  radiusMetres: number | null;
  /** Codes of the service areas the person likes best. */
  interests: string[];
  zone: string;
  emergencyContact: EmergencyContact | null;
  consents: Consent[];
  guardian: Guardian | null;
  /** Type of identity document shown; `demo` for generated people, who have none. */
  documentType: 'none' | 'demo';
  version: number;
  createdAt: Date;
}

const embedded = { _id: false, strict: 'throw' } as const;

const personSchema = new Schema({
  name: { type: String, required: true },
  phone: { type: String, default: null },
  birthDate: { type: String, default: null },
  languages: { type: [String], default: [] },
  skills: {
    type: [
      new Schema(
        { code: { type: String, required: true }, level: { type: Number, required: true } },
        embedded,
      ),
    ],
    default: [],
  },
  home: pointField,
  homeLabel: { type: String, default: '' },
  county: { type: String, default: null },
  availability: {
    type: [
      new Schema(
        {
          weekday: { type: Number, required: true },
          startMinute: { type: Number, required: true },
          endMinute: { type: Number, required: true },
        },
        embedded,
      ),
    ],
    default: [],
  },
  radiusMetres: { type: Number, default: null },
  interests: { type: [String], default: [] },
  zone: { type: String, required: true, default: 'Asia/Shanghai' },
  emergencyContact: {
    type: new Schema(
      {
        name: { type: String, required: true },
        phone: { type: String, required: true },
        relation: { type: String, default: '' },
      },
      embedded,
    ),
    default: null,
  },
  consents: {
    type: [
      new Schema(
        {
          purpose: { type: String, enum: [...CONSENT_PURPOSES], required: true },
          version: { type: String, required: true },
          givenAt: { type: Date, required: true },
          withdrawnAt: { type: Date, default: null },
          how: { type: String, enum: [...CONSENT_WAYS], required: true, default: 'self' },
          recordedBy: { type: Schema.Types.ObjectId, default: null },
        },
        embedded,
      ),
    ],
    default: [],
  },
  guardian: {
    type: new Schema(
      {
        name: { type: String, required: true },
        relation: { type: String, default: '' },
        address: { type: String, default: null },
      },
      embedded,
    ),
    default: null,
  },
  documentType: { type: String, enum: ['none', 'demo'], required: true, default: 'none' },
  version: { type: Number, required: true, default: 1 },
  createdAt: { type: Date, required: true },
});
// Candidates from outside the tenant: people of the county who agreed to be asked (product: "Whom a coordinator may find").
personSchema.index({ county: 1, 'consents.purpose': 1, _id: 1 });

export const PersonModel = globalModel<PersonRow>(
  'Person',
  personSchema,
  'a person exists once on the platform',
);

/** One booked stretch of a person's day, whichever tenant booked it. */
export interface Booking {
  assignmentId: Types.ObjectId;
  tenantId: Types.ObjectId;
  startsAt: Date;
  endsAt: Date;
}

/**
 * The overlap lock (F-11): every acceptance writes the row of each UTC day it touches, so two transactions that would
 * book one person twice conflict here, in whatever tenants they run. Its bookings are what overlap is judged by.
 */
export interface PersonDayRow {
  /** `personId:YYYY-MM-DD` (UTC). */
  _id: string;
  personId: Types.ObjectId;
  version: number;
  bookings: Booking[];
}

const personDaySchema = new Schema({
  _id: { type: String, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  version: { type: Number, required: true, default: 0 },
  bookings: {
    type: [
      new Schema(
        {
          assignmentId: { type: Schema.Types.ObjectId, required: true },
          tenantId: { type: Schema.Types.ObjectId, required: true },
          startsAt: { type: Date, required: true },
          endsAt: { type: Date, required: true },
        },
        embedded,
      ),
    ],
    default: [],
  },
});
personDaySchema.index({ personId: 1, _id: 1 });
// What these people have booked around a shift: a stretch of keys each, however long ago they began to serve.
personDaySchema.index({ personId: 1, 'bookings.startsAt': 1 });
// What is booked around a shift, when very many people are looked at.
personDaySchema.index({ 'bookings.startsAt': 1 });

export const PersonDayModel = globalModel<PersonDayRow>(
  'PersonDay',
  personDaySchema,
  'a person cannot be in two places, whatever the tenants',
);
