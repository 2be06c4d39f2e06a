import type { Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { empty, slugParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import {
  opportunityDetail,
  opportunityFilter,
  opportunityPage,
  opportunityParams,
} from './opportunity.schema.ts';
import type { OpportunityService } from './opportunity.service.ts';
import { opportunityListModel, opportunityModel } from './opportunity.view.ts';
import type { Standing } from './opportunity.view.ts';

/** What a place needs now, for everybody. */
export function opportunityRoutes({
  opportunities,
  i18n,
}: {
  opportunities: OpportunityService;
  i18n: I18n;
}): Route[] {
  return [
    route({
      name: 'opportunities/place',
      method: 'get',
      path: '/t/:tenantSlug',
      doors: ['page'],
      access: 'public',
      tenant: 'slug',
      summary: 'The short address of a place, as it is told or cut from a longer one: what it needs now.',
      input: { params: slugParams },
      output: empty,
      run: async () => ({}),
      page: (_output, { params }) => seeOther(`/t/${params.tenantSlug}/opportunities`),
    }),
    route({
      name: 'opportunities/list',
      method: 'get',
      path: '/t/:tenantSlug/opportunities',
      access: 'public',
      tenant: 'slug',
      shared: true,
      summary: 'Published shifts of a place that have not begun: by start, or by distance from a point.',
      input: { params: slugParams, query: opportunityFilter },
      output: opportunityPage,
      run: ({ query, locale }) => opportunities.list(query, locale),
      page: ({ data, nextCursor }, { actor, tenant, locale, query }) =>
        view(
          'opportunities/index',
          opportunityListModel({
            i18n,
            locale,
            tenant: placeOf(tenant, locale),
            maySave: can(actor, 'searches:save-own') && membershipOf(actor) === tenant?.id,
            opportunities: data,
            query,
            nextCursor,
          }),
        ),
      invalid: ({ issues, values }, { tenant, locale }) =>
        view(
          'opportunities/index',
          opportunityListModel({
            i18n,
            locale,
            tenant: placeOf(tenant, locale),
            opportunities: [],
            query: values,
            issues,
            nextCursor: null,
          }),
        ),
    }),
    route({
      name: 'opportunities/show',
      method: 'get',
      path: '/t/:tenantSlug/opportunities/:id',
      access: 'public',
      tenant: 'slug',
      shared: true,
      summary: 'One published shift: what, when, where, risks, support, and the places left.',
      input: { params: opportunityParams },
      output: opportunityDetail,
      run: ({ params, locale }) => opportunities.show(params.id, locale),
      page: (opportunity, { actor, tenant, locale }) =>
        view(
          'opportunities/show',
          opportunityModel({
            i18n,
            locale,
            tenant: placeOf(tenant, locale),
            opportunity,
            standing: standingOf(actor),
          }),
        ),
    }),
    route({
      name: 'opportunities/sign-up',
      method: 'get',
      path: '/t/:tenantSlug/opportunities/:id/sign-up',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'slug',
      summary: 'Sends to the sign-in form and back to the opportunity.',
      input: { params: opportunityParams },
      output: empty,
      run: async () => ({}),
      page: (_output, { params }) => seeOther(`/t/${params.tenantSlug}/opportunities/${params.id}`),
    }),
  ];
}

/** The tenant that the reader acts in. */
const membershipOf = (actor: Actor): string | null =>
  actor.kind === 'account' ? (actor.membership?.tenantId ?? null) : null;

function standingOf(actor: Actor): Standing {
  if (actor.kind !== 'account') return 'anonymous';
  if (can(actor, 'assignments:accept-own')) return 'member';
  const { membership } = actor;
  // Who left may ask again like anybody else.
  if (!membership || membership.over !== null) return 'stranger';
  if (membership.state === 'suspended') return 'suspended';
  return ['draft', 'needs_correction'].includes(membership.state) ? 'unsent' : 'applicant';
}

function placeOf(
  tenant: RouteContext['tenant'],
  locale: RouteContext['locale'],
): { slug: string; name: string } {
  if (!tenant) throw new Error('A public page of a place without its tenant');
  return { slug: tenant.slug, name: tenant.name[locale] };
}
