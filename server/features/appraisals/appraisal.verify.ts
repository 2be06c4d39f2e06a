import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { AppraisalModel } from './appraisal.model.ts';

const BATCH = 1_000;
const SAID = ['made', 'contested'];

/** what was said has a quality, a day and somebody who is not its person; what waits has a day by which it is said. */
export const appraisalInvariants: readonly InvariantCheck[] = [
  {
    name: 'appraisals/said-by-another',
    async run() {
      const tally = invariantTally();
      for await (const row of AppraisalModel.find({})
        .select({ history: 0, note: 0, feedbackText: 0, contest: 0, answer: 0 })
        .lean()
        .cursor({ batchSize: BATCH })) {
        tally.examine();
        const id = String(row._id);
        const said = row.quality !== null && row.appraisedOn !== null && row.appraisedByPersonId !== null;
        if (SAID.includes(row.state) && !said) tally.violate(`${id} says nothing, on no day, or by nobody`);
        if (row.state === 'due' && row.quality !== null) tally.violate(`${id} says something and is due`);
        if (row.appraisedByPersonId?.equals(row.personId)) tally.violate(`${id} was said by its own person`);
        if (['made', 'void'].includes(row.state) && row.remindAt !== null)
          tally.violate(`${id} reminds people of nothing`);
      }
      return tally.result();
    },
  },
];
