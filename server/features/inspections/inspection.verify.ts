import { createHash } from 'node:crypto';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { bytesOf, InspectionModel, InspectionPieceModel } from './inspection.model.ts';

/** What may be taken is what was made, byte for byte; of what is over nothing is left (R-1.26, S-50). */
const archives: InvariantCheck = {
  name: 'inspections/archives',
  async run() {
    const tally = invariantTally();
    for await (const row of InspectionModel.find({ state: { $ne: 'running' } })
      .select({ tenantId: 1, state: 1, archive: 1, requestedBy: 1, confirmedBy: 1 })
      .lean()
      .cursor({ batchSize: 100 })) {
      tally.examine();
      const id = String(row._id);
      const hash = createHash('sha256');
      let pieces = 0;
      const { archive } = row;
      if (row.state === 'ready' && archive) {
        for await (const piece of InspectionPieceModel.find({
          tenantId: row.tenantId,
          exportId: row._id,
          file: archive.file,
        } as never)
          .sort({ place: 1 })
          .lean()
          .cursor({ batchSize: 4 })) {
          hash.update(bytesOf(piece));
          pieces += 1;
        }
        if (pieces !== archive.pieces || hash.digest('hex') !== archive.sha256)
          tally.violate(`${id} is not what was made`);
      } else if (await InspectionPieceModel.exists({ tenantId: row.tenantId, exportId: row._id } as never))
        tally.violate(`${id} is over and still there`);
      if (row.requestedBy.equals(row.confirmedBy)) tally.violate(`${id} was agreed to by one person`);
    }
    return tally.result();
  },
};

export const inspectionInvariants: InvariantCheck[] = [archives];
