export { createMatchingService } from './matching.service.ts';
export type { Candidate, MatchingService, Ranking, Suited } from './matching.service.ts';
export { refusals, RULES, wayOut } from './matching.rules.ts';
export type { Finding, Fit } from './matching.types.ts';
