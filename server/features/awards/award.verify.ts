import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { twins } from '../identity-documents/index.ts';
import { AwardModel } from './award.model.ts';
import { awardKey } from './award.rules.ts';

const BATCH = 1_000;

/** what is recorded was verified by somebody who is not its subject, and a government's award on evidence. */
export const awardInvariants: readonly InvariantCheck[] = [
  {
    name: 'awards/verified-by-another',
    async run() {
      const tally = invariantTally();
      const known = await twins();
      for await (const row of AwardModel.find({
        state: { $in: ['recorded', 'contested', 'revoked'] },
      } as never)
        .select({ history: 0, text: 0, contest: 0, answer: 0 })
        .lean()
        .cursor({ batchSize: BATCH })) {
        tally.examine();
        const id = String(row._id);
        if (row.check === null || row.decidedByPersonId === null || row.decidedAt === null) {
          tally.violate(`${id} was verified by nobody`);
          continue;
        }
        const [subject, decider] = [String(row.personId), String(row.decidedByPersonId)];
        const [one, other] = [known.get(subject), known.get(decider)];
        const sameThen =
          one !== undefined &&
          one.human === other?.human &&
          one.since <= row.decidedAt &&
          other.since <= row.decidedAt;
        if (subject === decider || sameThen) tally.violate(`${id} was verified by its own subject`);
        if (row.origin !== 'own' && row.check === 'own-files')
          tally.violate(`${id} of another body rests on the organisation's own files`);
        if (row.key !== awardKey(row)) tally.violate(`${id} is found under another name than its own`);
      }
      return tally.result();
    },
  },
];
