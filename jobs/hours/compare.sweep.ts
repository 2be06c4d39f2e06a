import { compareBalances, comparisonsDue } from '../../server/features/hours/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Every night each cached balance is compared with its entries. */
export const compareLedger = (): Sweep =>
  defineSweep({
    name: 'hours/compare-balances',
    everyMs: 300_000,
    leaseMs: 900_000,
    batch: 50,
    due: (query) => comparisonsDue(query),
    async run() {
      await compareBalances();
    },
  });
