import type { SealService } from '../../server/features/audit/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** What was written to the audit trail since is sealed into each tenant's chain. */
export const sealAudit = (seals: SealService): Sweep =>
  defineSweep({
    name: 'audit/seal',
    everyMs: 4_000,
    // Whoever was killed over it leaves it to the next in time for the minute that `verify` allows.
    leaseMs: 15_000,
    batch: 500,
    due: (query) => seals.due(query),
    async run() {
      await seals.seal();
    },
  });
