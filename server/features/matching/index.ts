export { createMatchingService } from './matching.service.ts';
export type { MatchingService } from './matching.service.ts';
export type { Candidate, Pair, Ranking, Suited } from './matching.answers.ts';
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
export { pairsBeside } from './pairs/pair.client.ts';
export type { PairsBeside } from './pairs/pair.client.ts';
export { PairSearch } from './pairs/pair.search.ts';
export type { PairsAsked, PairsFound } from './pairs/pair.thread.ts';
export { PoolColumns } from './pairs/pool.columns.ts';
export { credentialsOf } from './matching.sources.ts';
export { isFree } from './hard.rules.ts';
export { bandOf } from './distance.rules.ts';
export { markOf } from './handles.ts';
export { inputsOf } from './inputs.rules.ts';
export { excludedFrom, exclusionsMark } from './exclusion.facts.ts';
export type { PersonSources, PlaceRow } from './matching.facts.ts';
export { createSearchClient } from './search/search.client.ts';
export type { SearchClient } from './search/search.client.ts';
export { createWeightsService, settingsOf } from './weights.service.ts';
export type { WeightsService } from './weights.service.ts';
export { weightsRoutes } from './weights.routes.ts';
export type { Finding, Fit, FitSettings, PersonFacts, PositionFacts, ScorePart } from './matching.types.ts';
export { createSolverClient, SolveCancelled } from './solver/solver.client.ts';
export type { SolverClient, StaffingRun } from './solver/solver.client.ts';
export { isPlain } from './solver/staffing.ts';
export type { Side } from './solver/sides.ts';
export type { Earlier, Staffing, StaffingProof } from './solver/staffing.ts';
export { checkStaffing } from './solver/staffing-check.ts';
export type { Change } from './change.rules.ts';
export { indexOfId } from './prices.ts';
export type { PlannedPlace, PlanOfDay, Prices } from './prices.ts';
export { createExclusionService } from './exclusion.service.ts';
export { exclusionForm, exclusionRoutes } from './exclusion.routes.ts';
