import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import type { MembershipService } from '../memberships/index.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { can } from '../../core/actor.ts';
import { readerOf } from './pool.routes.ts';
import type { PoolRouteParts } from './pool.routes.ts';
import {
  deskFilter,
  idParams,
  leaveBody,
  memberDetail,
  memberPage,
  memberView,
  ownQualifications,
  proposeBody,
  reasonBody,
  reviewBody,
  sharedPage,
  sharingBody,
  standingBody,
} from './pool.schema.ts';
import { rulesOf } from './pool.service.ts';
import {
  factText,
  findingsOf,
  judgedModel,
  memberAbilities,
  plain,
  plainFindings,
  ruleText,
  toMemberView,
} from './pool.view.ts';
import { Conflict } from '../../core/errors.ts';

export interface MemberRouteParts extends PoolRouteParts {
  readonly memberships: MembershipService;
}

const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/pool-memberships/${params.id}`, {
    kind: 'error',
    key: `errors.${issues[0]?.code ?? error.code}`,
  });
const noted = ({ id }: { id: string }): PageResult =>
  seeOther(`/pool-memberships/${id}`, { kind: 'success', key: 'talent-pools.noted' });

/** People in pools: one's own, the desk of those who review them, and what neighbours agreed to show. */
export function poolMemberRoutes(parts: MemberRouteParts): Route[] {
  return [...ownRoutes(parts), ...deskRoutes(parts), ...stepRoutes(parts)];
}

function ownRoutes(parts: MemberRouteParts): Route[] {
  const { pools, members, queries, i18n } = parts;
  return [
    route({
      name: 'talent-pools/own',
      method: 'get',
      path: '/qualifications',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary:
        'One’s own place in pools, and the pools one may apply to with what their rules say of one today.',
      input: {},
      output: ownQualifications,
      async run({ account }) {
        const rows = await queries.own(account);
        const known = await pools.rows(rows.map((row) => row.poolId));
        const live = new Set(
          rows
            .filter(({ state }) => !['refused', 'lapsed', 'left'].includes(state))
            .map((row) => String(row.poolId)),
        );
        const open = (await pools.openFor(account.personId)).filter(
          ({ pool }) => !live.has(String(pool._id)),
        );
        return {
          data: rows.map((row) => ({
            ...toMemberView(row),
            pool: known.get(String(row.poolId))?.name ?? { 'zh-CN': '', en: '' },
          })),
          open: open.map(({ pool, judgement }) => ({
            id: String(pool._id),
            name: pool.name,
            purpose: pool.purpose,
            judgement: plain(judgement),
          })),
          nextCursor: null,
        };
      },
      async page({ data, open }, { account, locale }) {
        const reader = await readerOf(parts, locale);
        const rows = await pools.rows(open.map(({ id }) => id));
        const mayBegin = can(account, 'talent-pools:apply-own');
        return view('talent-pools/own', {
          mayBegin,
          memberships: data.map((one) => ({ ...one, poolName: one.pool[locale] })),
          open: (mayBegin ? open : []).map(({ id, name, purpose, judgement }) => {
            const pool = rows.get(id);
            return {
              id,
              name: name[locale],
              purpose,
              passed: judgement.passed,
              rules: judgedModel(reader, pool ? rulesOf(pool) : [], judgement.findings),
            };
          }),
        });
      },
    }),
    route({
      name: 'talent-pools/apply',
      method: 'post',
      path: '/talent-pools/:id/applications',
      access: 'talent-pools:apply-own',
      tenant: 'member',
      summary: 'Asks to be in the pool; refused with the rules that one does not pass.',
      input: { params: idParams },
      output: memberView,
      run: async ({ account, params }) => toMemberView(await members.apply(account, params.id)),
      page: noted,
      invalid: ({ error }) => seeOther('/qualifications', { kind: 'error', key: `errors.${error.code}` }),
    }),
    route({
      name: 'talent-pools/appeal',
      method: 'post',
      path: '/pool-memberships/:id/appeal',
      access: 'talent-pools:apply-own',
      tenant: 'member',
      summary: 'Contests a refusal, once; a reviewer who has not spoken on it answers.',
      status: 200,
      input: { params: idParams, body: reasonBody },
      output: memberView,
      run: async ({ account, params, body }) =>
        toMemberView(await members.appeal(account, params.id, body.reason)),
      page: noted,
      invalid: back,
    }),
    route({
      name: 'talent-pools/share',
      method: 'post',
      path: '/pool-memberships/:id/sharing',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary:
        'The person agrees that other organisations of the area see the certification, or takes it back.',
      status: 200,
      input: { params: idParams, body: sharingBody },
      output: memberView,
      async run({ account, params, body }) {
        // Taken back at any time, given by members only.
        if (body.shared && !can(account, 'talent-pools:apply-own')) throw new Forbidden('not-permitted');
        return toMemberView(await members.share(account, params.id, body.shared));
      },
      page: noted,
      invalid: back,
    }),
    route({
      name: 'talent-pools/leave',
      method: 'post',
      path: '/pool-memberships/:id/exit',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'Leaves the pool; an officer who ends it for somebody states the reason.',
      status: 200,
      input: { params: idParams, body: leaveBody },
      output: memberView,
      run: async ({ account, params, body }) =>
        toMemberView(await members.leave(account, params.id, body.reason)),
      page: noted,
      invalid: back,
    }),
    route({
      name: 'talent-pools/show-member',
      method: 'get',
      path: '/pool-memberships/:id',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary:
        'One person in one pool: what each rule says today, and which rule passed on which fact at each decision.',
      input: { params: idParams },
      output: memberDetail,
      async run({ actor, params }) {
        const row = await members.access(actor, params.id);
        const pool = await pools.access(String(row.poolId));
        return {
          ...toMemberView(row),
          pool: pool.name,
          judgement: plain(await members.judgedNow(row, pool)),
          decisions: row.decisions.map(({ at, step, passed, findings }) => ({
            at: at.toISOString(),
            step,
            passed,
            findings: plainFindings(findingsOf(findings)),
          })),
        };
      },
      async page(one, { actor, account, params, locale }: RouteContext<{ id: string }>) {
        const row = await members.access(actor, params.id);
        const pool = await pools.access(String(row.poolId));
        const reader = await readerOf(parts, locale);
        const rules = rulesOf(pool);
        const own = String(row.personId) === account.personId;
        return view('talent-pools/member', {
          ...toMemberView(row),
          poolName: pool.name[locale],
          crumb: own
            ? { href: '/qualifications', label: i18n.t(locale, 'talent-pools.own.title') }
            : { href: `/talent-pools/${one.poolId}`, label: pool.name[locale] },
          own,
          poolId: one.poolId,
          can: memberAbilities(row, account),
          passed: one.judgement.passed,
          rules: judgedModel(reader, rules, one.judgement.findings),
          decisions: row.decisions.toReversed().map((decision) => ({
            at: decision.at,
            title: i18n.t(locale, `talent-pools.step.${decision.step}`),
            findings: findingsOf(decision.findings).map((finding, at) => {
              const rule = rules[at];
              return {
                icon: finding.passed ? 'circle-check' : 'circle-x',
                rule:
                  rule?.kind === finding.kind
                    ? ruleText(reader, rule)
                    : i18n.t(locale, `talent-pools.kind.${finding.kind}`),
                fact: factText(reader, finding),
              };
            }),
          })),
          timeline: row.history.map((entry) => ({
            title: i18n.t(locale, `states.pool.${entry.to}`),
            at: entry.at,
            by: null,
            text: entry.reason === RECHECKED ? i18n.t(locale, 'talent-pools.rechecked') : entry.reason,
            icon: null,
          })),
        });
      },
    }),
  ];
}

/** The stored reason of a suspension that nobody pressed: what a rule rested on is gone. */
export const RECHECKED = 'rule-no-longer-passes';

function deskRoutes({ pools, queries, members, memberships, i18n }: MemberRouteParts): Route[] {
  return [
    route({
      name: 'talent-pools/desk',
      method: 'get',
      path: '/talent-pools/reviews',
      access: 'talent-pools:see',
      tenant: 'member',
      summary: 'People who wait for the actor’s first or final word on a pool, oldest first.',
      input: { query: deskFilter },
      output: memberPage,
      async run({ account, query }) {
        const page = await queries.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toMemberView), nextCursor: page.nextCursor };
      },
      async page({ data, nextCursor }, { locale, query }) {
        const known = await pools.rows(data.map(({ poolId }) => poolId));
        return view('talent-pools/desk', {
          members: data.map((one) => ({ ...one, poolName: known.get(one.poolId)?.name[locale] ?? '' })),
          ...pagerOf('/talent-pools/reviews', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'talent-pools/shared',
      method: 'get',
      path: '/talent-pools/shared',
      access: 'talent-pools:see',
      tenant: 'member',
      summary: 'Certified people of other organisations of the area who agreed to be shown.',
      input: { query: deskFilter },
      output: sharedPage,
      run: ({ query }) => queries.sharedNearby(query.limit, query.cursor),
      page: ({ data, nextCursor }, { locale, query }) =>
        view('talent-pools/shared', {
          people: data.map((one) => ({
            title: one.personName,
            facts: [
              { icon: 'rosette', text: one.pool[locale] },
              { icon: 'building', text: one.organisation[locale] },
            ],
            validTo: one.validTo,
          })),
          ...pagerOf('/talent-pools/shared', query, nextCursor),
          count: data.length,
          none: i18n.t(locale, 'talent-pools.shared.none'),
        }),
    }),
    route({
      name: 'talent-pools/propose',
      method: 'post',
      path: '/talent-pools/:id/proposals',
      access: 'talent-pools:review',
      tenant: 'member',
      summary: 'Proposes one member who passes the rules; they are told and may decline.',
      input: { params: idParams, body: proposeBody },
      output: memberView,
      async run({ account, params, body }) {
        const pool = await pools.access(params.id);
        const member = await memberships.row(body.membershipId);
        if (
          !member ||
          member.state !== 'approved' ||
          !can(account, 'talent-pools:review', String(member.unitId))
        )
          throw new NotFound();
        const row = await members.propose(pool, member);
        if (!row) throw new Conflict('not-to-be-proposed');
        return toMemberView(row);
      },
      page: noted,
      invalid: ({ error }, { params }) =>
        seeOther(`/talent-pools/${params.id}`, { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}

function stepRoutes({ members }: MemberRouteParts): Route[] {
  return [
    route({
      name: 'talent-pools/review',
      method: 'post',
      path: '/pool-memberships/:id/review',
      access: 'talent-pools:see',
      tenant: 'member',
      summary:
        'The first or the final word, or the answer to an appeal; never two by one officer, never on one’s own.',
      status: 200,
      input: { params: idParams, body: reviewBody },
      output: memberView,
      run: async ({ account, params, body }) => toMemberView(await members.review(account, params.id, body)),
      page: noted,
      invalid: back,
    }),
    route({
      name: 'talent-pools/change-standing',
      method: 'post',
      path: '/pool-memberships/:id/standing',
      access: 'talent-pools:decide',
      tenant: 'member',
      summary: 'Suspends a certification or lets it count again when the rules hold.',
      status: 200,
      input: { params: idParams, body: standingBody },
      output: memberView,
      run: async ({ account, params, body }) =>
        toMemberView(await members.changeStanding(account, params.id, body)),
      page: noted,
      invalid: back,
    }),
    route({
      name: 'talent-pools/renew',
      method: 'post',
      path: '/pool-memberships/:id/renewal',
      access: 'talent-pools:see',
      tenant: 'member',
      summary:
        'Renews a certification that is about to end: the first word by one officer, the second by another.',
      status: 200,
      input: { params: idParams },
      output: memberView,
      run: async ({ account, params }) => toMemberView(await members.renew(account, params.id)),
      page: noted,
      invalid: back,
    }),
  ];
}
