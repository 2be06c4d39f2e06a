import { externalLifecycle } from '../../core/states.ts';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { ExternalRecordModel } from './external-record.model.ts';

/** What is said to be entered has the other system's name for it, what was refused a reason, and every way here was legal. */
const entered: InvariantCheck = {
  name: 'external-records/answered',
  async run() {
    const tally = invariantTally();
    for await (const row of ExternalRecordModel.find({})
      .select({ state: 1, externalId: 1, reason: 1, history: 1 })
      .lean()
      .cursor({ batchSize: 2_000 })) {
      tally.examine();
      const id = String(row._id);
      if (row.state === 'confirmed' && !row.externalId) tally.violate(`${id} is confirmed without a name`);
      if (row.state === 'failed' && row.reason === '') tally.violate(`${id} was refused without a reason`);
      const steps = row.history.map(({ to }) => to);
      if (
        steps.at(-1) !== row.state ||
        steps.some((to, at) => at > 0 && !externalLifecycle.canMove(steps[at - 1] ?? '', to))
      )
        tally.violate(`${id} went ${steps.join(' ')} and is ${row.state}`);
    }
    return tally.result();
  },
};

export const externalRecordInvariants: InvariantCheck[] = [entered];
