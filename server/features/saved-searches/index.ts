export { createFinder } from './saved-search.finder.ts';
export { createSavedSearchService } from './saved-search.service.ts';
export type { SavedSearchService } from './saved-search.service.ts';
export { createSearchWatch } from './saved-search.watch.ts';
export type { SearchWatch } from './saved-search.watch.ts';
export { nextLook } from './saved-search.rules.ts';
export { savedSearchMessages } from './saved-search.mail.ts';
export { savedSearchRoutes } from './saved-search.routes.ts';
export { stopSearchRoutes } from './saved-search.stop.routes.ts';
