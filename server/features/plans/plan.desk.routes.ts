import { can } from '../../core/actor.ts';
import { asTenant } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { createForm, formatDateTime, formatNumber } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { id, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { AssignmentService } from '../assignments/index.ts';
import { reckoningRows, wordFinding } from '../assignments/index.ts';
import { forOthers, markOf } from '../matching/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { Exchanged, Explained, PlanExplaining } from './plan.explain.ts';
import { lineOf } from './plan.explain.ts';
import type { PlanLineRow } from './plan.model.ts';
import { membersAmong, readLines } from './plan.reading.ts';
import type { ReadingParts } from './plan.reading.ts';
import { partsOf } from './plan.judge.ts';
import { planMemberRoute } from './plan.member.routes.ts';
import { backToPlan, showPlan } from './plan.routes.ts';
import {
  decideBody,
  lineParams,
  planParams,
  planView,
  positionView,
  waveBody,
  whyOffered,
  whyQuery,
  whyView,
  wishBody,
  withdrawBody,
} from './plan.schema.ts';
import type { WhyView } from './plan.schema.ts';
import type { PlanSending } from './plan.sending.ts';
import type { PlanService } from './plan.service.ts';
import { toPart, toPlanView, toReckonedParts, wordLine } from './plan.view.ts';
import type { Words } from './plan.view.ts';

export interface DeskRouteParts extends ReadingParts {
  readonly plans: PlanService;
  readonly sending: PlanSending;
  readonly explaining: PlanExplaining;
  readonly assignments: AssignmentService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
}

/** Deciding over pairs, sending waves, taking a plan back, and every "why" of it. */
export const planDeskRoutes = (parts: DeskRouteParts): Route[] => [
  ...waveRoutes(parts),
  wishRoute(parts),
  ...pairRoutes(parts),
  planMemberRoute(parts),
  whyOfferedRoute(parts),
];

function waveRoutes(parts: DeskRouteParts): Route[] {
  const { plans, sending } = parts;
  return [
    route({
      name: 'plans/send',
      method: 'post',
      path: '/plans/:id/waves',
      access: 'plans:send',
      tenant: 'member',
      versioned: true,
      rate: 'heavy',
      summary:
        'Sends the next wave of offers in the background; each is judged anew, and only acceptance assigns. A reason is needed where units fare worse.',
      status: 202,
      input: { params: planParams, body: waveBody },
      output: planView,
      run: async ({ account, params, version, body }) =>
        toPlanView(await sending.send(account, params.id, version, body)),
      page: ({ id: planId }) => seeOther(`/plans/${planId}`, { kind: 'success', key: 'plans.did.sending' }),
      invalid: async ({ issues, values, error }, context) => {
        const row = await plans.access(context.actor, context.params.id);
        const told = issues.length > 0 ? issues : [{ path: '', code: error.code }];
        return showPlan(parts, context, row, { issues: told, values });
      },
    }),
    route({
      name: 'plans/withdraw',
      method: 'post',
      path: '/plans/:id/withdrawal',
      access: 'plans:send',
      tenant: 'member',
      versioned: true,
      summary: 'Takes the plan back: offers that nobody answered are closed, what was accepted stays.',
      status: 202,
      input: { params: planParams, body: withdrawBody },
      output: planView,
      run: async ({ account, params, version, body }) =>
        toPlanView(await sending.withdraw(account, params.id, version, body.reason)),
      page: ({ id: planId }) => seeOther(`/plans/${planId}`, { kind: 'info', key: 'plans.did.withdrawing' }),
      invalid: backToPlan,
    }),
    route({
      name: 'plans/decide',
      method: 'post',
      path: '/plans/:id/pairs',
      access: 'plans:run',
      tenant: 'member',
      versioned: true,
      summary:
        'Says that a pair must be in the plan, must never be, or is left to it; the next making follows.',
      status: 200,
      input: { params: planParams, body: decideBody },
      output: planView,
      run: async ({ account, params, version, body }) =>
        toPlanView(await parts.explaining.decide(account, params.id, version, body)),
      page: ({ id: planId }, { body }) =>
        seeOther(`/plans/${planId}/positions/${body.positionId}`, {
          kind: 'success',
          key: 'plans.did.decided',
        }),
      invalid: backToPlan,
    }),
  ];
}

function wishRoute(parts: DeskRouteParts): Route {
  return route({
    name: 'plans/wish',
    method: 'post',
    path: '/plans/:id/wishes',
    access: 'plans:run',
    tenant: 'member',
    versioned: true,
    summary:
      'Wishes that a plan keeps by solving the block they concern: two people together or apart, the same people on a series; `none` takes all back.',
    status: 200,
    input: { params: planParams, body: wishBody },
    output: planView,
    run: async ({ account, params, version, body }) =>
      toPlanView(await parts.explaining.wish(account, params.id, version, body)),
    page: ({ id: planId }, { body }) =>
      seeOther(`/plans/${planId}/positions/${body.positionId}`, {
        kind: 'success',
        key: 'plans.did.decided',
      }),
    invalid: backToPlan,
  });
}

function pairRoutes(parts: DeskRouteParts): Route[] {
  const { plans, explaining, matching, memberships, i18n } = parts;
  return [
    route({
      name: 'plans/position',
      method: 'get',
      path: '/plans/:id/positions/:positionId',
      access: 'plans:see',
      tenant: 'member',
      summary:
        'One position of a plan: who is proposed and why, and what choosing others would cost the whole.',
      input: { params: lineParams },
      output: positionView,
      async run({ actor, params }) {
        const row = await plans.access(actor, params.id);
        const line = await lineOf(row, params.positionId);
        const [shown] = await readLines([line], parts);
        if (!shown) throw new NotFound();
        const others = await explaining.alternatives(row, line);
        const members = await membersAmong(
          others.map(({ personId }) => personId),
          memberships,
        );
        return {
          ...shown,
          planId: params.id,
          others: others.map(({ personId, ...other }) => ({
            ...other,
            handle: matching.handleOf(line.positionId, personId),
            name: members.get(personId)?.name ?? null,
            membershipId: members.get(personId)?.membershipId ?? null,
          })),
        };
      },
      async page(shown, { actor, params, locale, zone }) {
        const row = await plans.access(actor, params.id);
        const line = await lineOf(row, params.positionId);
        const why = `/plans/${params.id}/positions/${params.positionId}/why`;
        return view('plans/position', {
          ...wordLine(shown, params.id, { i18n, locale, zone }),
          planHref: `/plans/${params.id}`,
          createdAt: row.createdAt,
          version: row.version,
          decideAction: `/plans/${params.id}/pairs`,
          mayDecide: can(actor, 'plans:run', String(row.unitId)) && row.waves.length === 0,
          wishAction: `/plans/${params.id}/wishes`,
          wishes: row.wishes.length,
          inSeries: line.seriesId !== null,
          membersAction: `/plans/${params.id}/positions/${params.positionId}/members`,
          memberField: createForm({ i18n, locale, messages: 'plans.members' }).input('q', 'search', {
            required: true,
            maxLength: 60,
          }),
          why,
          others: shown.others.map((other) => ({
            ...other,
            label:
              other.name ?? i18n.t(locale, 'assignments.candidates.marked', { mark: markOf(other.handle) }),
            href: `${why}?handle=${other.handle}`,
          })),
        });
      },
    }),
    route({
      name: 'plans/why',
      method: 'get',
      path: '/plans/:id/positions/:positionId/why',
      access: 'plans:see',
      tenant: 'member',
      summary:
        'One pair, in the plan or not: score and refusals by today’s facts, price, surplus, and what forcing it would cost.',
      input: { params: lineParams, query: whyQuery },
      output: whyView,
      async run({ actor, params, query }) {
        const row = await plans.access(actor, params.id);
        const line = await lineOf(row, params.positionId);
        const member = query.membershipId ? await memberships.row(query.membershipId) : null;
        if (query.membershipId && (!member || !can(actor, 'people:see', String(member.unitId))))
          throw new NotFound();
        const personId = member
          ? String(member.personId)
          : query.handle
            ? await explaining.personBehind(row, line, query.handle)
            : firstOf(line);
        const found = await explaining.explain(row, line, personId);
        const { comes = [], goes = [] } = found.exchange ?? {};
        const people = [personId, ...[...comes, ...goes].map((one) => one.personId)];
        return toWhy(
          found,
          await membersAmong(people, memberships),
          matching.handleOf(line.positionId, personId),
        );
      },
      async page(shown, { actor, params, locale, zone }) {
        const row = await plans.access(actor, params.id);
        const line = await lineOf(row, params.positionId);
        const words = { i18n, locale, zone };
        return view('plans/why', {
          ...wordWhy(shown, words),
          planId: params.id,
          planHref: `/plans/${params.id}`,
          createdAt: row.createdAt,
          lineHref: `/plans/${params.id}/positions/${params.positionId}`,
          title: line.title,
          startsAt: line.startsAt,
          endsAt: line.endsAt,
          positionId: params.positionId,
          version: row.version,
          decideAction: `/plans/${params.id}/pairs`,
          mayDecide: can(actor, 'plans:run', String(row.unitId)) && row.waves.length === 0,
        });
      },
    }),
  ];
}

function firstOf({ pairs }: PlanLineRow): string {
  const [first] = pairs;
  if (!first) throw new NotFound();
  return String(first.personId);
}

function toWhy(
  { personId, fit, inputs, exchange, ...plan }: Explained,
  members: ReadonlyMap<string, { name: string; membershipId: string }>,
  handle: string,
): WhyView {
  const member = members.get(personId) ?? null;
  const named = ({ personId: id, startsAt, ...one }: Exchanged) => ({
    ...one,
    name: members.get(id)?.name ?? null,
    startsAt: startsAt?.toISOString() ?? null,
  });
  return {
    ...plan,
    exchange: exchange && {
      ...exchange,
      comes: exchange.comes.map(named),
      goes: exchange.goes.map(named),
    },
    handle,
    name: member?.name ?? null,
    membershipId: member?.membershipId ?? null,
    eligible: fit.eligible,
    score: fit.score,
    parts: toReckonedParts({ fit, inputs }, member === null),
    // Of people from elsewhere nobody learns what keeps them: only that something does.
    refusals:
      member === null && !fit.eligible
        ? [{ code: 'not-available', params: {} }]
        : fit.refusals.map(forOthers).map(({ code, params }) => ({ code, params: { ...params } })),
  };
}

function wordWhy(
  shown: WhyView,
  words: { i18n: I18n; locale: 'en' | 'zh-CN'; zone: string },
): Record<string, unknown> {
  const { i18n, locale, zone } = words;
  const number = (value: number): string => formatNumber(value, locale);
  const labelOf = (name: string | null): string => name ?? i18n.t(locale, 'assignments.candidates.nameless');
  const most = shown.parts.reduce((sum, part) => sum + part.most, 0);
  return {
    ...shown,
    label: shown.name ?? i18n.t(locale, 'assignments.candidates.marked', { mark: markOf(shown.handle) }),
    total: i18n.t(locale, 'matching.pair.total', {
      score: number(shown.score),
      most: number(most),
    }),
    partRows: reckoningRows(i18n, locale, shown.parts, zone),
    exchange:
      shown.exchange && exchangeModel(shown.exchange, shown.loss ?? 0, { i18n, locale, zone, labelOf }),
    refusalTexts: shown.refusals.map((refusal) => wordFinding(i18n, locale, refusal, zone)),
    isChanged: shown.plannedScore !== null && shown.plannedScore !== shown.score,
  };
}

/** Who would come and go, and the sum that is the cost. */
function exchangeModel(
  { comes, goes, places }: NonNullable<WhyView['exchange']>,
  loss: number,
  words: Words & { labelOf: (name: string | null) => string },
): object {
  const { i18n, locale, zone, labelOf } = words;
  const number = (value: number): string => formatNumber(value, locale);
  const scores = (some: typeof comes): number => some.reduce((sum, { score }) => sum + score, 0);
  const line = (one: (typeof comes)[number]) => ({
    text: i18n.t(locale, 'plans.exchange.line', {
      name: labelOf(one.name),
      title: one.title,
      when: one.startsAt === null ? '' : formatDateTime(one.startsAt, { locale, zone }),
      score: number(one.score),
    }),
  });
  return {
    comes: comes.map(line),
    goes: goes.map(line),
    sum: i18n.t(locale, 'plans.exchange.sum', {
      goes: number(scores(goes)),
      comes: number(scores(comes)),
      places: number(places),
      loss: number(loss),
    }),
  };
}

function whyOfferedRoute({ assignments, explaining, shifts, tenants, i18n }: DeskRouteParts): Route {
  return route({
    name: 'offers/why',
    method: 'get',
    path: '/offers/:id/why',
    apiPath: '/me/offers/:id/why',
    access: 'signed-in',
    tenant: 'none',
    summary: 'Why one is asked for this: the parts of the score that led to the offer (R-6.8).',
    input: { params: idParams.extend({ id }) },
    output: whyOffered,
    async run({ account, params }) {
      const row = await assignments.ownAnywhere(account, params.id);
      const offered = await explaining.whyOffered(account, params.id);
      return asTenant(String(row.tenantId), async () => {
        const place = await shifts.position(row.positionId);
        if (!place) throw new NotFound();
        const tenant = await tenants.current();
        const line = { ownerTenantId: row.tenantId, positionId: row.positionId, slots: 1 };
        const now = await explaining.judgeNow(line, account.personId, offered?.planner ?? tenant.id);
        const parts = toReckonedParts(now, false);
        return {
          title: place.shift.title,
          startsAt: place.shift.startsAt.toISOString(),
          endsAt: place.shift.endsAt.toISOString(),
          tenant: tenant.name,
          planned: offered !== null,
          score: offered?.pair.score ?? now.fit.score,
          parts: (offered?.pair.parts ?? partsOf(now.fit)).map((part) => toPart(part, false)),
          today: { score: now.fit.score, parts },
        };
      });
    },
    page: (shown, { locale, zone }) =>
      view('plans/why-offered', {
        ...shown,
        tenantName: shown.tenant[locale],
        changed: shown.score !== shown.today?.score,
        reckoning: reckoningRows(i18n, locale, shown.today?.parts ?? [], zone),
        total: i18n.t(locale, 'matching.pair.total', {
          score: shown.today?.score ?? 0,
          most: (shown.today?.parts ?? []).reduce((sum, part) => sum + part.most, 0),
        }),
        rows: shown.parts.map((part) => ({
          ...part,
          label: i18n.t(locale, `matching.rule.${part.rule}`),
          text: part.finding ? wordFinding(i18n, locale, part.finding, zone) : '',
        })),
      }),
  });
}
