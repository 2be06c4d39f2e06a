import type { TransferService } from '../../server/features/hours/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Pieces of one transfer before others have their turn, well within the lease. */
const AT_ONCE = 10;

/** Very many hours that somebody takes along: piece after piece, each a transaction, from where the last one ended. */
export const moveHours = (transfers: TransferService): Sweep =>
  defineSweep({
    name: 'hours/move',
    everyMs: 5_000,
    leaseMs: 60_000,
    batch: 20,
    due: (query) => transfers.moving(query),
    async run({ id }) {
      for (let piece = 0; piece < AT_ONCE && (await transfers.goOn(id)); piece += 1);
    },
  });
