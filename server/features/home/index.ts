export { homeRoutes } from './home.routes.ts';
export type { ComingUp, DeskTask, Given, HomeSources, Suggestion } from './home.types.ts';
