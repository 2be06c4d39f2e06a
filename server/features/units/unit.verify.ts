import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck, InvariantResult } from '../../core/invariant.ts';
import { UnitModel } from './unit.model.ts';
import type { UnitRow } from './unit.model.ts';

/** What `npm run verify` looks after in units. */
export const unitInvariants: readonly InvariantCheck[] = [{ name: 'units/one-tree', run: oneTree }];

/** Each unit's path is its parent's and itself: rights flow along it, and sums of a place count what is below it (invariant 10). */
async function oneTree(): Promise<InvariantResult> {
  const tally = invariantTally();
  const rows = UnitModel.aggregate<Pick<UnitRow, '_id' | 'path'> & { above: UnitRow['path'] | null }>([
    { $lookup: { from: 'units', localField: 'parentId', foreignField: '_id', as: 'parent' } },
    { $project: { path: 1, above: { $ifNull: [{ $first: '$parent.path' }, null] } } },
  ]).cursor();
  for await (const { _id, path, above } of rows) {
    tally.examine();
    if ([...(above ?? []), _id].join() !== path.join()) tally.violate(`Unit ${String(_id)}`);
  }
  return tally.result();
}
