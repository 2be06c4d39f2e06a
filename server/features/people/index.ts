export { createPeopleService } from './person.service.ts';
export { bookingsIn, CONSENT_VERSIONS, findableFilter, hasConsent, isFindable } from './fitting.rules.ts';
export type { NamedToFit, PersonToFit } from './fitting.rules.ts';
export type { ConsentEvidence, PeopleService, Profile, ProfileInput } from './person.service.ts';
export {
  bookingsOf,
  bookPersonDays,
  daysBeside,
  daysOf,
  lockPerson,
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
export { CHILD_BELOW, comesOfAge, isMinor, mayDecideAnew, OF_AGE } from './age.rules.ts';
export { consentRoutes } from './consent.routes.ts';
export { personRoutes } from './person.routes.ts';
export {
  bookingsAfter,
  findableToFit,
  idsOfCounties,
  peopleToFit,
  peopleToPlan,
  readerOfPeopleToPlan,
} from './person.planning.ts';
export type { PersonToPlan } from './person.planning.ts';
