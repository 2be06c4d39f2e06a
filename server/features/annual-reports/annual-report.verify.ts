import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { AnnualReportModel } from './annual-report.model.ts';

/** what everybody reads has figures that fit together, and somebody who published it. */
export const annualReportInvariants: readonly InvariantCheck[] = [
  {
    name: 'annual-reports/published-add-up',
    async run() {
      const tally = invariantTally();
      for await (const row of AnnualReportModel.find({ state: 'published' })
        .select({ figures: 1, publishedAt: 1, publishedBy: 1, edition: 1 })
        .lean()
        .cursor({ batchSize: 1_000 })) {
        tally.examine();
        const { figures, publishedAt, publishedBy, edition } = row;
        if (!figures || !publishedAt || !publishedBy || edition < 1)
          tally.violate(`${String(row._id)} is published without figures or by nobody`);
        else if (figures.grades.reduce((sum, { records }) => sum + records, 0) !== figures.records)
          tally.violate(`${String(row._id)} has records of no grade`);
        else if (figures.late > figures.records)
          tally.violate(`${String(row._id)} has more late records than records`);
      }
      return tally.result();
    },
  },
];
