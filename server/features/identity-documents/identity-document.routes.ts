import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import { identityView, memberIdentityView, statedNumber } from './identity-document.schema.ts';
import type { IdentityDocumentService } from './identity-document.service.ts';
import { ownModel, verifyModel } from './identity-document.view.ts';

export interface IdentityRouteParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly i18n: I18n;
}

/** Who somebody is: stated by the person, seen by an officer. */
export function identityDocumentRoutes(parts: IdentityRouteParts): Route[] {
  return [...ownRoutes(parts), ...verifyRoutes(parts)];
}

function ownRoutes({ identityDocuments, i18n }: IdentityRouteParts): Route[] {
  return [
    route({
      name: 'identity-documents/own',
      method: 'get',
      path: '/account/identity',
      apiPath: '/me/identity',
      access: 'signed-in',
      tenant: 'none',
      summary: 'One’s own identity document: its kind, the number masked, whether somebody has seen it.',
      input: {},
      output: identityView,
      run: ({ account }) => identityDocuments.own(account),
      page: (document, { locale }) => view('identity-documents/own', ownModel({ i18n, locale }, document)),
    }),
    route({
      name: 'identity-documents/state',
      method: 'post',
      path: '/account/identity',
      apiPath: '/me/identity',
      access: 'signed-in',
      tenant: 'none',
      status: 200,
      // The same number twice is one statement, and no fingerprint of it shall stand in the database.
      idempotent: false,
      summary:
        'States the number of one’s own identity document; it is checked, sealed and never shown again.',
      input: { body: statedNumber },
      output: identityView,
      run: ({ account, body }) => identityDocuments.state(account, body),
      page: () => seeOther('/account/identity', { kind: 'success', key: 'identity-documents.stated' }),
      invalid: async ({ issues, values }, { account, locale }) =>
        view(
          'identity-documents/own',
          ownModel({ i18n, locale, issues, values }, await identityDocuments.own(account)),
        ),
    }),
  ];
}

function verifyRoutes({ identityDocuments, i18n }: IdentityRouteParts): Route[] {
  const memberOf = async (
    account: Parameters<IdentityDocumentService['member']>[0],
    membershipId: string,
  ) => {
    const row = await identityDocuments.member(account, membershipId);
    const level = await identityDocuments.levelOf(row.personId);
    return { membershipId: String(row._id), name: row.personName, level };
  };
  return [
    route({
      name: 'identity-documents/member',
      method: 'get',
      path: '/memberships/:id/identity',
      access: 'identities:verify',
      tenant: 'member',
      summary: 'How far it is known who a member is; never the number.',
      input: { params: idParams },
      output: memberIdentityView,
      run: ({ account, params }) => memberOf(account, params.id),
      page: (member, { locale }) => view('identity-documents/verify', verifyModel({ i18n, locale }, member)),
    }),
    route({
      name: 'identity-documents/verify',
      method: 'post',
      path: '/memberships/:id/identity',
      access: 'identities:verify',
      tenant: 'member',
      status: 200,
      // As above: typed twice it is one verification.
      idempotent: false,
      summary: 'Notes that the member’s document was seen: the number on it must be the one that was stated.',
      input: { params: idParams, body: statedNumber },
      output: memberIdentityView,
      async run({ account, params, body }) {
        await identityDocuments.verify(account, params.id, body);
        return memberOf(account, params.id);
      },
      page: (_output, { params }) =>
        seeOther(`/memberships/${params.id}`, { kind: 'success', key: 'identity-documents.verified' }),
      invalid: async ({ issues, error, values }, { account, params, locale }) =>
        view(
          'identity-documents/verify',
          verifyModel(
            {
              i18n,
              locale,
              values,
              issues: issues.length > 0 ? issues : [{ path: 'number', code: error.code }],
            },
            await memberOf(account, params.id),
          ),
        ),
    }),
  ];
}
