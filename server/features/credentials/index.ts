export { factsOf, GOOD_CREDENTIALS, registrationsOf } from './credential.facts.ts';
export type { CredentialFact } from './credential.facts.ts';
export { createCredentialService } from './credential.service.ts';
export type { CredentialService } from './credential.service.ts';
export { credentialMessages } from './credential.mail.ts';
export { credentialRoutes } from './credential.routes.ts';
