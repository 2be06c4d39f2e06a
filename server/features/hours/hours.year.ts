import { tenantAggregate } from '../../db/builders.ts';
import { sideBySide } from '../../db/transaction.ts';
import { HoursClaimModel } from './claim.model.ts';
import { EVIDENCE_GRADES } from './evidence.rules.ts';
import type { EvidenceGrade } from './evidence.rules.ts';
import { HoursModel } from './hours.model.ts';

/** What was recorded of service in a stretch of time, and how: counts, and whole minutes. */
export interface RecordedFigures {
  records: number;
  minutes: number;
  people: number;
  grades: { grade: EvidenceGrade; records: number }[];
  late: number;
  reversed: number;
  claims: { founded: number; refused: number; open: number };
}

/**
 * Service that this organisation recorded and confirmed itself, by when it began; what others recorded and somebody brought
 * along is theirs to report.
 * @param stretch half-open
 */
export async function recordedIn({ from, to }: { from: Date; to: Date }): Promise<RecordedFigures> {
  const [sums, claims] = await sideBySide([
    () =>
      tenantAggregate<{
        _id: { grade: EvidenceGrade; reversed: boolean };
        records: number;
        minutes: number;
        late: number;
      }>(HoursModel as never, [
        { $match: ofStretch(from, to) },
        {
          $group: {
            _id: { grade: '$grade', reversed: { $eq: ['$state', 'reversed'] } },
            records: { $sum: 1 },
            minutes: { $sum: '$recordedMinutes' },
            late: { $sum: { $cond: ['$late', 1, 0] } },
          },
        },
      ]),
    () =>
      tenantAggregate<{ _id: string; claims: number }>(HoursClaimModel as never, [
        { $match: { createdAt: { $gte: from, $lt: to } } },
        { $group: { _id: '$state', claims: { $sum: 1 } } },
      ]),
  ]);
  const [people] = await tenantAggregate<{ people: number }>(HoursModel as never, [
    { $match: { ...ofStretch(from, to), state: { $in: ['posted', 'moved'] } } },
    { $group: { _id: '$personId' } },
    { $count: 'people' },
  ]);
  const standing = sums.filter(({ _id }) => !_id.reversed);
  const total = (rows: typeof sums, of: 'records' | 'minutes' | 'late'): number =>
    rows.reduce((sum, row) => sum + row[of], 0);
  const claimed = (state: string): number => claims.find(({ _id }) => _id === state)?.claims ?? 0;
  return {
    records: total(standing, 'records'),
    minutes: total(standing, 'minutes'),
    people: people?.people ?? 0,
    grades: EVIDENCE_GRADES.map((grade) => ({
      grade,
      records: total(
        standing.filter(({ _id }) => _id.grade === grade),
        'records',
      ),
    })).filter(({ records }) => records > 0),
    late: total(standing, 'late'),
    reversed: total(
      sums.filter(({ _id }) => _id.reversed),
      'records',
    ),
    claims: { founded: claimed('founded'), refused: claimed('refused'), open: claimed('claimed') },
  };
}

const ofStretch = (from: Date, to: Date) => ({
  state: { $in: ['posted', 'moved', 'reversed'] },
  'activity.startsAt': { $gte: from, $lt: to },
  'origin.hoursId': { $exists: false },
});
