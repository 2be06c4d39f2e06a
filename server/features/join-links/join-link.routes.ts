import type { z } from 'zod';
import { empty, idParams } from '../../http/schema.ts';
import { contextNow } from '../../core/context.ts';
import { sideBySide } from '../../db/transaction.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, Route, RouteContext } from '../../http/route.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { inPersonChoices } from '../accounts/index.ts';
import { membershipView, toMembershipView } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { UnitService } from '../units/index.ts';
import type { JoinLinkRow } from './join-link.model.ts';
import { joinLinkState } from './join-link.rules.ts';
import {
  codeParams,
  invitedBody,
  invitedView,
  joinLinkPage,
  joinLinkView,
  listQuery,
  newJoinLink,
} from './join-link.schema.ts';
import type { JoinLinkView } from './join-link.schema.ts';
import type { JoinLinkService } from './join-link.service.ts';
import { applyByLinkModel, newJoinLinkModel } from './join-link.view.ts';

export interface JoinLinkRouteParts {
  readonly joinLinks: JoinLinkService;
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** Inviting people to become members: by an open link or code, or by a mail to one address. */
export function joinLinkRoutes(parts: JoinLinkRouteParts): Route[] {
  return [...deskRoutes(parts), ...makingRoutes(parts), ...endingRoutes(parts), ...invitedRoutes(parts)];
}

async function toViews(
  rows: readonly JoinLinkRow[],
  { joinLinks, memberships, units }: JoinLinkRouteParts,
  { locale, tenant, publicUrl }: Pick<RouteContext, 'locale' | 'tenant' | 'publicUrl'>,
): Promise<JoinLinkView[]> {
  const [unitNames, makers] = await sideBySide([
    () => units.names(rows.map((row) => String(row.unitId))),
    () => memberships.namesOfAccounts(rows.map((row) => row.createdBy)),
  ]);
  return rows.map((row) => {
    const code = joinLinks.codeOf(row);
    return {
      id: String(row._id),
      unitId: String(row.unitId),
      unitName: unitNames.get(String(row.unitId))?.[locale] ?? '',
      kind: row.kind,
      note: row.note,
      personal: row.address !== null,
      mailedTo: row.address,
      maxUses: row.maxUses,
      uses: row.uses,
      state: joinLinkState(row, contextNow()),
      createdBy: makers.get(String(row.createdBy)) ?? null,
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      href: code ? `${publicUrl}/t/${tenant?.slug ?? ''}/join/${code}` : null,
    };
  });
}

function deskRoutes(parts: JoinLinkRouteParts): Route[] {
  const { joinLinks } = parts;
  return [
    route({
      name: 'join-links/list',
      method: 'get',
      path: '/join-links',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'Invitations to the units within reach, newest first.',
      input: { query: listQuery },
      output: joinLinkPage,
      async run(context) {
        const page = await joinLinks.list(context.actor, context.query.limit, context.query.cursor);
        return { data: await toViews(page.data, parts, context), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { query }) =>
        view('join-links/list', {
          links: data,
          next: nextCursor ? `/join-links?cursor=${encodeURIComponent(nextCursor)}` : null,
          first: query.cursor ? '/join-links' : null,
          count: data.length,
        }),
    }),
    route({
      name: 'join-links/show',
      method: 'get',
      path: '/join-links/:id',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'One invitation, with its address while it leads somewhere.',
      input: { params: idParams },
      output: joinLinkView,
      run: async (context) =>
        (
          await toViews([await joinLinks.access(context.actor, context.params.id)], parts, context)
        )[0] as JoinLinkView,
      page: (link, { tenant, locale }) =>
        view('join-links/show', { ...link, place: tenant?.name[locale] ?? '' }),
    }),
  ];
}

function makingRoutes(parts: JoinLinkRouteParts): Route[] {
  const { joinLinks, units, i18n } = parts;
  const form = async (
    context: Parameters<typeof inPersonChoices>[0],
    failure: Pick<FormFailure, 'issues' | 'values'> = { issues: [], values: {} },
  ) =>
    view(
      'join-links/new',
      newJoinLinkModel({ i18n, ...(await inPersonChoices(context, units)), ...failure }),
    );
  return [
    route({
      name: 'join-links/form',
      method: 'get',
      path: '/join-links/new',
      doors: ['page'],
      access: 'memberships:create',
      tenant: 'member',
      summary: 'The form with which somebody is invited.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, context) => form(context),
    }),
    route({
      name: 'join-links/create',
      method: 'post',
      path: '/join-links',
      access: 'memberships:create',
      tenant: 'member',
      rate: 'mail',
      summary:
        'Makes an invitation: with an address it is mailed there, for one use; without, it is an open link to copy or print.',
      input: { body: newJoinLink },
      output: joinLinkView,
      run: async (context) =>
        (
          await toViews([await joinLinks.create(context.account, context.body)], parts, context)
        )[0] as JoinLinkView,
      page: (link) =>
        seeOther(`/join-links/${link.id}`, {
          kind: 'success',
          key: link.personal ? 'joinLinks.mailed' : 'joinLinks.made',
        }),
      invalid: ({ issues, values }, context) => form(context, { issues, values }),
    }),
  ];
}

function endingRoutes(parts: JoinLinkRouteParts): Route[] {
  const { joinLinks } = parts;
  const back = (id: string, kind: 'success' | 'error', key: string) =>
    seeOther(`/join-links/${id}`, { kind, key });
  return [
    route({
      name: 'join-links/revoke',
      method: 'post',
      path: '/join-links/:id/revocation',
      access: 'memberships:create',
      tenant: 'member',
      summary: 'Ends an invitation at once.',
      status: 200,
      input: { params: idParams },
      output: joinLinkView,
      run: async (context) =>
        (
          await toViews([await joinLinks.revoke(context.account, context.params.id)], parts, context)
        )[0] as JoinLinkView,
      page: ({ id }) => back(id, 'success', 'joinLinks.revoked'),
      invalid: ({ error }, { params }) => back(params.id, 'error', `errors.${error.code}`),
    }),
    route({
      name: 'join-links/mail-again',
      method: 'post',
      path: '/join-links/:id/mail',
      access: 'memberships:create',
      tenant: 'member',
      rate: 'mail',
      summary: 'Mails a personal invitation once more; at most three an hour reach one address.',
      status: 200,
      input: { params: idParams },
      output: joinLinkView,
      run: async (context) =>
        (
          await toViews([await joinLinks.mailAgain(context.account, context.params.id)], parts, context)
        )[0] as JoinLinkView,
      page: ({ id }) => back(id, 'success', 'joinLinks.mailed'),
      invalid: ({ error }, { params }) => back(params.id, 'error', `errors.${error.code}`),
    }),
  ];
}

function invitedRoutes({ joinLinks, units, i18n }: JoinLinkRouteParts): Route[] {
  const load = async ({
    params,
    tenant,
    locale,
  }: {
    params: { code: string };
    tenant: RouteContext['tenant'];
    locale: Locale;
  }): Promise<z.input<typeof invitedView>> => {
    const { row, stale } = await joinLinks.invited(params.code);
    const unit = await units.get(String(row.unitId));
    return {
      place: tenant?.name[locale] ?? '',
      unitName: unit.name[locale],
      kind: row.kind,
      note: row.note,
      stale,
    };
  };
  const pathOf = ({ tenantSlug, code }: { tenantSlug: string; code: string }): string =>
    `/t/${tenantSlug}/join/${code}`;
  return [
    route({
      name: 'join-links/invited',
      method: 'get',
      path: '/t/:tenantSlug/join/:code',
      access: 'public',
      tenant: 'slug',
      summary: 'What an invitation is for; reading it changes nothing.',
      input: { params: codeParams },
      output: invitedView,
      run: load,
      page: (invited, { params, actor, locale }) =>
        view('join-links/invited', {
          ...invited,
          kindText: i18n.t(locale, `states.membershipKind.${invited.kind}`),
          signedIn: actor.kind === 'account',
          applyHref: `${pathOf(params)}/application`,
          registerHref: `/register?place=${params.tenantSlug}&link=${params.code}`,
          renewAction: `${pathOf(params)}/renewal`,
        }),
    }),
    route({
      name: 'join-links/apply-form',
      method: 'get',
      path: '/t/:tenantSlug/join/:code/application',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'slug',
      summary: 'The application as the invitation fills it in.',
      input: { params: codeParams },
      output: invitedView,
      run: load,
      page: (invited, { params, locale }) =>
        invited.stale
          ? seeOther(pathOf(params))
          : view(
              'join-links/apply',
              applyByLinkModel({ i18n, locale, invited, action: `${pathOf(params)}/application` }),
            ),
    }),
    route({
      name: 'join-links/apply',
      method: 'post',
      path: '/t/:tenantSlug/join/:code/application',
      access: 'signed-in',
      tenant: 'slug',
      summary: 'Asks to join as the invitation says; a personal one is used up by it.',
      input: { params: codeParams, body: invitedBody },
      output: membershipView,
      run: async ({ account, params, body, locale }) =>
        toMembershipView(await joinLinks.apply(account, params.code, body.motivation), units, locale),
      page: () => seeOther('/join', { kind: 'success', key: 'memberships.apply.done' }),
      invalid: async ({ issues, values, error }, context) => {
        if (error.code === 'already-member')
          return seeOther('/join', { kind: 'info', key: 'errors.already-member' });
        const { params, locale } = context;
        return view(
          'join-links/apply',
          applyByLinkModel({
            i18n,
            locale,
            values,
            issues:
              issues.length > 0 ? issues : [{ path: '', code: error.code, params: error.details as never }],
            invited: await load(context),
            action: `${pathOf(params)}/application`,
          }),
        );
      },
    }),
    route({
      name: 'join-links/renew',
      method: 'post',
      path: '/t/:tenantSlug/join/:code/renewal',
      access: 'public',
      tenant: 'slug',
      summary: 'Mails a fresh link to the address an old one went to; every code is answered alike.',
      status: 202,
      rate: 'mail',
      idempotent: false,
      input: { params: codeParams },
      output: empty,
      async run({ params }) {
        await joinLinks.renew(params.code);
        return {};
      },
      page: () => view('join-links/renewed', {}),
    }),
  ];
}
