import { expect } from 'chai';
import fc from 'fast-check';
import {
  FEWEST_PEOPLE,
  forPublic,
  reportableYears,
} from '../../../server/features/annual-reports/annual-report.rules.ts';
import type { YearFigures } from '../../../server/features/annual-reports/annual-report.rules.ts';

const figures: YearFigures = {
  records: 7,
  minutes: 840,
  people: FEWEST_PEOPLE,
  grades: [{ grade: 'device', records: 7 }],
  late: 1,
  reversed: 0,
  claims: { founded: 0, refused: 1, open: 0 },
  certificates: { issued: 2, revoked: 0 },
};

describe('an annual report', () => {
  it('tells everybody no sum that is a few people’s (R-1.24)', () => {
    expect(forPublic(figures)).to.deep.equal(figures);
    expect(forPublic({ ...figures, people: FEWEST_PEOPLE - 1 })).to.deep.include({
      people: null,
      minutes: null,
      grades: null,
      records: 7,
    });
    expect(forPublic({ ...figures, people: 0, records: 0, minutes: 0, grades: [] })).to.include({
      people: 0,
      minutes: 0,
    });
  });

  it('is made for years that are over, once each, the latest first', () => {
    expect(reportableYears('2026-01-01', [])).to.deep.equal([
      2025, 2024, 2023, 2022, 2021, 2020, 2019, 2018, 2017, 2016,
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 2020, max: 2040 }),
        fc.array(fc.integer({ min: 2005, max: 2045 })),
        (year, reported) => {
          const years = reportableYears(`${year}-12-31`, reported);
          expect(years.every((one) => one < year && !reported.includes(one))).to.equal(true);
          expect([...years].sort((a, b) => b - a)).to.deep.equal(years);
        },
      ),
    );
  });
});
