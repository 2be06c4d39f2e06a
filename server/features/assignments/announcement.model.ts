import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

export const AUDIENCES = ['placed', 'everybody'] as const;
/** `placed`: who has a place; `everybody`: also who is asked, has asked or waits. */
export type Audience = (typeof AUDIENCES)[number];

/** What a coordinator wrote to the people of a shift. To whom is the outbox's business: one message per person. */
export interface AnnouncementRow extends TenantRow {
  shiftId: Types.ObjectId;
  unitId: Types.ObjectId;
  subject: string;
  text: string;
  audience: Audience;
  recipients: number;
  sentBy: Types.ObjectId;
  sentByName: string;
  createdAt: Date;
}

const announcementSchema = new Schema({
  ...tenantFields,
  shiftId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  subject: { type: String, required: true },
  text: { type: String, required: true },
  audience: { type: String, enum: [...AUDIENCES], required: true },
  recipients: { type: Number, required: true },
  sentBy: { type: Schema.Types.ObjectId, required: true },
  sentByName: { type: String, required: true },
  createdAt: { type: Date, required: true },
});
announcementSchema.index({ tenantId: 1, shiftId: 1, createdAt: -1, _id: -1 });

export const AnnouncementModel = tenantModel<AnnouncementRow>('Announcement', announcementSchema);
