import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import type { I18n } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { empty } from '../../http/schema.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { TenantService } from '../tenants/index.ts';
import type { OwnRegistrationService } from './own.service.ts';
import { renderPackage } from './re-registration.pdf.ts';
import { overviewFilter, overviewPage, ownView, packageView, runView } from './re-registration.schema.ts';
import {
  overviewModel,
  ownModel,
  toOwnView,
  toPackage,
  toRun,
  toWatch,
  wordsOf,
} from './re-registration.view.ts';
import type { RunService } from './run.service.ts';

export interface ReRegistrationRouteParts {
  readonly own: OwnRegistrationService;
  readonly runs: RunService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
}

/** Re-registration: one's own, with what is handed in, and where all social workers stand. */
export function reRegistrationRoutes(parts: ReRegistrationRouteParts): Route[] {
  return [...ownRoutes(parts), ...overviewRoutes(parts)];
}

function ownRoutes({ own, tenants, i18n }: ReRegistrationRouteParts): Route[] {
  return [
    route({
      name: 're-registration/own',
      method: 'get',
      path: '/re-registration',
      access: 'credits:claim-own',
      tenant: 'member',
      summary:
        'One’s own re-registration: window, checklist of what is missing, forecast, reminders to come.',
      input: {},
      output: ownView,
      run: async ({ account, zone }) =>
        toOwnView(await own.of(account.personId), localDate(contextNow(), zone)),
      page: async (_own, { account, locale }) =>
        view('re-registration/own', ownModel({ i18n, locale }, await own.of(account.personId))),
    }),
    route({
      name: 're-registration/package',
      method: 'get',
      path: '/re-registration/package.json',
      apiPath: '/re-registration/package',
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'The application as data: registration, what counts and why, the checklist.',
      input: {},
      output: packageView,
      async run({ account }) {
        const found = await own.get(account.personId);
        const tenant = await tenants.current();
        return toPackage(found, tenant.name[tenant.locale]);
      },
      page: (facts) =>
        file(
          Buffer.from(`${JSON.stringify(facts, null, 2)}\n`),
          'application/json',
          `re-registration-${facts.preparedOn}.json`,
        ),
    }),
    route({
      name: 're-registration/package-pdf',
      method: 'get',
      path: '/re-registration/package.pdf',
      apiPath: '/re-registration/package/pdf',
      access: 'credits:claim-own',
      tenant: 'member',
      rate: 'heavy',
      summary: 'The application as a PDF to hand in.',
      input: {},
      output: empty,
      async run({ account, locale }) {
        const found = await own.get(account.personId);
        const tenant = await tenants.current();
        const facts = toPackage(found, tenant.name[locale]);
        const bytes = await renderPackage(facts, wordsOf({ i18n, locale }, found));
        return file(bytes, 'application/pdf', `re-registration-${facts.preparedOn}.pdf`);
      },
      page: () => seeOther('/re-registration'),
    }),
  ];
}

function overviewRoutes({ runs, i18n }: ReRegistrationRouteParts): Route[] {
  return [
    route({
      name: 're-registration/overview',
      method: 'get',
      path: '/re-registration/overview',
      access: 'credits:see',
      tenant: 'member',
      summary: 'Registrations by their end, with where each holder stood at the last evaluation of all.',
      input: { query: overviewFilter },
      output: overviewPage,
      async run({ account, query }) {
        const page = await runs.list(account, { ...query, behind: query.behind === 'true' });
        const run = await runs.latest();
        return { data: page.data.map(toWatch), nextCursor: page.nextCursor, run: run && toRun(run) };
      },
      page: ({ data, nextCursor, run }, { actor, locale, query }) =>
        view('re-registration/overview', {
          ...overviewModel({ i18n, locale }, data, run),
          canStart: can(actor, 'credits:review') && run?.state !== 'running',
          tabs: ['false', 'true'].map((behind) => ({
            href: behind === 'true' ? '/re-registration/overview?behind=true' : '/re-registration/overview',
            label: i18n.t(locale, `re-registration.overview.tab.${behind === 'true' ? 'behind' : 'all'}`),
            current: query.behind === behind,
            count: null,
          })),
          ...pagerOf('/re-registration/overview', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 're-registration/evaluate-all',
      method: 'post',
      path: '/re-registration/runs',
      access: 'credits:review',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Evaluates the credit hours of every social worker here in one job; the overview shows how far it is.',
      input: {},
      output: runView,
      run: async ({ account }) => toRun(await runs.start(account)),
      page: () =>
        seeOther('/re-registration/overview', { kind: 'success', key: 're-registration.overview.started' }),
      invalid: ({ error }) =>
        seeOther('/re-registration/overview', { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}
