export { createGuardianService } from './guardian.service.ts';
export type { GuardianService } from './guardian.service.ts';
export { guardianMessages } from './guardian.mail.ts';
export { guardianRoutes } from './guardian.routes.ts';
