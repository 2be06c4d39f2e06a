import { canEverywhere } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import type { Locale } from '../../core/locale.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty } from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import type { CredentialTypeService } from '../credentials/index.ts';
import type { UnitService } from '../units/index.ts';
import type { createPoolMemberQueries } from './member.queries.ts';
import type { PoolMemberService } from './member.service.ts';
import { LIVE_STATES } from './pool.model.ts';
import {
  idParams,
  memberFilter,
  memberPage,
  poolBody,
  poolDetail,
  poolPage,
  poolView,
} from './pool.schema.ts';
import type { PoolService } from './pool.service.ts';
import { formValues, poolForm, readPool, ruleText, toMemberView, toPoolView } from './pool.view.ts';
import type { Reader } from './pool.view.ts';

export interface PoolRouteParts {
  readonly pools: PoolService;
  readonly members: PoolMemberService;
  readonly queries: ReturnType<typeof createPoolMemberQueries>;
  readonly types: CredentialTypeService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** What wording a page needs of the place: its catalogue and its units. */
export const readerOf = async (
  { i18n, types, units }: Pick<PoolRouteParts, 'i18n' | 'types' | 'units'>,
  locale: Locale,
): Promise<Reader> => {
  const [catalogue, tree] = await sideBySide([() => types.all(), () => units.all()]);
  return { i18n, locale, types: catalogue, units: new Map(tree.map((unit) => [unit.id, unit])) };
};

const WAITING = ['proposed', 'applied', 'first_pass', 'appealed'];
const CERTIFIED = ['certified', 'expiring'];
const sum = (states: Record<string, number>, of: readonly string[]): number =>
  of.reduce((total, state) => total + (states[state] ?? 0), 0);
const NEW = { windowMonths: 1, validMonths: 12, proposes: true, open: true, active: true };

/** Pools: what they are for, what they ask, who is in them, and which streets they cover. */
export function poolRoutes(parts: PoolRouteParts): Route[] {
  return [...readingRoutes(parts), ...definingRoutes(parts)];
}

function readingRoutes(parts: PoolRouteParts): Route[] {
  const { pools, queries, i18n } = parts;
  const list = async (actor: Actor) => {
    const rows = await pools.list();
    const counts = await pools.counts(
      actor,
      rows.map((row) => row._id),
    );
    return rows.map((row) => {
      const states = counts.get(String(row._id)) ?? {};
      return { ...toPoolView(row), certified: sum(states, CERTIFIED), waiting: sum(states, WAITING) };
    });
  };
  return [
    route({
      name: 'talent-pools/list',
      method: 'get',
      path: '/talent-pools',
      access: 'talent-pools:see',
      tenant: 'member',
      summary: 'The talent pools here, with how many are certified and how many wait.',
      input: {},
      output: poolPage,
      run: async ({ actor }) => ({ data: await list(actor), nextCursor: null }),
      page: async ({ data }, { locale, actor }) =>
        view('talent-pools/list', {
          pools: data.map((pool) => ({
            href: `/talent-pools/${pool.id}`,
            name: pool.name[locale],
            purpose: pool.purpose,
            facts: [
              { icon: 'rosette', text: i18n.t(locale, 'talent-pools.certified', { count: pool.certified }) },
              { icon: 'hourglass', text: i18n.t(locale, 'talent-pools.waiting', { count: pool.waiting }) },
              ...(pool.active ? [] : [{ icon: 'archive', text: i18n.t(locale, 'talent-pools.closed') }]),
            ],
          })),
          canDefine: canEverywhere(actor, 'talent-pools:define'),
        }),
    }),
    route({
      name: 'talent-pools/show',
      method: 'get',
      path: '/talent-pools/:id',
      access: 'talent-pools:see',
      tenant: 'member',
      summary: 'One pool: its rules, how many are in each state, and the streets that it covers.',
      input: { params: idParams },
      output: poolDetail,
      async run({ actor, params }) {
        const row = await pools.access(params.id);
        const [counts, coverage] = await sideBySide([
          () => pools.counts(actor, [row._id]),
          () => pools.coverage(row._id),
        ]);
        return {
          ...toPoolView(row),
          states: counts.get(params.id) ?? {},
          coverage: coverage.map(({ unit, certified }) => ({ unitId: unit.id, name: unit.name, certified })),
        };
      },
      async page(pool, { locale, actor }) {
        const reader = await readerOf(parts, locale);
        const most = Math.max(1, ...pool.coverage.map(({ certified }) => certified));
        return view('talent-pools/show', {
          id: pool.id,
          name: pool.name[locale],
          purpose: pool.purpose,
          rules: pool.rules.map((rule) => ruleText(reader, rule)),
          validity:
            pool.validMonths === null
              ? i18n.t(locale, 'credentials.types.never')
              : i18n.t(locale, 'credentials.types.months', { count: pool.validMonths }),
          ways: [
            ...(pool.active ? [] : ['closed']),
            ...(pool.active && pool.proposes ? ['proposes'] : []),
            ...(pool.active && pool.open ? ['open'] : []),
          ].map((way) => i18n.t(locale, `talent-pools.${way}`)),
          states: Object.entries(pool.states).map(([state, count]) => ({
            state,
            count,
            href: `/talent-pools/${pool.id}/members?state=${state}`,
            text: i18n.t(locale, `states.pool.${state}`),
          })),
          coverage: pool.coverage.map(({ name, certified }) => ({
            name: name[locale],
            certified,
            max: most,
          })),
          uncovered: pool.coverage.filter(({ certified }) => certified === 0).length,
          canDefine: canEverywhere(actor, 'talent-pools:define'),
        });
      },
    }),
    route({
      name: 'talent-pools/members',
      method: 'get',
      path: '/talent-pools/:id/members',
      access: 'talent-pools:see',
      tenant: 'member',
      summary: 'People of one pool within reach, by name; filtered by state.',
      input: { params: idParams, query: memberFilter },
      output: memberPage,
      async run({ actor, params, query }) {
        const row = await pools.access(params.id);
        const page = await queries.ofPool(actor, row._id, query);
        return { data: page.data.map(toMemberView), nextCursor: page.nextCursor };
      },
      async page({ data, nextCursor }, { locale, params, query }) {
        const pool = await pools.access(params.id);
        const base = `/talent-pools/${params.id}/members`;
        return view('talent-pools/members', {
          pool: { href: `/talent-pools/${params.id}`, name: pool.name[locale] },
          tabs: ['', ...LIVE_STATES, 'refused', 'lapsed', 'left'].map((state) => ({
            href: state === '' ? base : `${base}?state=${state}`,
            label: state === '' ? i18n.t(locale, 'common.word.all') : i18n.t(locale, `states.pool.${state}`),
            current: (query.state ?? '') === state,
            count: null,
          })),
          members: data,
          ...pagerOf(base, query, nextCursor),
          count: data.length,
        });
      },
    }),
  ];
}

function definingRoutes(parts: PoolRouteParts): Route[] {
  const { pools } = parts;
  const newPage = async ({ locale }: { locale: Locale }, failure?: FormFailure): Promise<PageResult> =>
    view('talent-pools/form', {
      action: '/talent-pools',
      version: null,
      pool: null,
      crumbs: [{ href: '/talent-pools', label: parts.i18n.t(locale, 'talent-pools.title') }],
      rulesText: null,
      ...poolForm(await readerOf(parts, locale), failure?.values ?? NEW, failure?.issues ?? []),
    });
  const editPage = async (
    { locale, params }: { locale: Locale; actor: Actor; params: { id: string } },
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const pool = toPoolView(await pools.access(params.id));
    const said = formValues(pool);
    const values = failure?.values ?? { ...pool, nameZh: pool.name['zh-CN'], nameEn: pool.name.en, ...said };
    const issues = failure
      ? failure.issues.length > 0
        ? failure.issues
        : [{ path: '', code: failure.error.code }]
      : [];
    return view('talent-pools/form', {
      action: `/talent-pools/${pool.id}`,
      version: pool.version,
      pool: pool.name[locale],
      crumbs: [{ href: `/talent-pools/${pool.id}`, label: pool.name[locale] }],
      // Rules that the form cannot say are kept by programs; the form would lose them.
      rulesText: said === null ? JSON.stringify(pool.rules, null, 2) : null,
      ...poolForm(await readerOf(parts, locale), values, issues),
    });
  };
  return [
    route({
      name: 'talent-pools/new-form',
      method: 'get',
      path: '/talent-pools/new',
      doors: ['page'],
      access: 'talent-pools:define',
      whole: true,
      tenant: 'member',
      summary: 'The form for a new pool.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_none, context) => newPage(context),
    }),
    route({
      name: 'talent-pools/define',
      method: 'post',
      path: '/talent-pools',
      access: 'talent-pools:define',
      whole: true,
      tenant: 'member',
      summary: 'Defines a pool: what it is for, what its people must hold, how long a certification holds.',
      input: { body: poolBody },
      output: poolView,
      run: async ({ account, body }) => toPoolView(await pools.define(account, readPool(body))),
      page: ({ id }) => seeOther(`/talent-pools/${id}`, { kind: 'success', key: 'talent-pools.saved' }),
      invalid: (failure, context) => newPage(context, failure),
    }),
    route({
      name: 'talent-pools/edit-form',
      method: 'get',
      path: '/talent-pools/:id/edit',
      doors: ['page'],
      access: 'talent-pools:define',
      whole: true,
      tenant: 'member',
      summary: 'The form for changing a pool.',
      input: { params: idParams },
      output: empty,
      async run({ params }) {
        await pools.access(params.id);
        return {};
      },
      page: (_none, context) => editPage(context),
    }),
    route({
      name: 'talent-pools/edit',
      method: 'patch',
      path: '/talent-pools/:id',
      access: 'talent-pools:define',
      whole: true,
      tenant: 'member',
      summary: 'Changes a pool; who is certified stays until the end of the certification.',
      versioned: true,
      input: { params: idParams, body: poolBody },
      output: poolView,
      run: async ({ account, params, body, version }) =>
        toPoolView(await pools.edit(account, params.id, readPool(body), version)),
      page: ({ id }) => seeOther(`/talent-pools/${id}`, { kind: 'success', key: 'talent-pools.saved' }),
      invalid: (failure, context) => editPage(context, failure),
    }),
  ];
}
