export { createAccountService } from './account.service.ts';
export type { AccountService, SignedIn } from './account.service.ts';
export { accountMessages } from './account.mail.ts';
export { accountRoutes } from './account.routes.ts';
export { identityOfSession, identityOfToken } from './identity.service.ts';
export type { FoundIdentity } from './identity.service.ts';
export { createPasswords } from './password.service.ts';
export { emailKey, passwordIssues } from './account.rules.ts';
