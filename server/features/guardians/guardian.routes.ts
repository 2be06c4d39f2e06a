import { z } from 'zod';
import { empty, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { fileOf, MOST_UPLOAD_BYTES, toAttachment } from '../attachments/index.ts';
import { inPersonChoices, linkParams, registeredInPerson } from '../accounts/index.ts';
import { hasConsent } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import {
  askBody,
  askedView,
  consentBody,
  minorBody,
  ownView,
  paperBody,
  paperParams,
  papersView,
} from './guardian.schema.ts';
import type { GuardianService } from './guardian.service.ts';
import { answerModel, minorModel, ownModel, paperModel } from './guardian.view.ts';

export interface GuardianRouteParts {
  readonly guardians: GuardianService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** What guardians answer, what minors ask, what coordinators attach. */
export function guardianRoutes(parts: GuardianRouteParts): Route[] {
  return [...answerRoutes(parts), ...withdrawalRoutes(parts), ...ownRoutes(parts), ...deskRoutes(parts)];
}

function answerRoutes({ guardians, tenants, i18n }: GuardianRouteParts): Route[] {
  const asked = async (secret: string, locale: Locale): Promise<z.output<typeof askedView>> => {
    const { request, child } = await guardians.asked(secret);
    const tenant = request.tenantId ? await tenants.get(String(request.tenantId)) : null;
    return {
      minorName: request.minorName,
      guardianName: request.guardianName,
      place: tenant?.name[locale] ?? null,
      child,
    };
  };
  return [
    route({
      name: 'guardians/asked',
      method: 'get',
      path: '/guardian/:token',
      apiPath: '/guardian-requests/:token',
      access: 'public',
      tenant: 'none',
      summary: 'What a guardian is asked, with the secret of the mailed link.',
      input: { params: linkParams },
      output: askedView,
      run: ({ params, locale }) => asked(params.token, locale),
      page: (what, { params, locale }) =>
        view('guardians/answer', answerModel({ i18n, locale, token: params.token, asked: what })),
    }),
    route({
      name: 'guardians/consent',
      method: 'post',
      path: '/guardian/:token/consent',
      apiPath: '/guardian-requests/:token/consent',
      access: 'public',
      tenant: 'none',
      summary: 'The guardian agrees; only now the account is made.',
      status: 200,
      idempotent: false,
      input: { params: linkParams, body: consentBody },
      output: empty,
      async run({ params, body }) {
        await guardians.consent(params.token, body.relation);
        return {};
      },
      page: () => seeOther('/guardian-answers/consent'),
      invalid: async ({ issues, values }, { params, locale }) =>
        view(
          'guardians/answer',
          answerModel({
            i18n,
            locale,
            issues,
            values,
            token: params.token,
            asked: await asked(params.token, locale),
          }),
        ),
    }),
    route({
      name: 'guardians/refuse',
      method: 'post',
      path: '/guardian/:token/refusal',
      apiPath: '/guardian-requests/:token/refusal',
      access: 'public',
      tenant: 'none',
      summary: 'The guardian says no; what waited is deleted.',
      status: 200,
      idempotent: false,
      input: { params: linkParams },
      output: empty,
      async run({ params }) {
        await guardians.refuse(params.token);
        return {};
      },
      page: () => seeOther('/guardian-answers/refusal'),
    }),
    route({
      name: 'guardians/answered',
      method: 'get',
      path: '/guardian-answers/:answer',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Thanks the guardian and says what happens now.',
      input: { params: z.strictObject({ answer: z.enum(['consent', 'refusal', 'withdrawal', 'asked']) }) },
      output: empty,
      run: async () => ({}),
      page: (_output, { params }) => view('guardians/answered', { answer: params.answer }),
    }),
  ];
}

function withdrawalRoutes({ guardians }: GuardianRouteParts): Route[] {
  return [
    route({
      name: 'guardians/withdrawal-form',
      method: 'get',
      path: '/guardian-withdrawals/:token',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Asks for the press with which a guardian takes the consent back.',
      input: { params: linkParams },
      output: z.object({ minorName: z.string() }),
      run: async ({ params }) => ({ minorName: (await guardians.withdrawing(params.token)).name }),
      page: ({ minorName }, { params }) =>
        view('guardians/withdraw', { minorName, action: `/guardian-withdrawals/${params.token}` }),
    }),
    route({
      name: 'guardians/withdraw',
      method: 'post',
      path: '/guardian-withdrawals/:token',
      access: 'public',
      tenant: 'none',
      summary: 'The guardian takes the consent back: places ahead are free again and the account is closed.',
      status: 200,
      idempotent: false,
      input: { params: linkParams },
      output: empty,
      async run({ params }) {
        await guardians.withdraw(params.token);
        return {};
      },
      page: () => seeOther('/guardian-answers/withdrawal'),
    }),
  ];
}

function ownRoutes({ guardians, i18n }: GuardianRouteParts): Route[] {
  const own = async (account: Parameters<GuardianService['own']>[0]): Promise<z.output<typeof ownView>> => {
    const { person, asked } = await guardians.own(account);
    const given = hasConsent(person, 'guardian');
    const minor = person.birthDate === null ? null : guardians.isMinor(person.birthDate);
    return {
      needed: minor === true && !given,
      grown: minor === false,
      given,
      guardianName: given ? (person.guardian?.name ?? null) : null,
      asked: asked ? { guardianName: asked.guardianName, at: asked.createdAt.toISOString() } : null,
    };
  };
  return [
    route({
      name: 'guardians/own',
      method: 'get',
      path: '/account/guardian',
      apiPath: '/me/guardian',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Whether one’s guardian agreed, was asked, or needs to be.',
      input: {},
      output: ownView,
      run: ({ account }) => own(account),
      page: (now, { locale }) => view('guardians/own', ownModel({ i18n, locale, own: now })),
    }),
    route({
      name: 'guardians/ask',
      method: 'post',
      path: '/account/guardian',
      apiPath: '/me/guardian',
      access: 'signed-in',
      tenant: 'none',
      rate: 'mail',
      summary:
        'Names one’s birth date and guardian, who is asked by mail; nothing is kept before the answer.',
      status: 202,
      input: { body: askBody },
      output: empty,
      async run({ account, body }) {
        await guardians.askForOwn(account, body);
        return {};
      },
      page: () => seeOther('/account/guardian', { kind: 'success', key: 'guardians.own.sent' }),
      invalid: async ({ issues, values }, { account, locale }) =>
        view('guardians/own', ownModel({ i18n, locale, issues, values, own: await own(account) })),
    }),
  ];
}

function deskRoutes({ guardians, units, i18n }: GuardianRouteParts): Route[] {
  const papers = async (
    actor: Parameters<GuardianService['papers']>[0],
    id: string,
  ): Promise<z.output<typeof papersView>> => {
    const { membership, person, refusal, papers: rows } = await guardians.papers(actor, id);
    return {
      personName: membership.personName,
      guardianName: person.guardian?.name ?? null,
      given: hasConsent(person, 'guardian'),
      refusal,
      papers: rows.map(toAttachment),
    };
  };
  return [
    route({
      name: 'guardians/minor-form',
      method: 'get',
      path: '/people/new-minor',
      doors: ['page'],
      access: 'memberships:create',
      tenant: 'member',
      summary:
        'The form with which a coordinator registers a minor who is present, with the guardian’s paper.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: async (_output, context) =>
        view('guardians/minor', minorModel({ i18n, ...(await inPersonChoices(context, units)) })),
    }),
    route({
      name: 'guardians/register-minor',
      method: 'post',
      path: '/people/minors',
      access: 'memberships:create',
      tenant: 'member',
      rate: 'mail',
      uploadBytes: MOST_UPLOAD_BYTES,
      // The picture is scanned and redrawn outside any transaction; the service opens its own.
      transaction: false,
      idempotent: false,
      summary:
        'Registers a minor who is present, with the paper that the guardian signed (multipart, field `file`).',
      input: { body: minorBody },
      output: registeredInPerson,
      run: ({ account, body, file: upload, locale }) =>
        guardians.registerMinor(account, body, upload, locale),
      page: ({ membershipId, start }) =>
        start === 'sheet'
          ? seeOther(`/memberships/${membershipId}/start-sheet`, {
              kind: 'success',
              key: 'accounts.inPerson.done',
            })
          : seeOther(`/memberships/${membershipId}`, { kind: 'success', key: 'accounts.inPerson.mailed' }),
      invalid: async ({ issues, values, error }, context) =>
        view(
          'guardians/minor',
          minorModel({
            i18n,
            ...(await inPersonChoices(context, units)),
            values,
            issues: error.code === 'account-known' ? [{ path: 'phone', code: 'account-known' }] : issues,
          }),
        ),
    }),
    route({
      name: 'guardians/papers',
      method: 'get',
      path: '/memberships/:id/guardian-consent',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'Whether a member’s guardian agreed, and the papers attached here.',
      input: { params: idParams },
      output: papersView,
      run: ({ actor, params }) => papers(actor, params.id),
      page: (now, { params, locale }) =>
        view('guardians/paper', paperModel({ i18n, locale, membershipId: params.id, papers: now })),
    }),
    route({
      name: 'guardians/attach-paper',
      method: 'post',
      path: '/memberships/:id/guardian-consent',
      access: 'memberships:create',
      tenant: 'member',
      rate: 'heavy',
      uploadBytes: MOST_UPLOAD_BYTES,
      transaction: false, // as above
      idempotent: false,
      summary: 'Attaches the paper that a member’s guardian signed (multipart, field `file`).',
      input: { params: idParams, body: paperBody },
      output: z.object({ id: z.string() }),
      run: async ({ account, params, body, file: upload }) => ({
        id: await guardians.attachPaper(account, params.id, body, upload),
      }),
      page: (_output, { params }) =>
        seeOther(`/memberships/${params.id}/guardian-consent`, {
          kind: 'success',
          key: 'guardians.paper.done',
        }),
      invalid: async ({ issues, values, error }, { actor, params, locale }) =>
        view(
          'guardians/paper',
          paperModel({
            i18n,
            locale,
            membershipId: params.id,
            values,
            issues: issues.length > 0 ? issues : [{ path: 'file', code: error.code }],
            papers: await papers(actor, params.id),
          }),
        ),
    }),
    route({
      name: 'guardians/show-paper',
      method: 'get',
      path: '/memberships/:id/guardian-consent/:paperId',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'One paper, for those who may register members.',
      input: { params: paperParams },
      output: empty,
      async run({ actor, params }) {
        return fileOf(await guardians.readPaper(actor, params.id, params.paperId));
      },
      page: (_output, { params }) => seeOther(`/memberships/${params.id}/guardian-consent`),
    }),
    route({
      name: 'guardians/withdraw-for',
      method: 'post',
      path: '/memberships/:id/guardian-consent/withdrawal',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'Notes that the guardian took the consent back; acts like the guardian’s own press.',
      status: 200,
      input: { params: idParams },
      output: empty,
      async run({ account, params }) {
        await guardians.withdrawFor(account, params.id);
        return {};
      },
      page: (_output, { params }) =>
        seeOther(`/memberships/${params.id}/guardian-consent`, {
          kind: 'success',
          key: 'guardians.paper.withdrawn',
        }),
      invalid: ({ error }, { params }) =>
        seeOther(`/memberships/${params.id}/guardian-consent`, {
          kind: 'error',
          key: `errors.${error.code}`,
        }),
    }),
  ];
}
