import { INSPECTION_SWEEP } from '../../server/features/inspections/index.ts';
import type { InspectionService } from '../../server/features/inspections/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** A turn is short, so that one organisation's export does not hold up another's (F-38). */
const TURN_MS = 3_000;

/** Material for authorities is gathered step by step; each turn goes on where the last one stopped. */
export const makeInspections = (inspections: InspectionService): Sweep =>
  defineSweep({
    name: INSPECTION_SWEEP,
    everyMs: 5_000,
    // The archive is packed in one go: some seconds for a hundred thousand records.
    leaseMs: 180_000,
    batch: 5,
    due: (query) => inspections.due(query),
    run: ({ id }) => inspections.workFor(id, TURN_MS),
    onDead: ({ id }) => inspections.giveUp(id),
  });

/** Archives do not outlive the time for which they were given. */
export const expireInspections = (inspections: InspectionService): Sweep =>
  defineSweep({
    name: 'inspections/expire',
    everyMs: 300_000,
    leaseMs: 60_000,
    batch: 20,
    due: (query) => inspections.over(query),
    run: ({ id }) => inspections.expire(id),
  });
