export {
  credentialsMark,
  factsOf,
  holdersByLevel,
  holdersOfType,
  registrationsOf,
  registrationsOfAll,
} from './credential.facts.ts';
export { GOOD_CREDENTIALS } from './fitting.rules.ts';
export type { CredentialFact } from './fitting.rules.ts';
export { createCredentialService } from './credential.service.ts';
export type { CredentialService } from './credential.service.ts';
export type { CredentialRow } from './credential.model.ts';
export type { Lapse } from './credential.expiry.ts';
export { createCredentialTypeService } from './credential-type.service.ts';
export type { CredentialTypeService, StoredType } from './credential-type.service.ts';
export { PLATFORM_NEEDS, PLATFORM_TYPES } from './credential.catalogue.ts';
export { coveredLevels, dueOnOf, givenSkills, nextState, validToOf } from './credential.rules.ts';
export { levelName, levelNameOf, typeName } from './credential.view.ts';
export { credentialMessages } from './credential.mail.ts';
export { credentialInvariants } from './credential.verify.ts';
export { credentialRoutes } from './credential.routes.ts';
