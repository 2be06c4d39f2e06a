import { Schema } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

export const DAY_KINDS = ['off', 'work'] as const;
export type DayKind = (typeof DAY_KINDS)[number];

/** A day on which an organisation works, or does not, whatever the weekday and the nation's calendar say. */
export interface CalendarDayRow extends TenantRow {
  /** `YYYY-MM-DD`. */
  date: string;
  kind: DayKind;
  name: string;
}

const calendarDaySchema = new Schema({
  ...tenantFields,
  date: { type: String, required: true },
  kind: { type: String, enum: [...DAY_KINDS], required: true },
  name: { type: String, default: '' },
});
calendarDaySchema.index({ tenantId: 1, date: 1 }, { unique: true });

export const CalendarDayModel = tenantModel<CalendarDayRow>('CalendarDay', calendarDaySchema);
