/**
 * The two tracks that are trained side by side: certified social workers (职业化), and those who serve beside another calling
 * (半职业化: village and community cadres, property staff, owners' committees, party-member volunteers).
 */
export const TRACKS = ['professional', 'semi-professional'] as const;
export type Track = (typeof TRACKS)[number];

/** Parts that somebody plays within a track; a curriculum may be for one of them. */
export const LEARNER_ROLES = [
  'assistant-social-worker',
  'social-worker',
  'senior-social-worker',
  'community-cadre',
  'village-cadre',
  'property-staff',
  'owners-committee',
  'party-volunteer',
  'volunteer',
] as const;
export type LearnerRole = (typeof LEARNER_ROLES)[number];

const PROFESSIONAL_ROLES: readonly LearnerRole[] = [
  'assistant-social-worker',
  'social-worker',
  'senior-social-worker',
];
/** The track that a part learns on. */
export const trackOfRole = (role: LearnerRole): Track =>
  PROFESSIONAL_ROLES.includes(role) ? 'professional' : 'semi-professional';

/** `direct`: whoever may come and presses first has the place; `approval`: an officer answers each application. */
export const SESSION_ADMISSIONS = ['direct', 'approval'] as const;
export type SessionAdmission = (typeof SESSION_ADMISSIONS)[number];

/** States in which somebody has a seat, or had one and used it. */
export const SEATED_STATES = [
  'enrolled',
  'attended',
  'absent',
  'assessed',
  'passed',
  'failed',
  'credited',
] as const;
/** Everything but a cancelled one: somebody is in a session once. */
export const LIVE_STATES = ['applied', 'invited', 'approved', 'waitlisted', ...SEATED_STATES] as const;
/** States before a session begins: what may still be called off. */
export const AHEAD_STATES = ['applied', 'invited', 'approved', 'waitlisted', 'enrolled'] as const;
/** Who was trained: the course was passed, whether its minutes were posted or not. */
export const TRAINED_STATES = ['passed', 'credited'] as const;
