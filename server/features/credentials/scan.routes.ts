import { fileRoutes } from '../attachments/index.ts';
import type { Route } from '../../http/route.ts';
import type { CredentialService } from './credential.service.ts';

/** Pictures and documents of a certificate: its holder adds and removes them while it is under review, reviewers look at them. */
export const scanRoutes = ({ credentials }: { credentials: CredentialService }): Route[] =>
  fileRoutes({
    names: { add: 'credentials/add-scan', show: 'credentials/show-scan', remove: 'credentials/remove-scan' },
    path: '/credentials',
    folder: 'scans',
    param: 'scanId',
    access: { show: 'memberships:step-back-own', change: 'credentials:claim-own' },
    files: credentials.scans,
    summaries: {
      show: 'One picture, for its holder and for whoever may review the certificate.',
      remove: 'Removes a picture of one’s own certificate while nobody has decided.',
    },
    told: { added: 'credentials.scans.added', removed: 'credentials.scans.removed' },
  });
