import type { CredentialService } from '../../server/features/credentials/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Certificates become expiring three months before their end, and expired after it. */
export const expireCredentials = (credentials: CredentialService): Sweep =>
  defineSweep({
    name: 'credentials/expire',
    everyMs: 600_000,
    leaseMs: 60_000,
    batch: 500,
    due: (query) => credentials.due(query),
    run: ({ id }) => credentials.expire(id),
  });
