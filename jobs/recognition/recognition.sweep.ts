import type { RecognitionService } from '../../server/features/recognition/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Once a day whoever has come far enough for a star or medal is told; what they make of it is theirs. */
export const findEligible = (recognition: RecognitionService): Sweep =>
  defineSweep({
    name: 'recognition/find-eligible',
    everyMs: 600_000,
    leaseMs: 600_000,
    batch: 20,
    due: (query) => recognition.roundsDue(query),
    run: () => recognition.round(),
  });

/** Notices whose time is over: what nobody objected to is granted. */
export const settleNotices = (recognition: RecognitionService): Sweep =>
  defineSweep({
    name: 'recognition/settle-notices',
    everyMs: 60_000,
    leaseMs: 60_000,
    batch: 50,
    due: (query) => recognition.dueToSettle(query),
    run: ({ id }) => recognition.settleDue(id),
  });
