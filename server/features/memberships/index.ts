export { createMembershipService } from './membership.service.ts';
export type { MembershipService } from './membership.service.ts';
export { ofUnits } from './membership.access.ts';
export { LIVING_MEMBERSHIP, NOT_TO_BE_ASKED, STOOD } from './fitting.rules.ts';
export { placesAmong } from './places.rules.ts';
export type { OwnPlace } from './places.rules.ts';
export { toMembership } from './membership.view.ts';
export type { Membership } from './membership.view.ts';
export { searchFilter, searchKeysOf } from './membership.search.ts';
export { MEMBERSHIP_KINDS } from './membership.model.ts';
export type { MembershipKind, MembershipRow } from './membership.model.ts';
export { peopleRoutes } from './people.routes.ts';
export {
  accountHolds,
  authoritiesOf,
  holdersAmong,
  holdersAnywhere,
  holdersOf,
  holdsApartFrom,
} from './authority.ts';
export { whyNotSpeak } from './authority.rules.ts';
export type { Authority } from './authority.ts';
export { membershipRoutes, toMembershipView } from './membership.routes.ts';
export { membershipView } from './membership.schema.ts';
export { membershipMessages } from './membership.mail.ts';
export { approvedToFit, membersMark, membersToFit, membersToPlan } from './membership.planning.ts';
export type { MemberToPlan } from './membership.planning.ts';
export { moveRows } from './moving.ts';
