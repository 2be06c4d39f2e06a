export { factsOf } from './credential.facts.ts';
export type { CredentialFact } from './credential.facts.ts';
