export { createJoinLinkService } from './join-link.service.ts';
export type { JoinLinkService } from './join-link.service.ts';
export { joinLinkMessages } from './join-link.mail.ts';
export { joinLinkRoutes } from './join-link.routes.ts';
