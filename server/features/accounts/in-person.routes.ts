import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { empty, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, Route, TenantInfo } from '../../http/route.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import type { UnitService } from '../units/index.ts';
import { linkParams, resetBody } from './account.schema.ts';
import {
  inPersonRegistration,
  phoneBody,
  provenPhone,
  registeredInPerson,
  startSheet,
} from './in-person.schema.ts';
import type { InPersonService } from './in-person.service.ts';
import { inPersonModel, phoneModel, startModel } from './in-person.view.ts';
import type { SecurityService } from './security.service.ts';

export interface InPersonRouteParts {
  readonly inPerson: InPersonService;
  readonly security: SecurityService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** What a coordinator does face to face, and the link with which the person then starts. */
export function inPersonRoutes(parts: InPersonRouteParts): Route[] {
  return [...registerRoutes(parts), ...sheetRoutes(parts), ...phoneRoutes(parts), ...startRoutes(parts)];
}

/** Language, place and units for the form: one's own unit first, else the highest within reach. */
export async function inPersonChoices(
  { actor, tenant, locale }: { actor: Actor; tenant: TenantInfo | null; locale: Locale },
  units: UnitService,
): Promise<{
  locale: Locale;
  place: string;
  unitId: string;
  units: { id: string; name: string; depth: number }[];
}> {
  const reached = (await units.all()).filter((unit) => can(actor, 'memberships:create', unit.id));
  const home = actor.kind === 'account' ? actor.membership?.unitId : undefined;
  return {
    locale,
    place: tenant?.name[locale] ?? '',
    unitId: reached.find((unit) => unit.id === home)?.id ?? reached[0]?.id ?? '',
    units: reached.slice(0, 400).map((unit) => ({ id: unit.id, name: unit.name[locale], depth: unit.depth })),
  };
}

function registerRoutes({ inPerson, units, i18n }: InPersonRouteParts): Route[] {
  const form = async (
    context: Parameters<typeof inPersonChoices>[0],
    failure: Pick<FormFailure, 'issues' | 'values'> = { issues: [], values: {} },
  ) =>
    view(
      'accounts/in-person',
      inPersonModel({ i18n, ...(await inPersonChoices(context, units)), ...failure }),
    );
  return [
    route({
      name: 'accounts/in-person-form',
      method: 'get',
      path: '/people/new',
      doors: ['page'],
      access: 'memberships:create',
      tenant: 'member',
      summary: 'The form with which a coordinator registers somebody who is present.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, context) => form(context),
    }),
    route({
      name: 'accounts/register-in-person',
      method: 'post',
      path: '/people',
      access: 'memberships:create',
      tenant: 'member',
      // Whoever tries numbers one after the other to learn which are known does not come far (S-16).
      rate: 'mail',
      summary:
        'Registers somebody who is present and agreed (R-1.4): account, number or address, membership that waits for its review.',
      input: { body: inPersonRegistration },
      output: registeredInPerson,
      run: ({ account, body, locale }) => inPerson.register(account, body, locale),
      page: ({ membershipId, start }) =>
        start === 'sheet'
          ? seeOther(`/memberships/${membershipId}/start-sheet`, {
              kind: 'success',
              key: 'accounts.inPerson.done',
            })
          : seeOther(`/memberships/${membershipId}`, { kind: 'success', key: 'accounts.inPerson.mailed' }),
      invalid: ({ issues, values, error }, context) =>
        form(context, {
          values,
          issues: error.code === 'account-known' ? [{ path: 'phone', code: 'account-known' }] : issues,
        }),
    }),
  ];
}

function sheetRoutes({ inPerson }: InPersonRouteParts): Route[] {
  return [
    route({
      name: 'accounts/start-sheet',
      method: 'get',
      path: '/memberships/:id/start-sheet',
      access: 'memberships:create',
      tenant: 'member',
      // The sheet opens an account.
      fresh: true,
      summary: 'The open start link of somebody who was registered here without an address.',
      input: { params: idParams },
      output: startSheet,
      async run({ account, params, publicUrl }) {
        const { secret, expiresAt, ...sheet } = await inPerson.sheet(account, params.id);
        return {
          ...sheet,
          link: secret ? `${publicUrl}/start/${secret}` : null,
          expiresAt: expiresAt?.toISOString() ?? null,
        };
      },
      page: (sheet) => view('accounts/start-sheet', { ...sheet, id: sheet.membershipId }),
    }),
    route({
      name: 'accounts/renew-start-sheet',
      method: 'post',
      path: '/memberships/:id/start-sheet',
      access: 'memberships:create',
      tenant: 'member',
      fresh: true,
      summary: 'Makes a new start link; those before it end.',
      input: { params: idParams },
      output: empty,
      async run({ account, params }) {
        await inPerson.renewSheet(account, params.id);
        return {};
      },
      page: (_output, { params }) => seeOther(`/memberships/${params.id}/start-sheet`),
    }),
  ];
}

function phoneRoutes({ inPerson, i18n }: InPersonRouteParts): Route[] {
  return [
    route({
      name: 'accounts/set-phone-form',
      method: 'get',
      path: '/memberships/:id/phone',
      doors: ['page'],
      access: 'memberships:create',
      tenant: 'member',
      fresh: true,
      summary: 'The form with which a coordinator proves a member’s number.',
      input: { params: idParams },
      output: z.object({ name: z.string(), phone: z.string().nullable(), sheet: z.boolean() }),
      run: ({ account, params }) => inPerson.phoneOf(account, params.id),
      page: (now, { params, locale }) =>
        view('accounts/phone', phoneModel({ i18n, locale, membershipId: params.id, ...now })),
    }),
    route({
      name: 'accounts/set-phone',
      method: 'post',
      path: '/memberships/:id/phone',
      access: 'memberships:create',
      tenant: 'member',
      fresh: true,
      rate: 'mail',
      summary: 'Notes that a coordinator saw the number ring in the member’s hand: it signs in from now on.',
      status: 200,
      input: { params: idParams, body: phoneBody },
      output: provenPhone,
      async run({ account, params, body }) {
        const { phone, verifiedAt } = await inPerson.setPhone(account, params.id, body);
        return { phone, verifiedAt: verifiedAt.toISOString() };
      },
      page: (_output, { params }) =>
        seeOther(`/memberships/${params.id}`, { kind: 'success', key: 'accounts.phone.done' }),
      invalid: async ({ issues, values, error }, { account, params, locale }) =>
        view(
          'accounts/phone',
          phoneModel({
            i18n,
            locale,
            membershipId: params.id,
            ...(await inPerson.phoneOf(account, params.id)),
            values,
            issues: issues.length > 0 ? issues : [{ path: 'phone', code: error.code }],
          }),
        ),
    }),
  ];
}

function startRoutes({ security, i18n }: InPersonRouteParts): Route[] {
  return [
    route({
      name: 'accounts/start-form',
      method: 'get',
      path: '/start/:token',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The form with which somebody registered face to face chooses the password.',
      input: { params: linkParams },
      output: z.object({ name: z.string(), identifier: z.string(), returning: z.boolean() }),
      run: ({ params }) => security.starting(params.token),
      page: (who, { params, locale }) =>
        view('accounts/start', startModel({ i18n, locale, token: params.token, ...who })),
    }),
    route({
      name: 'accounts/start',
      method: 'post',
      path: '/start/:token',
      apiPath: '/starts/:token',
      access: 'public',
      tenant: 'none',
      summary:
        'Sets the first password with the secret of a start link; with `agree`, whoever came of age takes a closed account back.',
      status: 200,
      idempotent: false,
      // The slow password hash runs before the service opens its own transaction.
      transaction: false,
      input: { params: linkParams, body: resetBody },
      output: empty,
      async run({ params, body }) {
        await security.start(params.token, body);
        return {};
      },
      page: () => seeOther('/sign-in', { kind: 'success', key: 'accounts.start.done' }),
      invalid: async ({ issues, values }, { params, locale }) =>
        view(
          'accounts/start',
          startModel({
            i18n,
            locale,
            issues,
            values,
            token: params.token,
            ...(await security.starting(params.token)),
          }),
        ),
    }),
  ];
}
