export { createOfferService, plannedOffers, openSeatOffers } from './offer.service.ts';
export type { OfferService } from './offer.service.ts';
export { answerBy, nextInLine, OFFER_LEAD_MINUTES, SHORTEST_OFFER_MINUTES } from './offer.rules.ts';
export type { OfferRow } from './offer.model.ts';
