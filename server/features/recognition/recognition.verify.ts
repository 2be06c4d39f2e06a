import type { Types } from 'mongoose';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { localDate } from '../../core/time.ts';
import { RecognitionModel } from './recognition.model.ts';

/** Minutes of the first entries of a person's account. */
export type MinutesOf = (
  tenantId: Types.ObjectId,
  personId: Types.ObjectId,
  entries: number,
) => Promise<number>;

/** What was granted was asked for, seen by two people who are not its holder, published long enough, and covered by the ledger. */
export const recognitionInvariants = (minutesOf: MinutesOf): InvariantCheck[] => [
  {
    name: 'recognition/granted-by-the-rules',
    async run() {
      const tally = invariantTally();
      for await (const row of RecognitionModel.find({ state: 'granted' } as never)
        .lean()
        .cursor({ batchSize: 200 })) {
        tally.examine();
        const id = String(row._id);
        const states = row.history.map(({ to }) => to).join(' ');
        if (!/applied reviewed published granted$/.test(states)) tally.violate(`${id} went ${states}`);
        const [first, second, holder] = [row.reviewedByPersonId, row.decidedByPersonId, row.personId].map(
          String,
        );
        if (first === second || first === holder || second === holder)
          tally.violate(`${id} was not seen by two others`);
        if (
          !row.grantedAt ||
          !row.objectionUntil ||
          localDate(row.grantedAt, 'Pacific/Kiritimati') <= row.objectionUntil
        )
          tally.violate(`${id} was granted while its notice stood`);
        if ((row.minutesAt ?? 0) < row.minutesNeeded)
          tally.violate(`${id} has ${row.minutesAt} of ${row.minutesNeeded} minutes`);
        if ((row.areaMinutesAt ?? 0) < (row.areaMinutesNeeded ?? 0))
          tally.violate(`${id} has ${row.areaMinutesAt} of ${row.areaMinutesNeeded} minutes of its kind`);
        if (
          row.personId &&
          (await minutesOf(row.tenantId, row.personId, row.entriesAt ?? 0)) !== row.minutesAt
        )
          tally.violate(`${id} states other minutes than the ledger`);
      }
      return tally.result();
    },
  },
];
