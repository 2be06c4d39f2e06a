import type { AnnualReportService } from '../../server/features/annual-reports/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Draws the figures of yearly reports that somebody began or withdrew. */
export const drawAnnualReports = (reports: AnnualReportService): Sweep =>
  defineSweep({
    name: 'annual-reports/draw',
    everyMs: 10_000,
    leaseMs: 600_000,
    batch: 5,
    due: (query) => reports.due(query),
    run: ({ id }) => reports.draw(id),
  });
