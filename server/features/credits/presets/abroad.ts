import type { ProgrammeInput } from './cn.ts';

/** Minnesota: 40 h in 24 months, 2 of them ethics, at most 15 by independent study; 90 days of variance. */
export const usMn: ProgrammeInput = {
  programme: 'us-mn',
  unit: 'contact hour',
  unitMinutes: 60,
  cycle: { kind: 'fromRegistration', months: 24, windowMonthsBefore: null, graceDays: 90 },
  requirement: { total: 40, minByCategory: { ethics: 2 }, maxByMode: { independentStudy: 15 } },
  conversions: [
    { activity: 'training', rule: 'actual' },
    { activity: 'course', rule: 'actualTaught' },
    { activity: 'semesterCredit', rule: 'perUnit', value: 15 },
  ],
  evidenceRetentionYears: 1,
  source: 'Minnesota Board of Social Work: continuing education',
};

/** England: no hours, two pieces a year, one of them with a peer's reflection (evidence `peerReflection`). */
export const ukEngland: ProgrammeInput = {
  programme: 'uk-england',
  unit: 'hour',
  unitMinutes: 60,
  cycle: { kind: 'calendarYear', startsOn: '12-01', windowMonthsBefore: 3, graceDays: 0 },
  requirement: { total: 0, minPieces: { total: 2, conditions: [{ min: 1, evidence: 'peerReflection' }] } },
  conversions: [
    { activity: 'piece', rule: 'actual' },
    { activity: 'training', rule: 'actual' },
    { activity: 'course', rule: 'actualTaught' },
  ],
  source: 'Social Work England: renewal and CPD',
};

/** Macao (R-9.3, Law 5/2019): 45 h in three years, structured or not. */
export const macao: ProgrammeInput = {
  programme: 'macao',
  cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: null, graceDays: 0 },
  requirement: { total: 45 },
  conversions: [
    { activity: 'training', rule: 'actual' },
    { activity: 'course', rule: 'actualTaught' },
  ],
  source: 'Macao Law 5/2019',
};

/** Wales: 90 h in three years for social workers. */
export const wales: ProgrammeInput = {
  programme: 'wales',
  cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: null, graceDays: 0 },
  requirement: { total: 90 },
  conversions: [
    { activity: 'training', rule: 'actual' },
    { activity: 'course', rule: 'actualTaught' },
  ],
  source: 'Social Care Wales: continuing professional development',
};
