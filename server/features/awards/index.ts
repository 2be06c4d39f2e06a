export { awardMessages } from './award.mail.ts';
export { awardRoutes } from './award.routes.ts';
export { createAwardService } from './award.service.ts';
export type { AwardService } from './award.service.ts';
export { awardKey } from './award.rules.ts';
export { awardInvariants } from './award.verify.ts';
