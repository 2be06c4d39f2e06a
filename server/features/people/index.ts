export { CONSENT_VERSIONS, createPeopleService, hasConsent } from './person.service.ts';
export type { PeopleService, Profile, ProfileInput } from './person.service.ts';
export {
  bookingsOf,
  bookPersonDays,
  daysOf,
  lockPersonDays,
  unbookPersonDays,
} from './person-day.service.ts';
export type { Span } from './person-day.service.ts';
export { CONSENT_PURPOSES } from './person.model.ts';
export type { AvailabilitySlot, Booking, Consent, ConsentPurpose, PersonRow } from './person.model.ts';
export { personRoutes } from './person.routes.ts';
