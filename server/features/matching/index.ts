export { createMatchingService } from './matching.service.ts';
export type { Candidate, MatchingService, Ranking, Suited } from './matching.service.ts';
export {
  fit,
  forOthers,
  funnel,
  rank,
  refusals,
  RULES,
  scoreParts,
  weightOf,
  wayOut,
} from './matching.rules.ts';
export { NOBODY, personFacts, positionFacts, teamOf, trackOf } from './matching.facts.ts';
export type { PersonSources, PlaceRow } from './matching.facts.ts';
export { createSearchClient } from './search/search.client.ts';
export type { SearchClient } from './search/search.client.ts';
export { createWeightsService, settingsOf } from './weights.service.ts';
export type { WeightsService } from './weights.service.ts';
export { weightsRoutes } from './weights.routes.ts';
export type { Finding, Fit, FitSettings, PersonFacts, PositionFacts, ScorePart } from './matching.types.ts';
