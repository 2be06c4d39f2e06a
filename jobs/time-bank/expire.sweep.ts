import type { BankService } from '../../server/features/time-bank/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Saved time that nobody used for as long as the organisation lets it stand. */
export const expireSavedTime = (bank: BankService): Sweep =>
  defineSweep({
    name: 'time-bank/expire',
    everyMs: 600_000,
    leaseMs: 60_000,
    batch: 100,
    due: (query) => bank.dueToExpire(query),
    run: ({ id }) => bank.expire(id),
  });
