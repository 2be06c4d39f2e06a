import type { Services } from '../server/compose.ts';
import { remindOfAppraisals } from './appraisals/remind.sweep.ts';
import { sealAudit } from './audit/seal.sweep.ts';
import { makeCertificates } from './certificates/batch.sweep.ts';
import { closeAssignments } from './assignments/close.sweep.ts';
import { reofferPlaces } from './assignments/reoffer.sweep.ts';
import { compareLedger } from './hours/compare.sweep.ts';
import { drawAnnualReports } from './annual-reports/draw.sweep.ts';
import { drawStatements } from './hours/draw.sweep.ts';
import { applyImports } from './imports/apply.sweep.ts';
import { undoImports } from './imports/undo.sweep.ts';
import { expireCredentials } from './credentials/expire.sweep.ts';
import { moveHours } from './hours/move.sweep.ts';
import { remindOfClaims } from './hours/remind-of-claims.sweep.ts';
import { remindOfHours } from './hours/remind.sweep.ts';
import { releaseStopped } from './memberships/release.sweep.ts';
import { deliverMessages } from './messages/deliver.sweep.ts';
import { expireOffers } from './offers/expire.sweep.ts';
import { findEligible, settleNotices } from './recognition/recognition.sweep.ts';
import { followPlans } from './plans/follow.sweep.ts';
import { sendPlans } from './plans/send.sweep.ts';
import { expireInspections, makeInspections } from './inspections/inspections.sweep.ts';
import { lapseProposals } from './proposals/lapse.sweep.ts';
import { solvePlans } from './plans/solve.sweep.ts';
import { endShifts } from './shifts/end.sweep.ts';
import { evaluateRegistrations } from './re-registration/evaluate.sweep.ts';
import { remindOfRegistrations } from './re-registration/remind.sweep.ts';
import { expirePoolMembers } from './talent-pools/expire.sweep.ts';
import { proposePoolMembers } from './talent-pools/propose.sweep.ts';
import { expireSavedTime } from './time-bank/expire.sweep.ts';
import { hearForSearches } from './saved-searches/hear.sweep.ts';
import { lookForSearches } from './saved-searches/look.sweep.ts';
import { startShifts } from './shifts/start.sweep.ts';
import { remindOfSessions } from './training/remind.sweep.ts';
import { closeSessions } from './training/close.sweep.ts';
import { publishTrainingPlans, solveTrainingPlans } from './training-plans/plans.sweep.ts';
import type { Sweep } from './sweep.ts';

/** Every sweep there is, listed once. Names are unique: agenda would overwrite silently. */
export function allSweeps(services: Services): Sweep[] {
  const sweeps = [
    deliverMessages(services.messages),
    expireOffers(services.offers),
    lapseProposals(services.proposals),
    makeInspections(services.inspections),
    expireInspections(services.inspections),
    expireCredentials(services.credentials),
    expirePoolMembers(services.poolTime),
    remindOfAppraisals(services.appraisals),
    remindOfRegistrations(services.watches),
    evaluateRegistrations(services.runs),
    proposePoolMembers(services.poolTime),
    startShifts(services.shifts),
    endShifts(services.shifts),
    remindOfHours(services.hours),
    remindOfClaims(services.hours),
    moveHours(services.transfers),
    applyImports(services.imports),
    undoImports(services.imports),
    solvePlans(services.plans),
    followPlans(services.plans),
    sendPlans(services.planSending),
    hearForSearches(services.searchWatch),
    lookForSearches(services.searchWatch),
    closeAssignments(services.assignments, services.attendance),
    reofferPlaces(services.assignments),
    releaseStopped(services.memberships),
    remindOfSessions(services.sessions, services.enrolments),
    closeSessions(services.sessions, services.trainingDesk),
    solveTrainingPlans(services.trainingPlans),
    publishTrainingPlans(services.trainingPlans, services.planPublishing),
    makeCertificates(services.certificateBatches),
    findEligible(services.recognition),
    settleNotices(services.recognition),
    expireSavedTime(services.bank),
    drawStatements(services.closings),
    drawAnnualReports(services.annualReports),
    compareLedger(),
    sealAudit(services.seals),
  ];
  const names = new Set(sweeps.map((sweep) => sweep.name));
  if (names.size !== sweeps.length) throw new Error('Two sweeps have the same name');
  return sweeps;
}
