export { reviewRoutes } from './review.routes.ts';
export type { ReviewSource, Waiting } from './review.routes.ts';
