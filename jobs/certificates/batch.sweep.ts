import type { CertificateBatchService } from '../../server/features/certificates/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** A turn is short, so that a small job does not wait for a large one of somebody else (F-38). */
const TURN_MS = 3_000;

/** Certificates for many people are made ten by ten; each turn goes on where the last one stopped. */
export const makeCertificates = (batches: CertificateBatchService): Sweep =>
  defineSweep({
    name: 'certificates/make-batches',
    everyMs: 5_000,
    leaseMs: 90_000,
    batch: 10,
    due: (query) => batches.due(query),
    run: ({ id }) => batches.workFor(id, TURN_MS),
  });
