export { createHumans } from './humans.ts';
export { createIdentityDocumentService } from './identity-document.service.ts';
export type { HumanFacts, IdentityDocument, IdentityDocumentService } from './identity-document.service.ts';
export {
  checkCharacter,
  DOCUMENT_TYPES,
  IDENTITY_LEVELS,
  isIdentified,
  isVerified,
} from './identity-document.rules.ts';
export type { DocumentType, IdentityLevel } from './identity-document.rules.ts';
export { humansSeenTwice, twins } from './identity-document.verify.ts';
export { identityDocumentRoutes } from './identity-document.routes.ts';
