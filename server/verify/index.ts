import type { Db } from 'mongodb';
import type { InvariantCheck, InvariantResult } from '../core/invariant.ts';
import {
  appraisalLifecycle,
  assignmentLifecycle,
  awardLifecycle,
  credentialLifecycle,
  courseLifecycle,
  creditLifecycle,
  hoursClaimLifecycle,
  hoursLifecycle,
  membershipLifecycle,
  offerLifecycle,
  poolLifecycle,
  requestLifecycle,
  sessionLifecycle,
  shiftLifecycle,
  trainingLifecycle,
} from '../core/states.ts';
import { backgroundHolds, historiesHold } from './background.ts';
import { acceptancesHold, bookingsHold, capacityHolds } from './capacity.ts';
import { nothingAheadAfterTheEnd } from './members.ts';
import { attachmentsHold, offersHold, seatsHaveMembers } from './offers.ts';
import { referencesHold, tenantsHold } from './references.ts';

/** What `npm run verify` prints for one check. */
export interface VerifiedCheck extends InvariantResult {
  readonly name: string;
}

/**
 * Every invariant of the product that exists, over the whole database and read-only. Checks that one feature can make
 * alone live in it (`*.verify.ts`) and are handed in; those here look across features and tenants.
 */
export function allChecks(db: Db, ofFeatures: readonly InvariantCheck[]): InvariantCheck[] {
  return [
    tenantsHold(db),
    referencesHold(db),
    capacityHolds(db),
    bookingsHold(db),
    acceptancesHold(db),
    historiesHold(db, [
      ['memberships', membershipLifecycle],
      ['requests', requestLifecycle],
      ['shifts', shiftLifecycle],
      ['assignments', assignmentLifecycle],
      ['offers', offerLifecycle],
      ['hoursrecords', hoursLifecycle],
      ['hoursclaims', hoursClaimLifecycle],
      ['appraisals', appraisalLifecycle],
      ['awards', awardLifecycle],
      ['credentials', credentialLifecycle],
      ['credits', creditLifecycle],
      ['courses', courseLifecycle],
      ['trainingsessions', sessionLifecycle],
      ['enrolments', trainingLifecycle],
      ['poolmembers', poolLifecycle],
    ]),
    offersHold(db),
    seatsHaveMembers(db),
    nothingAheadAfterTheEnd(db),
    attachmentsHold(db),
    backgroundHolds(db),
    ...ofFeatures,
  ];
}

export async function runChecks(
  checks: readonly InvariantCheck[],
): Promise<{ ok: boolean; checks: VerifiedCheck[] }> {
  const results: VerifiedCheck[] = [];
  for (const check of checks) results.push({ name: check.name, ...(await check.run()) });
  return { ok: results.every(({ violations }) => violations === 0), checks: results };
}
