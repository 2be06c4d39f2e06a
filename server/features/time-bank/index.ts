export { createBankService } from './bank.service.ts';
export type { BankService } from './bank.service.ts';
export { createBankClosing } from './closing.service.ts';
export type { BankClosing } from './closing.service.ts';
export { createKinshipService } from './kinship.service.ts';
export { createRedemptionService } from './redemption.service.ts';
export { timeBankMessages } from './time-bank.mail.ts';
export { timeBankRoutes } from './time-bank.routes.ts';
export { timeBankInvariants } from './time-bank.verify.ts';
