export { CONSENT_VERSIONS, createPeopleService, findableFilter, hasConsent } from './person.service.ts';
export type { ConsentEvidence, PeopleService, Profile, ProfileInput } from './person.service.ts';
export {
  bookingsIn,
  bookingsOf,
  bookPersonDays,
  daysBeside,
  daysOf,
  lockPersonDays,
  lockPersonWeeks,
  unbookPersonDays,
} from './person-day.service.ts';
export type { Span } from './person-day.service.ts';
export { CONSENT_PURPOSES } from './person.model.ts';
export type {
  AvailabilitySlot,
  Booking,
  Consent,
  ConsentPurpose,
  ConsentWay,
  Guardian,
  PersonRow,
} from './person.model.ts';
export { CHILD_BELOW, comesOfAge, isMinor, OF_AGE } from './age.rules.ts';
export { consentRoutes } from './consent.routes.ts';
export { personRoutes } from './person.routes.ts';
export { bookingsAfter, idsOfCounties, peopleToPlan } from './person.planning.ts';
