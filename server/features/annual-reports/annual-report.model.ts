import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { annualReportLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { YearFigures } from './annual-report.rules.ts';

/** An organisation's report on recording and certification in one year; what was published stays as it was drawn. */
export interface AnnualReportRow extends TenantRow, StateRow {
  year: number;
  /** Null until they are drawn. */
  figures: YearFigures | null;
  drawnAt: Date | null;
  /** What the organisation says to them. */
  words: string;
  /** 1, 2 … : how often it was published. */
  edition: number;
  publishedAt: Date | null;
  publishedBy: Types.ObjectId | null;
  /** Why the edition before was withdrawn; everybody reads it beside the new one. */
  correction: string;
  createdAt: Date;
}

const count = { type: Number, required: true } as const;

const figuresSchema = new Schema(
  {
    records: count,
    minutes: count,
    people: count,
    grades: {
      type: [
        new Schema(
          { grade: { type: String, required: true }, records: count },
          { _id: false, strict: 'throw' },
        ),
      ],
      required: true,
    },
    late: count,
    reversed: count,
    claims: {
      type: new Schema({ founded: count, refused: count, open: count }, { _id: false, strict: 'throw' }),
      required: true,
    },
    certificates: {
      type: new Schema({ issued: count, revoked: count }, { _id: false, strict: 'throw' }),
      required: true,
    },
  },
  { _id: false, strict: 'throw' },
);

const annualReportSchema = new Schema({
  ...tenantFields,
  ...stateFields(annualReportLifecycle.states),
  year: count,
  figures: { type: figuresSchema, default: null },
  drawnAt: { type: Date, default: null },
  words: { type: String, default: '' },
  edition: { type: Number, required: true, default: 0 },
  publishedAt: { type: Date, default: null },
  publishedBy: { type: Schema.Types.ObjectId, default: null },
  correction: { type: String, default: '' },
  createdAt: { type: Date, required: true },
});
// One for a year: of two who begin it at once, one does.
annualReportSchema.index({ tenantId: 1, year: -1 }, { unique: true });
// The sweep looks for those to draw, of all organisations.
annualReportSchema.index({ state: 1, _id: 1 });

export const AnnualReportModel = tenantModel<AnnualReportRow>('AnnualReport', annualReportSchema);
