export {
  LIVING_MEMBERSHIP,
  NOT_TO_BE_ASKED,
  createMembershipService,
  toMembership,
} from './membership.service.ts';
export type { Membership, MembershipService } from './membership.service.ts';
export { searchFilter, searchKeysOf } from './membership.search.ts';
export { MEMBERSHIP_KINDS } from './membership.model.ts';
export type { MembershipKind, MembershipRow } from './membership.model.ts';
export { peopleRoutes } from './people.routes.ts';
export { authoritiesOf, holdersAmong, holdersOf } from './authority.ts';
export type { Authority } from './authority.ts';
export { membershipRoutes, toMembershipView } from './membership.routes.ts';
export { membershipView } from './membership.schema.ts';
export { membershipMessages } from './membership.mail.ts';
export { membersMark, membersToPlan } from './membership.planning.ts';
export type { MemberToPlan } from './membership.planning.ts';
