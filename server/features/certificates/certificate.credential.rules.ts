import type { StatementDraft } from './certificate.types.ts';

/** Entries of one status list: 16 KB of bits, the least that the recommendation allows, so that one bit hides among many. */
export const STATUS_LIST_LENGTH = 131_072;
/** Certificates that one list takes before the next begins: random places stay quick to find. */
export const STATUS_LIST_FILL = 65_536;

const VC_CONTEXT = 'https://www.w3.org/ns/credentials/v2';
const BADGE_CONTEXTS = [
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json',
];
const BADGE_SCHEMA =
  'https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json';

/** `did:web` of a tenant: its document is served below the tenant's public path. */
export const tenantDid = (publicUrl: string, slug: string): string => `${originDid(publicUrl)}:t:${slug}`;

/** `did:web` of the installation; a port is written `%3A3000`. */
export const originDid = (publicUrl: string): string =>
  `did:web:${encodeURIComponent(new URL(publicUrl).host)}`;

export const statusListUrl = (publicUrl: string, slug: string, list: number): string =>
  `${publicUrl}/t/${slug}/status-lists/${list}`;

/** Words of the badge in the language of the certificate. */
export interface BadgeWords {
  readonly name: string;
  readonly description: string;
  readonly criteria: string;
  readonly minutes: string;
  readonly evidence: string;
}

/**
 * The certificate as a W3C Verifiable Credential 2.0 that is an Open Badges 3.0 OpenBadgeCredential, without its proof. It
 * states what the certificate states and is issued by the tenant that recorded.
 * @param place where its bit of the status list is
 * @param instants first and last moment of the period
 */
export function badgeCredential(
  draft: StatementDraft,
  publicUrl: string,
  place: { readonly list: number; readonly index: number },
  instants: { readonly from: Date; readonly to: Date },
  words: BadgeWords,
): object {
  const { slug, name } = draft.tenant;
  const list = statusListUrl(publicUrl, slug, place.list);
  const seconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
  // One thing, one id: a credential, its achievement and the page about it are three.
  const id = (part: string): string => `${draft.verifyUrl}#${part}`;
  return {
    '@context': [VC_CONTEXT, ...BADGE_CONTEXTS],
    id: id('credential'),
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    name: words.name,
    description: words.description,
    issuer: {
      id: tenantDid(publicUrl, slug),
      type: ['Profile'],
      name: name[draft.locale] || name['zh-CN'],
      url: `${publicUrl}/t/${slug}/opportunities`,
    },
    validFrom: draft.issuedAt,
    credentialSubject: {
      type: ['AchievementSubject'],
      identifier: [
        {
          type: 'IdentityObject',
          hashed: false,
          identityHash: draft.person.displayName,
          identityType: 'name',
        },
      ],
      activityStartDate: seconds(instants.from),
      activityEndDate: seconds(instants.to),
      achievement: {
        id: id('achievement'),
        type: ['Achievement'],
        achievementType: 'CommunityService',
        name: words.name,
        description: words.description,
        criteria: { narrative: words.criteria },
        resultDescription: [
          { id: id('minutes'), type: ['ResultDescription'], name: words.minutes, resultType: 'Result' },
        ],
      },
      result: [{ type: ['Result'], resultDescription: id('minutes'), value: String(draft.totalMinutes) }],
    },
    evidence: [{ id: draft.verifyUrl, type: ['Evidence'], name: draft.number, description: words.evidence }],
    credentialSchema: [{ id: BADGE_SCHEMA, type: '1EdTechJsonSchemaValidator2019' }],
    credentialStatus: {
      id: `${list}#${place.index}`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: String(place.index),
      statusListCredential: list,
    },
  };
}
