import type { InvariantCheck } from '../core/invariant.ts';
import { accountInvariants } from '../features/accounts/index.ts';
import { annualReportInvariants } from '../features/annual-reports/index.ts';
import { auditInvariants } from '../features/audit/index.ts';
import { appraisalInvariants } from '../features/appraisals/index.ts';
import { awardInvariants } from '../features/awards/index.ts';
import { credentialInvariants } from '../features/credentials/index.ts';
import { creditInvariants } from '../features/credits/index.ts';
import { certificateInvariants } from '../features/certificates/index.ts';
import { externalRecordInvariants } from '../features/external-records/index.ts';
import { hoursInvariants, ledgerSnapshotOf, minutesOfFirst } from '../features/hours/index.ts';
import { inspectionInvariants } from '../features/inspections/index.ts';
import { proposalInvariants } from '../features/proposals/index.ts';
import { recognitionInvariants } from '../features/recognition/index.ts';
import { planInvariants } from '../features/plans/index.ts';
import { savedSearchInvariants } from '../features/saved-searches/index.ts';
import { poolInvariants } from '../features/talent-pools/index.ts';
import { timeBankInvariants } from '../features/time-bank/index.ts';
import { trainingInvariants } from '../features/training/index.ts';
import { trainingPlanInvariants } from '../features/training-plans/index.ts';
import { unitInvariants } from '../features/units/index.ts';
import type { Built } from '../compose.ts';

/** Each feature's own checks for `npm run verify`. */
export function composeInvariants(built: Built): InvariantCheck[] {
  const { anchors, keys, alone } = built;
  return [
    ...accountInvariants,
    ...unitInvariants,
    ...hoursInvariants,
    ...annualReportInvariants,
    ...auditInvariants({ anchors, isRunning: () => !alone }),
    ...credentialInvariants,
    ...poolInvariants,
    ...creditInvariants,
    ...planInvariants,
    ...savedSearchInvariants,
    ...proposalInvariants,
    ...inspectionInvariants,
    ...externalRecordInvariants,
    ...trainingInvariants,
    ...trainingPlanInvariants,
    ...appraisalInvariants,
    ...awardInvariants,
    ...recognitionInvariants(minutesOfFirst),
    ...timeBankInvariants,
    ...certificateInvariants({ trusted: keys.trusted, snapshotOf: ledgerSnapshotOf }),
  ];
}
