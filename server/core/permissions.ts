/**
 * Who may do what: the one table from which the access matrix (docs/access.md) is generated. A permission is
 * `feature:action`; roles are granted on a unit and hold for everything below that unit, inside one tenant only (S-7).
 */
export const ROLES = [
  'volunteer',
  'coordinator',
  'officer',
  'reviewer',
  'instructor',
  'auditor',
  'administrator',
] as const;
export type Role = (typeof ROLES)[number];

/** What every approved member may do, whatever else was granted. */
const MEMBER = [
  'home:see',
  'profile:edit-own',
  'opportunities:see',
  'searches:save-own',
  'assignments:accept-own',
  'assignments:see-own',
  'attendance:check-in-own',
  'hours:log-own',
  'hours:see-own',
  'records:speak-own',
  'certificates:issue-own',
  'appraisals:see-own',
  'awards:see-own',
  'awards:claim-own',
  'credentials:claim-own',
  'credits:claim-own',
  'training:see',
  'training:enrol-own',
  'talent-pools:apply-own',
  'recognition:apply-own',
  'time-bank:use-own',
  'memberships:step-back-own',
] as const;

/** What a person may do in a tenant before the membership is approved, or while it is suspended. */
export const APPLICANT_PERMISSIONS = [
  'profile:edit-own',
  'memberships:apply-own',
  'hours:see-own',
  'records:speak-own',
  'certificates:issue-own',
  'appraisals:see-own',
  'awards:see-own',
] as const;

/**
 * Beside that, while the membership is suspended: whoever may begin nothing may still say no, call off, leave and take
 * back what is their own. Nobody is kept in anything by a suspension.
 */
export const SUSPENDED_PERMISSIONS = ['assignments:see-own', 'memberships:step-back-own'] as const;

/**
 * Whoever left, or was let go, may still read what is recorded of them and prove it to others, say that it is
 * wrong, and take it along. They begin nothing.
 */
export const FORMER_PERMISSIONS = [
  'hours:see-own',
  'records:speak-own',
  'certificates:issue-own',
  'appraisals:see-own',
  'awards:see-own',
] as const;

/**
 * Of an organisation that has closed its people still read what is recorded of them, and prove it: a record outlives who kept it
 * (R-1.18, R-1.22, invariant 9). Nobody is there to answer, so there is nothing to say.
 */
export const CLOSED_PERMISSIONS = [
  'hours:see-own',
  'certificates:issue-own',
  'appraisals:see-own',
  'awards:see-own',
] as const;

const COORDINATOR = [
  'units:see',
  'people:see',
  'memberships:create',
  'requests:see',
  'requests:edit',
  'shifts:publish',
  'positions:candidates',
  'offers:make',
  'exclusions:edit',
  'assignments:see',
  'assignments:manage',
  'attendance:run',
  'hours:see',
  'hours:confirm',
  'hours:answer-claims',
  'hours:back-enter',
  'certificates:see',
  'certificates:issue',
  'appraisals:see',
  'appraisals:make',
  'appraisals:answer',
  'awards:see',
  'awards:record',
  'awards:decide',
  'recognition:see',
  'recognition:nominate',
  'time-bank:see',
  'time-bank:run',
  'proposals:see',
  'imports:run',
  'imports:see',
  'external-records:see',
  'external-records:enter',
  'plans:see',
  'plans:run',
  'plans:send',
] as const;

const OFFICER = [
  'units:see',
  'people:see',
  'people:edit',
  'exclusions:edit',
  'memberships:see',
  'memberships:review',
  'requests:see',
  'requests:screen',
  'assignments:see',
  'hours:see',
  'credentials:review',
  'credential-types:edit',
  'talent-pools:see',
  'talent-pools:define',
  'talent-pools:review',
  'identities:verify',
  'credits:see',
  'credits:review',
  'training:plan',
  'training:teach-own',
  'ledger:see',
  'ledger:close',
  'inspections:export',
  'annual-reports:see',
  'annual-reports:publish',
  'external-records:see',
  'external-records:enter',
  'proposals:see',
  'certificates:see',
  'certificates:issue',
  'awards:see',
  'awards:record',
  'awards:decide',
  'recognition:see',
  'time-bank:see',
  'recognition:review',
  'plans:see',
  'plans:run',
  'plans:send',
] as const;

const REVIEWER = [
  'units:see',
  'people:see',
  'memberships:see',
  'memberships:decide',
  'credentials:decide',
  'talent-pools:see',
  'talent-pools:decide',
  'credits:see',
  'credits:reverse',
  'programmes:publish',
  'hours:see',
  'hours:inspect',
  'hours:review',
  'hours:answer-claims',
  'hours:reverse',
  'certificates:see',
  'certificates:revoke',
  'proposals:see',
  'appraisals:see',
  'appraisals:answer',
  'awards:see',
  'awards:decide',
  'recognition:see',
  'recognition:decide',
  'requests:see',
] as const;

const AUDITOR = [
  'appraisals:see',
  'awards:see',
  'time-bank:see',
  'talent-pools:see',
  'recognition:see',
  'certificates:see',
  'ledger:see',
  'annual-reports:see',
  'units:see',
  'people:see',
  'memberships:see',
  'requests:see',
  'assignments:see',
  'hours:see',
  'hours:inspect',
  'credits:see',
  'audit:see',
  'inspections:export',
  'external-records:see',
  'messages:see',
  'proposals:see',
  'imports:see',
  'plans:see',
] as const;

const ADMINISTRATOR = [
  'recognition:see',
  'recognition:schemes',
  'certificates:see',
  'certificates:issue',
  'proposals:see',
  'ledger:see',
  'ledger:close',
  'annual-reports:see',
  'annual-reports:publish',
  'units:see',
  'units:edit',
  'people:see',
  'memberships:see',
  'roles:grant',
  'tenant:settings',
  'matching:weigh',
  'messages:see',
] as const;

export const ROLE_PERMISSIONS = {
  volunteer: MEMBER,
  coordinator: [...MEMBER, ...COORDINATOR],
  officer: [...MEMBER, ...OFFICER],
  reviewer: [...MEMBER, ...REVIEWER],
  instructor: [...MEMBER, 'units:see', 'training:teach-own'],
  auditor: [...MEMBER, ...AUDITOR],
  administrator: [...MEMBER, ...ADMINISTRATOR],
} as const satisfies Record<Role, readonly string[]>;

export type Permission = (typeof ROLE_PERMISSIONS)[Role][number] | (typeof APPLICANT_PERMISSIONS)[number];

/** Every permission there is, sorted, for the matrix and for the start-up check of declared routes. */
export const PERMISSIONS: readonly Permission[] = [
  ...new Set<Permission>([...ROLES.flatMap((role) => [...ROLE_PERMISSIONS[role]]), ...APPLICANT_PERMISSIONS]),
].sort();
