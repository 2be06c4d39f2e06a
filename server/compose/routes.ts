import { version } from '../core/logger.ts';
import { openApiRoute } from '../http/openapi.routes.ts';
import type { Route } from '../http/route.ts';
import { accountRoutes, inPersonRoutes, securityRoutes } from '../features/accounts/index.ts';
import { membershipRoutes, peopleRoutes } from '../features/memberships/index.ts';
import { mailboxRoutes } from '../features/messages/index.ts';
import type { createMessageService } from '../features/messages/index.ts';
import { consentRoutes, personRoutes } from '../features/people/index.ts';
import { annualReportRoutes } from '../features/annual-reports/index.ts';
import {
  announcementRoutes,
  assignmentRoutes,
  candidateRoutes,
  fitRoutes,
  offerLinkRoutes,
  ownOfferRoutes,
} from '../features/assignments/index.ts';
import { auditRoutes } from '../features/audit/index.ts';
import { appraisalRoutes } from '../features/appraisals/index.ts';
import { awardRoutes } from '../features/awards/index.ts';
import { attendanceRoutes, dayRoutes, kioskRoutes } from '../features/attendance/index.ts';
import { calendarRoutes } from '../features/calendars/index.ts';
import { credentialRoutes } from '../features/credentials/index.ts';
import { creditRoutes } from '../features/credits/index.ts';
import { badgeRoutes, certificateBatchRoutes, certificateRoutes } from '../features/certificates/index.ts';
import { curriculumRoutes } from '../features/curricula/index.ts';
import { externalRecordRoutes } from '../features/external-records/index.ts';
import { feedRoutes } from '../features/feeds/index.ts';
import { firstStepRoutes } from '../features/first-steps/index.ts';
import { joinLinkRoutes } from '../features/join-links/index.ts';
import { guardianRoutes } from '../features/guardians/index.ts';
import { homeRoutes } from '../features/home/index.ts';
import { identityDocumentRoutes } from '../features/identity-documents/index.ts';
import { hoursRoutes, ledgerRoutes, mergeRoutes, transferRoutes } from '../features/hours/index.ts';
import { importRoutes } from '../features/imports/index.ts';
import { inspectionRoutes } from '../features/inspections/index.ts';
import { exclusionRoutes, weightsRoutes } from '../features/matching/index.ts';
import { proposalRoutes } from '../features/proposals/index.ts';
import { opportunityRoutes } from '../features/opportunities/index.ts';
import { recognitionRoutes } from '../features/recognition/index.ts';
import { askRoutes, requestRoutes } from '../features/requests/index.ts';
import { planDeskRoutes, planRoutes } from '../features/plans/index.ts';
import { savedSearchRoutes, stopSearchRoutes } from '../features/saved-searches/index.ts';
import { shiftRoutes } from '../features/shifts/index.ts';
import { skillRoutes } from '../features/skills/index.ts';
import { reRegistrationRoutes } from '../features/re-registration/index.ts';
import { poolMemberRoutes, poolRoutes } from '../features/talent-pools/index.ts';
import { timeBankRoutes } from '../features/time-bank/index.ts';
import { tenantRoutes } from '../features/tenants/index.ts';
import {
  courseRoutes,
  deskRoutes,
  enrolmentRoutes,
  materialRoutes,
  sessionRoutes,
} from '../features/training/index.ts';
import { trainingPlanRoutes } from '../features/training-plans/index.ts';
import { unitRoutes } from '../features/units/index.ts';
import { reviewRoutes } from '../features/reviews/index.ts';
import type { Built } from '../compose.ts';

/** Every route of every feature: what is not listed here is not there. */
export function composeRoutes(built: Built, messages: ReturnType<typeof createMessageService>): Route[] {
  const { config, i18n, links, offerLinkKey, publicUrl, reachesNumbers, searchLinkKey } = built;
  const {
    accounts,
    announcements,
    annualReports,
    appraisals,
    assignments,
    attendance,
    audit,
    awards,
    badges,
    bank,
    bankClosings,
    calendars,
    certificateBatches,
    certificates,
    closings,
    courses,
    credentialTypes,
    credentials,
    credits,
    curricula,
    days,
    enrolments,
    exclusions,
    explaining,
    external,
    feeds,
    firstSteps,
    guardians,
    home,
    hours,
    identityDocuments,
    imports,
    inPerson,
    inspections,
    joinLinks,
    kinships,
    kiosks,
    matching,
    materials,
    memberships,
    merges,
    offers,
    opportunities,
    ownRegistrations,
    people,
    planSending,
    plans,
    programmes,
    proposals,
    recognition,
    redemptions,
    requests,
    reviewSources,
    runs,
    savedSearches,
    schemes,
    seals,
    security,
    sessions,
    shifts,
    suggestions,
    talentPools,
    tenants,
    trainingDesk,
    trainingPlans,
    transfers,
    units,
    weights,
  } = built.services;
  const routes: Route[] = [
    openApiRoute(() => routes, { publicUrl, version }),
    ...skillRoutes(),
    ...guardianRoutes({ guardians, tenants, units, i18n }),
    ...inPersonRoutes({ inPerson, security, units, i18n }),
    ...peopleRoutes({ memberships, people, tenants, units, i18n }),
    ...membershipRoutes({ memberships, tenants, units, i18n }),
    ...auditRoutes({ audit, proposals, seals, i18n }),
    ...unitRoutes({ units, i18n }),
    ...calendarRoutes({ calendars, i18n }),
    ...tenantRoutes({ tenants, i18n }),
    ...personRoutes({ people, i18n }),
    ...consentRoutes({ people, i18n }),
    ...identityDocumentRoutes({ identityDocuments, i18n }),
    ...joinLinkRoutes({ joinLinks, memberships, units, i18n }),
    ...accountRoutes({ accounts, guardians, joinLinks, memberships, tenants, i18n, reachesNumbers }),
    ...securityRoutes({ accounts, security, links, i18n, reachesNumbers }),
    ...requestRoutes({ requests, shifts, units, i18n }),
    ...askRoutes({ requests, i18n }),
    ...shiftRoutes({ requests, shifts, units, i18n }),
    ...opportunityRoutes({ opportunities, i18n }),
    ...assignmentRoutes({ assignments, offers, shifts, matching, i18n }),
    ...savedSearchRoutes({ searches: savedSearches, i18n }),
    ...stopSearchRoutes({ searches: savedSearches, tenants, linkKey: searchLinkKey }),
    ...ownOfferRoutes({ assignments, offers, shifts, memberships, tenants, i18n }),
    ...announcementRoutes({ announcements, shifts, i18n }),
    ...offerLinkRoutes({ assignments, offers, shifts, tenants, i18n, linkKey: offerLinkKey }),
    ...weightsRoutes({ weights, i18n }),
    ...fitRoutes({ matching, i18n }),
    ...exclusionRoutes({ exclusions, matching, i18n }),
    ...candidateRoutes({ assignments, matching, shifts, i18n }),
    ...planRoutes({ plans, matching, memberships, units, i18n }),
    ...planDeskRoutes({
      plans,
      sending: planSending,
      explaining,
      assignments,
      matching,
      memberships,
      shifts,
      tenants,
      units,
      i18n,
    }),
    ...attendanceRoutes({ attendance, assignments, shifts, i18n }),
    ...dayRoutes({ days, units, i18n }),
    ...kioskRoutes({ kiosks, i18n }),
    ...ledgerRoutes({ closings, memberships, i18n }),
    ...annualReportRoutes({ reports: annualReports, i18n }),
    ...transferRoutes({ transfers, i18n }),
    ...mergeRoutes({ merges, proposals, i18n }),
    ...hoursRoutes({ hours, units, proposals, i18n }),
    ...proposalRoutes({ proposals, i18n }),
    ...externalRecordRoutes({ external, proposals, i18n }),
    ...inspectionRoutes({ inspections, proposals, i18n }),
    ...credentialRoutes({ credentials, types: credentialTypes, i18n }),
    ...reviewRoutes({ sources: reviewSources, i18n }),
    ...poolRoutes({ ...talentPools, types: credentialTypes, units, i18n }),
    ...poolMemberRoutes({ ...talentPools, memberships, types: credentialTypes, units, i18n }),
    ...reRegistrationRoutes({ own: ownRegistrations, runs, tenants, i18n }),
    ...creditRoutes({
      credits,
      programmes,
      proposals,
      suggestions,
      i18n,
    }),
    ...courseRoutes({ courses, sessions, materials, i18n }),
    ...materialRoutes({ materials }),
    ...sessionRoutes({ courses, sessions, enrolments, materials, memberships, tenants, units, i18n }),
    ...trainingPlanRoutes({ plans: trainingPlans, courses, memberships, tenants, units, i18n }),
    ...feedRoutes({ feeds }),
    ...curriculumRoutes({ curricula, courses, i18n }),
    ...enrolmentRoutes({ sessions, enrolments, desk: trainingDesk, i18n }),
    ...deskRoutes({ sessions, enrolments, desk: trainingDesk, memberships, i18n }),
    ...badgeRoutes({ badges }),
    ...timeBankRoutes({ bank, closings: bankClosings, kinships, proposals, redemptions, requests, i18n }),
    ...appraisalRoutes({ appraisals, i18n }),
    ...awardRoutes({ awards, tenants, i18n }),
    ...recognitionRoutes({ recognition, schemes, units, i18n }),
    ...certificateBatchRoutes({ batches: certificateBatches, proposals, i18n }),
    ...certificateRoutes({ certificates, proposals, i18n, publicUrl }),
    ...homeRoutes({ tenants, sources: home, firstSteps, i18n }),
    ...firstStepRoutes({ firstSteps, i18n }),
    ...importRoutes({ imports, i18n }),
    ...(config.mailbox ? mailboxRoutes(messages) : []),
  ];
  return routes;
}
