export { creditMessages } from './credit.mail.ts';
export { creditRoutes } from './credit.routes.ts';
export { createCreditService } from './credit.service.ts';
export type { CreditService } from './credit.service.ts';
export { creditInvariants } from './credit.verify.ts';
export { createProgrammeService } from './programme.service.ts';
export type { ProgrammeService } from './programme.service.ts';
