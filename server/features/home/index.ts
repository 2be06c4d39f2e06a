export { homeRoutes } from './home.routes.ts';
export type { ComingUp, DeskTask, Given, HomeSources, ShortShift, Suggestion } from './home.types.ts';
