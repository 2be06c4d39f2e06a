export { createFeedService } from './feed.service.ts';
export { feedRoutes } from './feed.routes.ts';
