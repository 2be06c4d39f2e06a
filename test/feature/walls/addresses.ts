/** Which kind of row a route's first parameter names, by the first word of its path. */
const KINDS: Readonly<Record<string, string>> = {
  appraisals: 'appraisalId',
  awards: 'awardId',
  assignments: 'assignmentId',
  'certificate-batches': 'batchId',
  certificates: 'certificateId',
  credentials: 'credentialId',
  courses: 'courseId',
  credits: 'creditId',
  enrolments: 'enrolmentId',
  exclusions: 'exclusionId',
  'exclusions/objections': 'objectionId',
  hours: 'hoursId',
  'hours/claims': 'hoursClaimId',
  imports: 'importId',
  'import-mappings': 'importMappingId',
  inspections: 'inspectionId',
  'join-links': 'joinLinkId',
  memberships: 'membershipId',
  'pool-memberships': 'poolMemberId',
  offers: 'assignmentId',
  people: 'personId',
  plans: 'planId',
  positions: 'positionId',
  'recognition-cases': 'recognitionId',
  'recognition-schemes': 'schemeId',
  'annual-reports': 'annualReportId',
  proposals: 'proposalId',
  requests: 'requestId',
  'saved-searches': 'searchId',
  sessions: 'sessionId',
  'shift-templates': 'templateId',
  shifts: 'shiftId',
  'talent-pools': 'poolId',
  'hours/transfers': 'transferId',
  'time-bank/redemptions': 'redemptionId',
  'time-bank/relatives': 'kinshipId',
  'training-plans': 'trainingPlanId',
  units: 'unitId',
};
const OTHERS: Readonly<Record<string, string>> = {
  awardEvidenceId: 'awardEvidenceId',
  scanId: 'scanId',
  pictureId: 'pictureId',
  evidenceId: 'evidenceId',
  paperId: 'paperId',
  positionId: 'positionId',
  plannedId: 'plannedId',
  materialId: 'materialId',
};

/** The path with the ids of this place in it; null when it names something that a place has none of. */
export function pathAt(path: string, ids: Readonly<Record<string, string>>): string | null {
  const [, first = '', second = ''] = path.replace('/api/v1', '').replace('/me/', '/').split('/');
  const kind = KINDS[`${first}/${second}`] ?? KINDS[first];
  let known = true;
  // A row of an import has no id of its own, only its line.
  const concrete = path.replace(':line', '2').replace(/:([A-Za-z]+)/g, (_whole, name: string) => {
    const id = ids[OTHERS[name] ?? kind ?? ''];
    if (id === undefined || ['token', 'code', 'tenantSlug', 'sessionId'].includes(name)) known = false;
    return id ?? '';
  });
  return known ? concrete : null;
}
