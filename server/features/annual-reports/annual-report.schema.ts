import { z } from 'zod';
import { prose, requiredLine } from '../../http/schema.ts';
import { annualReportLifecycle } from '../../core/states.ts';
import { EVIDENCE_GRADES } from '../hours/index.ts';
import type { AnnualReportRow } from './annual-report.model.ts';
import { forPublic } from './annual-report.rules.ts';

export const beginBody = z.strictObject({ year: z.coerce.number().int().min(1900).max(2999) });
export const publishBody = z.strictObject({ words: prose(2_000).default('') });
export const withdrawBody = z.strictObject({ reason: requiredLine(300) });
export const yearParams = z.strictObject({
  tenantSlug: z.string().max(60),
  year: z.string().regex(/^\d{4}$/, 'invalid-format'),
});

const figures = {
  records: z.number(),
  grades: z.array(z.object({ grade: z.enum(EVIDENCE_GRADES), records: z.number() })),
  late: z.number(),
  reversed: z.number(),
  claims: z.object({ founded: z.number(), refused: z.number(), open: z.number() }),
  certificates: z.object({ issued: z.number(), revoked: z.number() }),
};

export const reportView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.enum(annualReportLifecycle.states as [string, ...string[]]),
  year: z.number(),
  /** Whole minutes; null until they are drawn. */
  figures: z.object({ ...figures, minutes: z.number(), people: z.number() }).nullable(),
  drawnAt: z.string().nullable(),
  words: z.string(),
  edition: z.number(),
  publishedAt: z.string().nullable(),
  correction: z.string(),
});
export const reportList = z.object({ data: z.array(reportView), reportable: z.array(z.number()) });

/** As everybody reads it: `people`, `minutes` and `grades` are null where they would tell of single people. */
export const publicReport = z.object({
  year: z.number(),
  tenant: z.object({ 'zh-CN': z.string(), en: z.string() }),
  figures: z.object({
    ...figures,
    grades: figures.grades.nullable(),
    minutes: z.number().nullable(),
    people: z.number().nullable(),
  }),
  words: z.string(),
  edition: z.number(),
  correction: z.string(),
  drawnAt: z.string(),
  publishedAt: z.string(),
});
export const publicReports = z.object({
  data: z.array(z.object({ year: z.number(), edition: z.number(), publishedAt: z.string() })),
});

export const toReportView = (row: AnnualReportRow): z.infer<typeof reportView> => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  year: row.year,
  figures: row.figures,
  drawnAt: row.drawnAt?.toISOString() ?? null,
  words: row.words,
  edition: row.edition,
  publishedAt: row.publishedAt?.toISOString() ?? null,
  correction: row.correction,
});

/** @throws Error (a bug) for one that is not published */
export function toPublicReport(
  row: AnnualReportRow,
  tenant: z.infer<typeof publicReport>['tenant'],
): z.infer<typeof publicReport> {
  const { figures: drawn, drawnAt, publishedAt } = row;
  if (!drawn || !drawnAt || !publishedAt) throw new Error(`Report ${String(row._id)} has no figures`);
  return {
    year: row.year,
    tenant: { 'zh-CN': tenant['zh-CN'], en: tenant.en },
    figures: forPublic(drawn),
    words: row.words,
    edition: row.edition,
    correction: row.correction,
    drawnAt: drawnAt.toISOString(),
    publishedAt: publishedAt.toISOString(),
  };
}
