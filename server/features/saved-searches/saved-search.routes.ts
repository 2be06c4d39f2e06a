import { can } from '../../core/actor.ts';
import { empty } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import {
  newSearchQuery,
  pausedBody,
  savedSearchBody,
  savedSearchList,
  savedSearchView,
  searchParams,
  shownSearch,
} from './saved-search.schema.ts';
import type { SavedSearchService } from './saved-search.service.ts';
import { MOST_SEARCHES } from './saved-search.rules.ts';
import { asked, searchForm, toFound, toSavedSearch } from './saved-search.view.ts';

export interface SavedSearchRouteParts {
  readonly searches: SavedSearchService;
  readonly i18n: I18n;
}

const HERE = '/saved-searches';
const API = '/me/saved-searches';
/** Found positions that a page shows. */
const MOST_FOUND = 50;
/** Reading and ending them stays open to whoever may begin none. */
const ending = { access: 'memberships:step-back-own', tenant: 'member' } as const;
const member = { access: 'searches:save-own', tenant: 'member' } as const;

const issuesOf = ({ issues, error }: FormFailure) =>
  issues.length > 0 ? issues : [{ path: '', code: error.code, params: error.details as never }];

/** What one looks for, saved under a name, and mailed about when something new fits. */
export function savedSearchRoutes(parts: SavedSearchRouteParts): Route[] {
  return [...readRoutes(parts), ...writeRoutes(parts), ...endRoutes(parts)];
}

function formPage(
  { i18n }: Pick<SavedSearchRouteParts, 'i18n'>,
  { locale }: Pick<RouteContext, 'locale'>,
  search: { id: string; version: number; name: string } | null,
  values: Readonly<Record<string, unknown>>,
  issues: FormFailure['issues'] = [],
): PageResult {
  return view('saved-searches/form', {
    search,
    action: search ? `${HERE}/${search.id}` : HERE,
    cancel: search ? `${HERE}/${search.id}` : HERE,
    pick: { lat: 'f-latitude', lng: 'f-longitude' },
    ...searchForm({ i18n, locale }, values, issues),
  });
}

function readRoutes({ searches, i18n }: SavedSearchRouteParts): Route[] {
  return [
    route({
      name: 'saved-searches/list',
      method: 'get',
      path: HERE,
      apiPath: API,
      ...ending,
      summary: 'One’s own saved searches here, oldest first.',
      input: {},
      output: savedSearchList,
      run: async ({ account }) => ({
        data: (await searches.list(account)).map(toSavedSearch),
        nextCursor: null,
      }),
      page: ({ data }, { account, locale }) =>
        view('saved-searches/list', {
          mayBegin: can(account, 'searches:save-own'),
          searches: data.map((one) => ({
            ...one,
            facts: [
              ...asked({ i18n, locale }, one),
              { icon: 'mail', text: i18n.t(locale, `savedSearches.often.${one.often}`) },
            ],
            state: one.paused ? 'paused' : null,
          })),
          full: data.length >= MOST_SEARCHES,
          most: MOST_SEARCHES,
        }),
    }),
    route({
      name: 'saved-searches/new-form',
      method: 'get',
      path: `${HERE}/new`,
      doors: ['page'],
      ...member,
      summary: 'The form of a search, filled with the filter of the list that was left.',
      input: { query: newSearchQuery },
      output: empty,
      run: async () => ({}),
      page: (_nothing, context) => {
        const { skill, category, latitude, longitude, radiusKm } = context.query;
        return formPage({ i18n }, context, null, {
          often: 'daily',
          category: category ?? '',
          skills: skill ? [skill] : [],
          latitude: latitude ?? '',
          longitude: longitude ?? '',
          withinKm: latitude ? (radiusKm ?? '10') : '',
        });
      },
    }),
    route({
      name: 'saved-searches/show',
      method: 'get',
      path: `${HERE}/:id`,
      apiPath: `${API}/:id`,
      ...member,
      summary: 'One saved search, and the open positions that it finds now and that suit one, best first.',
      input: { params: searchParams },
      output: shownSearch,
      async run({ account, params }) {
        const row = await searches.access(account, params.id);
        const found = await searches.found(row);
        return {
          ...toSavedSearch(row),
          found: found.slice(0, MOST_FOUND).map(toFound),
          count: found.length,
        };
      },
      page: (shown, { locale }) =>
        view('saved-searches/show', {
          ...shown,
          facts: asked({ i18n, locale }, shown),
          oftenText: i18n.t(locale, `savedSearches.often.${shown.often}`),
          more: shown.count - shown.found.length,
        }),
    }),
    route({
      name: 'saved-searches/edit-form',
      method: 'get',
      path: `${HERE}/:id/edit`,
      doors: ['page'],
      ...member,
      summary: 'The form of a search that is there.',
      input: { params: searchParams },
      output: savedSearchView,
      run: async ({ account, params }) => toSavedSearch(await searches.access(account, params.id)),
      page: (search, context) => formPage({ i18n }, context, search, { ...search }),
    }),
  ];
}

function writeRoutes({ searches, i18n }: SavedSearchRouteParts): Route[] {
  return [
    route({
      name: 'saved-searches/create',
      method: 'post',
      path: HERE,
      apiPath: API,
      ...member,
      summary: 'Saves a search: from now on what is new and suits one is mailed, daily or at once.',
      input: { body: savedSearchBody },
      output: savedSearchView,
      run: async ({ account, body }) => toSavedSearch(await searches.create(account, body)),
      page: ({ id }) => seeOther(`${HERE}/${id}`, { kind: 'success', key: 'savedSearches.did.saved' }),
      invalid: (failure, context) => formPage({ i18n }, context, null, failure.values, issuesOf(failure)),
    }),
    route({
      name: 'saved-searches/edit',
      method: 'put',
      path: `${HERE}/:id`,
      apiPath: `${API}/:id`,
      ...member,
      summary: 'Changes a search; what it finds already is no news.',
      versioned: true,
      input: { params: searchParams, body: savedSearchBody },
      output: savedSearchView,
      run: async ({ account, params, body, version }) =>
        toSavedSearch(await searches.edit(account, params.id, body, version)),
      page: ({ id }) => seeOther(`${HERE}/${id}`, { kind: 'success', key: 'savedSearches.did.saved' }),
      invalid: async (failure, context) => {
        const { _id, version, name } = await searches.access(context.account, context.params.id);
        return formPage(
          { i18n },
          context,
          { id: String(_id), version: context.version ?? version, name },
          failure.values,
          issuesOf(failure),
        );
      },
    }),
  ];
}

function endRoutes({ searches }: SavedSearchRouteParts): Route[] {
  return [
    route({
      name: 'saved-searches/pause',
      method: 'post',
      path: `${HERE}/:id/pause`,
      apiPath: `${API}/:id/pause`,
      ...ending,
      summary: 'Ends the mails of a search, or goes on with them.',
      status: 200,
      input: { params: searchParams, body: pausedBody },
      output: savedSearchView,
      run: async ({ account, params, body }) =>
        toSavedSearch(await searches.pause(account, params.id, body.paused)),
      page: ({ id, paused }, { account }) =>
        seeOther(can(account, 'searches:save-own') ? `${HERE}/${id}` : HERE, {
          kind: 'success',
          key: paused ? 'savedSearches.did.paused' : 'savedSearches.did.resumed',
        }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`${HERE}/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    }),
    route({
      name: 'saved-searches/remove',
      method: 'post',
      path: `${HERE}/:id/removal`,
      apiPath: `${API}/:id/removal`,
      ...ending,
      summary: 'Takes a search away, with all that it found.',
      status: 200,
      input: { params: searchParams },
      output: empty,
      run: async ({ account, params }) => {
        await searches.remove(account, params.id);
        return {};
      },
      page: () => seeOther(HERE, { kind: 'success', key: 'savedSearches.did.removed' }),
    }),
  ];
}
