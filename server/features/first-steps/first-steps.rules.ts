import { ROLES } from '../../core/permissions.ts';
import type { Permission, Role } from '../../core/permissions.ts';

/** How the list of first steps stands on the home page: by itself while there is something to do, or as its owner said. */
export const STEPS_SHOWN = ['auto', 'open', 'closed'] as const;
export type StepsShown = (typeof STEPS_SHOWN)[number];

/** What is known of the reader, whatever tells it. */
export interface StepFacts {
  /** Actions that the account did itself, from the audit trail. */
  readonly actions: ReadonlySet<string>;
  /** Steps that only lead somewhere to look, and were followed. */
  readonly seen: readonly string[];
  readonly profileFilled: boolean;
  readonly signedUp: boolean;
  readonly served: boolean;
}

/** Whose first steps there are: each role, and social workers, whose first day is about their certificate. */
export const STEPS_OF = [...ROLES, 'social-worker'] as const;
export type StepsOf = (typeof STEPS_OF)[number];

interface StepRule {
  readonly key: string;
  readonly href: string;
  /** Asked of whoever holds it in the whole organisation; to others the way is closed. */
  readonly whole?: Permission;
  /** Any of these actions ticks the step; with none, following it does. */
  readonly actions?: readonly string[];
  readonly fact?: 'profileFilled' | 'signedUp' | 'served';
}

export interface Step {
  readonly key: string;
  readonly href: string;
  readonly done: boolean;
  /** Ticked by following it: nothing else would ever tell. */
  readonly look: boolean;
}

/** Three to five steps for each role, in the order of a first day. */
export const STEPS: Readonly<Record<StepsOf, readonly StepRule[]>> = {
  volunteer: [
    { key: 'profile', href: '/profile', fact: 'profileFilled' },
    { key: 'sign-up', href: '/opportunities', fact: 'signedUp', actions: ['assignments/create'] },
    { key: 'serve', href: '/check-in', fact: 'served', actions: ['attendance/check-in'] },
    { key: 'certificate', href: '/certificates', actions: ['certificates/issue'] },
  ],
  coordinator: [
    { key: 'need', href: '/requests/new', actions: ['requests/create', 'imports/start'] },
    { key: 'shift', href: '/requests', actions: ['shifts/publish'] },
    { key: 'people', href: '/shifts', actions: ['offers/make', 'assignments/admit'] },
    { key: 'hours', href: '/hours/queue', actions: ['hours/approve', 'hours/reject'] },
    { key: 'invite', href: '/join-links/new', actions: ['join-links/create', 'accounts/register-in-person'] },
  ],
  officer: [
    { key: 'register', href: '/memberships' },
    { key: 'first-review', href: '/memberships?state=submitted', actions: ['memberships/review'] },
    { key: 'screen', href: '/requests?state=submitted', actions: ['requests/screen'] },
    { key: 'credentials', href: '/credentials/reviews', actions: ['credentials/review'] },
  ],
  reviewer: [
    { key: 'register', href: '/memberships' },
    { key: 'final-review', href: '/memberships?state=first_review', actions: ['memberships/review'] },
    { key: 'needs', href: '/requests' },
  ],
  auditor: [
    { key: 'trail', href: '/audit', whole: 'audit:see' },
    { key: 'export', href: '/audit', whole: 'audit:see', actions: ['audit/export'] },
    { key: 'verify', href: '/certificates/verify' },
    { key: 'register', href: '/memberships' },
  ],
  administrator: [
    { key: 'units', href: '/units', actions: ['units/create'] },
    { key: 'roles', href: '/memberships', actions: ['memberships/grant'] },
    { key: 'own-account', href: '/account' },
  ],
  instructor: [
    { key: 'profile', href: '/profile', fact: 'profileFilled' },
    { key: 'sessions', href: '/training' },
    { key: 'results', href: '/training', actions: ['training/assess', 'training/complete'] },
  ],
  'social-worker': [
    { key: 'profile', href: '/profile', fact: 'profileFilled' },
    { key: 'certificate', href: '/credentials' },
    { key: 'renewal', href: '/re-registration' },
    { key: 'training', href: '/credits', actions: ['training/enrol', 'training/accept'] },
    { key: 'sign-up', href: '/opportunities', fact: 'signedUp', actions: ['assignments/create'] },
  ],
};

/** Somebody with several roles begins with the one that others wait for. */
const ORDER: readonly Role[] = [
  'coordinator',
  'officer',
  'reviewer',
  'administrator',
  'instructor',
  'auditor',
  'volunteer',
];

/** Whose first steps are shown to somebody with these roles, who is of this kind. */
export function leadingRole(roles: readonly Role[], kind?: string): StepsOf {
  const role = ORDER.find((one) => roles.includes(one)) ?? 'volunteer';
  return role === 'volunteer' && kind === 'social-worker' ? kind : role;
}

/**
 * The steps of a role, each ticked or not by what is known.
 * @param holds whether the reader has a permission in the whole organisation
 */
export const stepsOf = (
  role: StepsOf,
  facts: StepFacts,
  holds: (permission: Permission) => boolean = () => true,
): Step[] =>
  STEPS[role]
    .filter(({ whole }) => whole === undefined || holds(whole))
    .map(({ key, href, actions = [], fact }) => ({
      key,
      href,
      look: actions.length === 0 && fact === undefined,
      done:
        facts.seen.includes(key) ||
        actions.some((action) => facts.actions.has(action)) ||
        (fact !== undefined && facts[fact]),
    }));

/** Whether the home page shows the list: never against its owner's word; by itself until nothing is left. */
export const isShown = (shown: StepsShown, steps: readonly Step[]): boolean =>
  shown === 'open' || (shown === 'auto' && steps.some(({ done }) => !done));
