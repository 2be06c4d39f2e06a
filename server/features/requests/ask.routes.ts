import { z } from 'zod';
import { empty, slugParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import { askBody } from './request.schema.ts';
import type { RequestService } from './request.service.ts';
import { askModel } from './request.view.ts';

/** A resident asks for help, without an account, on the page of a place. */
export function askRoutes({ requests, i18n }: { requests: RequestService; i18n: I18n }): Route[] {
  const form = (
    { tenant, locale }: Pick<RouteContext, 'tenant' | 'locale'>,
    failure?: FormFailure,
  ): PageResult =>
    view(
      'requests/ask',
      askModel({
        i18n,
        locale,
        tenant: placeOf(tenant, locale),
        ...(failure ? { issues: failure.issues, values: failure.values } : {}),
      }),
    );
  return [
    route({
      name: 'requests/ask-form',
      method: 'get',
      path: '/t/:tenantSlug/requests/new',
      doors: ['page'],
      access: 'public',
      tenant: 'slug',
      summary: 'The form with which a resident asks for help.',
      input: { params: slugParams },
      output: empty,
      run: async () => ({}),
      page: (_output, context) => form(context),
    }),
    route({
      name: 'requests/ask',
      method: 'post',
      path: '/t/:tenantSlug/requests',
      access: 'public',
      tenant: 'slug',
      rate: 'mail',
      summary: 'A resident’s ask for help: a submitted request of the place’s root unit.',
      input: { params: slugParams, body: askBody },
      // Nothing that was told is told back: the address may be shared with anybody.
      output: z.object({ received: z.literal(true) }),
      async run({ body }) {
        await requests.ask(body);
        return { received: true as const };
      },
      page: (_output, { params }) => seeOther(`/t/${params.tenantSlug}/requests/thanks`),
      invalid: (failure, context) => form(context, failure),
    }),
    route({
      name: 'requests/asked',
      method: 'get',
      path: '/t/:tenantSlug/requests/thanks',
      doors: ['page'],
      access: 'public',
      tenant: 'slug',
      summary: 'Thanks, and what happens next.',
      input: { params: slugParams },
      output: empty,
      run: async () => ({}),
      page: (_output, { tenant, locale }) => view('requests/thanks', { tenant: placeOf(tenant, locale) }),
    }),
  ];
}

function placeOf(
  tenant: RouteContext['tenant'],
  locale: RouteContext['locale'],
): { slug: string; name: string } {
  if (!tenant) throw new Error('A public page of a place without its tenant');
  return { slug: tenant.slug, name: tenant.name[locale] };
}
