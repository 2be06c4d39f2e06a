export { createMembershipService, toMembership } from './membership.service.ts';
export type { Membership, MembershipService } from './membership.service.ts';
export { prefixRange, searchKeysOf } from './membership.search.ts';
export { MEMBERSHIP_KINDS } from './membership.model.ts';
export type { MembershipKind, MembershipRow } from './membership.model.ts';
export { peopleRoutes } from './people.routes.ts';
export { membershipRoutes } from './membership.routes.ts';
export { membershipMessages } from './membership.mail.ts';
