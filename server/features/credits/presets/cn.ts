import type { z } from 'zod';
import type { programmeSchema } from '../programme.schema.ts';

export type ProgrammeInput = z.input<typeof programmeSchema>;

/** Continuing education between two registrations of a social worker. */
const socialWorker = (programme: string, total: number): ProgrammeInput => ({
  programme,
  unit: 'hour',
  unitMinutes: 60,
  cycle: { kind: 'fromRegistration', months: 36, windowMonthsBefore: 3, graceDays: 0 },
  requirement: { total, minByCategory: {}, maxByMode: {}, minPieces: null, oneOff: [] },
  conversions: [
    { activity: 'training', rule: 'actual', needs: ['passCertificate'] },
    { activity: 'degree', rule: 'fixed', value: 90, oncePerCycle: true, excludes: ['course'] },
    { activity: 'course', rule: 'actualTaught', needs: ['passedTranscript'] },
  ],
  carryOver: { allowed: false, max: 0 },
  rounding: { to: 0.5, mode: 'floor', at: 'entry' },
  evidenceRetentionYears: 10,
  effective: ['2009-09-07', null],
  source: '民发〔2009〕123号；民发〔2009〕44号第四条',
});

export const cnAssistant = socialWorker('cn-assistant', 72);
export const cnIntermediate = socialWorker('cn-intermediate', 90);
export const cnSenior = socialWorker('cn-senior', 90);

/**
 * The yearly duty of professional-technical staff: 90 a year, professional subjects at least two thirds of what is
 * asked for. A second programme beside the registration: one activity may count in both, once in each.
 */
export const cnProfessionalAnnual: ProgrammeInput = {
  programme: 'cn-professional-annual',
  unit: 'hour',
  unitMinutes: 60,
  cycle: { kind: 'calendarYear', startsOn: '01-01', windowMonthsBefore: null, graceDays: 0 },
  requirement: { total: 90, minByCategory: { professional: { share: '2/3' } } },
  conversions: [
    { activity: 'training', rule: 'actual' },
    { activity: 'course', rule: 'actualTaught' },
    { activity: 'practice', rule: 'actual' },
    { activity: 'distance', rule: 'actual' },
    { activity: 'conference', rule: 'actual' },
    { activity: 'other', rule: 'actual' },
  ],
  rounding: { to: 0.5, mode: 'floor', at: 'entry' },
  effective: ['2015-10-01', null],
  source: '人社部令第25号（2015）',
};
