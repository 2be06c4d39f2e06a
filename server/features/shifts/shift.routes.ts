import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import { empty, id as anId, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import type { I18n } from '../../i18n/index.ts';
import type { RequestService } from '../requests/index.ts';
import type { UnitService } from '../units/index.ts';
import { copyRoutes } from './copies.routes.ts';
import { seriesView } from './copies.schema.ts';
import {
  cancelBody,
  dayCountQuery,
  dayCounts,
  gapView,
  positionBody,
  positionPatch,
  positionView,
  publishBody,
  shiftBody,
  shiftFilter,
  shiftPage,
  shiftPatch,
  shiftView,
} from './shift.schema.ts';
import type { ShiftView } from './shift.schema.ts';
import { countByDay } from './shift.counts.ts';
import { wallTimesOf } from './wall.ts';
import type { ShiftService } from './shift.service.ts';
import { positionFormModel, positionValues, shiftFormModel } from './shift.form.view.ts';
import { shiftListModel, shiftModel } from './shift.view.ts';

import { templateRoutes } from './template.routes.ts';

export interface ShiftRouteParts {
  readonly requests: RequestService;
  readonly shifts: ShiftService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

export function shiftRoutes(parts: ShiftRouteParts): Route[] {
  return [
    ...listRoutes(parts),
    ...formRoutes(parts),
    ...lifeRoutes(parts),
    ...positionRoutes(parts),
    ...copyRoutes(parts),
    ...templateRoutes(parts),
  ];
}

/** Days that the list shows at a glance. */
const STRIP_DAYS = 7;

const shownShift = shiftView.extend({
  unitName: z.string(),
  gaps: z.array(gapView),
  series: seriesView.nullable(),
});
type Shown = z.output<typeof shownShift>;
type Here = Pick<RouteContext, 'actor' | 'account' | 'locale' | 'tenant'>;

async function load(
  { shifts }: ShiftRouteParts,
  actor: Here['actor'],
  id: string,
  locale: Here['locale'],
): Promise<Shown> {
  const shift = await shifts.showWhole(actor, id);
  return {
    ...shift,
    unitName: shift.unitName?.[locale] ?? '',
    series: await shifts.seriesOf(shift),
  };
}

function showPage(
  { shifts, i18n }: ShiftRouteParts,
  { gaps, series, ...shift }: Shown,
  { actor, locale, tenant }: Pick<Here, 'actor' | 'locale' | 'tenant'>,
  failure?: FormFailure,
): PageResult {
  const isPublic = ['published', 'locked', 'running'].includes(shift.state);
  return view(
    'shifts/show',
    shiftModel({
      i18n,
      locale,
      shift,
      gaps,
      series,
      mayRepeat: shifts.mayRepeat(actor, shift),
      abilities: shifts.abilitiesFor(actor, shift),
      publicHref: isPublic && tenant ? `/t/${tenant.slug}/opportunities/${shift.id}` : null,
      ...(failure
        ? {
            issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }],
            values: failure.values,
          }
        : {}),
    }),
  );
}

function listRoutes(parts: ShiftRouteParts): Route[] {
  const { shifts, i18n } = parts;
  return [
    route({
      name: 'shifts/list',
      method: 'get',
      path: '/shifts',
      access: 'requests:see',
      tenant: 'member',
      summary: 'Shifts within reach by start; the page begins today.',
      input: { query: shiftFilter },
      output: shiftPage,
      async run({ actor, query, door, now, zone }) {
        const { limit, cursor, ...filter } = query;
        const from =
          filter.from ??
          (door === 'page' && !filter.requestId && !filter.seriesId ? localDate(now, zone) : undefined);
        return shifts.list(actor, { ...filter, from }, limit, cursor);
      },
      page: async ({ data, nextCursor }, { actor, locale, query, now, zone }) => {
        const today = localDate(now, zone);
        const first = data[0] && query.seriesId ? localDate(new Date(data[0].startsAt), zone) : today;
        const from = query.from ?? first;
        return view(
          'shifts/index',
          shiftListModel({
            i18n,
            locale,
            shifts: data,
            query: { from, state: query.state },
            zone,
            today,
            strip: await countByDay(actor, from, STRIP_DAYS, zone),
            pager: pagerOf('/shifts', { ...query, from }, nextCursor),
            canCreate: can(actor, 'requests:edit'),
            runsDays: can(actor, 'attendance:run'),
          }),
        );
      },
    }),
    route({
      name: 'shifts/days',
      method: 'get',
      path: '/shift-days',
      doors: ['api'],
      access: 'requests:see',
      tenant: 'member',
      summary:
        'How many shifts each day has within reach, and how many people are still needed; the page’s strip of days.',
      input: { query: dayCountQuery },
      output: dayCounts,
      run: async ({ actor, query, zone }) => ({
        data: await countByDay(actor, query.from, query.days, zone),
        nextCursor: null,
      }),
    }),
    route({
      name: 'shifts/show',
      method: 'get',
      path: '/shifts/:id',
      access: 'requests:see',
      tenant: 'member',
      summary: 'One shift with its positions and what is missing before it may be published.',
      input: { params: idParams },
      output: shownShift,
      run: ({ actor, params, locale }) => load(parts, actor, params.id, locale),
      page: (output, context) => showPage(parts, output, context),
    }),
  ];
}

function formRoutes({ requests, shifts, i18n }: ShiftRouteParts): Route[] {
  const newForm = async (
    { actor, locale, now, zone }: Pick<RouteContext, 'actor' | 'locale' | 'now' | 'zone'>,
    requestId: string,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const request = await requests.accessRequest(actor, requestId, 'requests:edit');
    const href = `/requests/${requestId}`;
    return view(
      'shifts/form',
      shiftFormModel({
        i18n,
        locale,
        action: `${href}/shifts`,
        crumb: { href, label: request.title },
        version: null,
        taken: 0,
        following: 0,
        today: localDate(now, zone),
        ...(failure ? { issues: failure.issues, values: failure.values } : {}),
      }),
    );
  };
  const editForm = async (
    { actor, locale, now, zone }: Pick<RouteContext, 'actor' | 'locale' | 'now' | 'zone'>,
    id: string,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const row = await shifts.accessShift(actor, id, 'requests:edit');
    const shift = await shifts.show(actor, id);
    return view(
      'shifts/form',
      shiftFormModel({
        i18n,
        locale,
        action: `/shifts/${id}`,
        crumb: { href: `/shifts/${id}`, label: shift.title },
        version: shift.version,
        taken: shift.state === 'draft' ? 0 : shift.taken,
        following: (await shifts.seriesOf(shift))?.following ?? 0,
        today: localDate(row.startsAt < now ? row.startsAt : now, zone),
        values: { ...shift, ...wallTimesOf(row, zone), ...failure?.values },
        ...(failure
          ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
          : {}),
      }),
    );
  };
  return [
    route({
      name: 'shifts/new-form',
      method: 'get',
      path: '/requests/:id/shifts/new',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for another shift of a request.',
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await requests.accessRequest(actor, params.id, 'requests:edit');
        return {};
      },
      page: (_output, context) => newForm(context, context.params.id),
    }),
    route({
      name: 'shifts/create',
      method: 'post',
      path: '/requests/:id/shifts',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Adds a draft shift to a request; times are the tenant’s wall clock.',
      input: { params: idParams, body: shiftBody },
      output: shiftView,
      run: ({ account, params, body }) => shifts.create(account, params.id, body),
      page: ({ id }) => seeOther(`/shifts/${id}`, { kind: 'success', key: 'shifts.flash.created' }),
      invalid: (failure, context) => newForm(context, context.params.id, failure),
    }),
    route({
      name: 'shifts/edit-form',
      method: 'get',
      path: '/shifts/:id/edit',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for the times and facts of a shift.',
      input: { params: idParams },
      output: z.object({ unitId: z.string(), state: z.string() }),
      run: async ({ actor, params }) => {
        const { unitId, state } = await shifts.accessShift(actor, params.id, 'requests:edit');
        return { unitId: String(unitId), state };
      },
      page: (shift, context) =>
        shifts.abilitiesFor(context.actor, shift).edit
          ? editForm(context, context.params.id)
          : seeOther(`/shifts/${context.params.id}`, { kind: 'info', key: 'errors.wrong-state' }),
    }),
    route({
      name: 'shifts/edit',
      method: 'patch',
      path: '/shifts/:id',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Changes a shift; moving one that people have places on needs `tellPeople`.',
      versioned: true,
      input: { params: idParams, body: shiftPatch },
      output: shiftView,
      run: ({ account, params, body, version, door }) =>
        shifts.edit(
          account,
          params.id,
          door === 'page' ? { breakMinutes: 0, policyNumber: '', leaderName: '', ...body } : body,
          version,
        ),
      page: ({ id }) => seeOther(`/shifts/${id}`, { kind: 'success', key: 'shifts.flash.saved' }),
      invalid: (failure, context) => editForm(context, context.params.id, failure),
    }),
  ];
}

function lifeRoutes(parts: ShiftRouteParts): Route[] {
  const { shifts } = parts;
  const step = <B extends z.ZodType>(
    verb: string,
    path: string,
    summary: string,
    body: B,
    act: (actor: AccountActor, id: string, body: z.output<B>) => Promise<ShiftView>,
  ): Route =>
    route({
      name: `shifts/${verb}`,
      method: 'post',
      path: `/shifts/:id/${path}`,
      access: 'shifts:publish',
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body },
      output: shiftView,
      run: ({ account, params, body: input }) => act(account, params.id, input as z.output<B>),
      page: ({ id }) => seeOther(`/shifts/${id}`, { kind: 'success', key: `shifts.flash.${verb}` }),
      invalid: async (failure, context) => {
        const shown = await load(parts, context.actor, context.params.id, context.locale);
        return showPage(parts, shown, context, failure);
      },
    });
  const nothing = z.strictObject({});
  return [
    step(
      'publish',
      'publication',
      'Shows a shift to volunteers, or opens sign-up again.',
      publishBody,
      (actor, id, { scope }) => shifts.publish(actor, id, scope),
    ),
    step('lock', 'lock', 'Closes sign-up; whoever has a place keeps it.', nothing, (actor, id) =>
      shifts.lock(actor, id),
    ),
    step(
      'cancel',
      'cancellation',
      'Cancels a shift; whoever was to come is told.',
      cancelBody,
      (actor, id, body) => shifts.cancel(actor, id, body.reason, body.scope),
    ),
  ];
}

function positionRoutes({ shifts, i18n }: ShiftRouteParts): Route[] {
  const newForm = async (
    { actor, locale }: Pick<RouteContext, 'actor' | 'locale'>,
    shiftId: string,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const shift = await shifts.accessShift(actor, shiftId, 'requests:edit');
    return view(
      'shifts/position-form',
      positionFormModel({
        i18n,
        locale,
        types: await shifts.knownTypes(),
        pools: await shifts.knownPools(),
        courses: await shifts.openCourses(),
        action: `/shifts/${shiftId}/positions`,
        crumb: { href: `/shifts/${shiftId}`, label: shift.title },
        version: null,
        ...(failure ? { issues: failure.issues, values: failure.values } : {}),
      }),
    );
  };
  const editForm = async (
    { actor, locale }: Pick<RouteContext, 'actor' | 'locale'>,
    id: string,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const { shift } = await shifts.accessPosition(actor, id, 'requests:edit');
    const position = await shifts.showPosition(actor, id);
    return view(
      'shifts/position-form',
      positionFormModel({
        i18n,
        locale,
        types: await shifts.knownTypes(),
        pools: await shifts.knownPools(),
        courses: await shifts.openCourses(),
        action: `/positions/${id}`,
        crumb: { href: `/shifts/${position.shiftId}`, label: shift.title },
        version: position.version,
        values: failure?.values ?? positionValues(position),
        ...(failure
          ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
          : {}),
      }),
    );
  };
  return [
    route({
      name: 'positions/new-form',
      method: 'get',
      path: '/shifts/:id/positions/new',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for another position of a shift.',
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await shifts.accessShift(actor, params.id, 'requests:edit');
        return {};
      },
      page: (_output, context) => newForm(context, context.params.id),
    }),
    route({
      name: 'positions/create',
      method: 'post',
      path: '/shifts/:id/positions',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Adds a position to a shift: which people, and how many.',
      input: { params: idParams, body: positionBody },
      output: positionView,
      run: ({ account, params, body }) => shifts.addPosition(account, params.id, body),
      page: ({ shiftId }) =>
        seeOther(`/shifts/${shiftId}`, { kind: 'success', key: 'shifts.flash.position' }),
      invalid: (failure, context) => newForm(context, context.params.id, failure),
    }),
    route({
      name: 'positions/list',
      method: 'get',
      path: '/positions',
      doors: ['api'],
      access: 'requests:see',
      tenant: 'member',
      summary: 'The positions of one shift.',
      input: { query: z.strictObject({ shiftId: anId }) },
      output: z.object({ data: z.array(positionView), nextCursor: z.null() }),
      run: async ({ actor, query }) => ({
        data: (await shifts.show(actor, query.shiftId)).positions,
        nextCursor: null,
      }),
    }),
    route({
      name: 'positions/show',
      method: 'get',
      path: '/positions/:id',
      doors: ['api'],
      access: 'requests:see',
      tenant: 'member',
      summary: 'One position.',
      input: { params: idParams },
      output: positionView,
      run: ({ actor, params }) => shifts.showPosition(actor, params.id),
    }),
    route({
      name: 'positions/edit-form',
      method: 'get',
      path: '/positions/:id/edit',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for a position.',
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await shifts.accessPosition(actor, params.id, 'requests:edit');
        return {};
      },
      page: (_output, context) => editForm(context, context.params.id),
    }),
    route({
      name: 'positions/edit',
      method: 'patch',
      path: '/positions/:id',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Changes a position; never below the places taken.',
      versioned: true,
      input: { params: idParams, body: positionPatch },
      output: positionView,
      run: ({ account, params, body, version, door }) =>
        shifts.editPosition(
          account,
          params.id,
          door === 'page'
            ? { minAge: null, maxAge: null, credentialLevel: '', otherCredentials: [], pools: [], ...body }
            : body,
          version,
        ),
      page: ({ shiftId }) => seeOther(`/shifts/${shiftId}`, { kind: 'success', key: 'shifts.flash.saved' }),
      invalid: (failure, context) => editForm(context, context.params.id, failure),
    }),
    route({
      name: 'positions/remove',
      method: 'post',
      path: '/positions/:id/removal',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Takes a position off a draft shift.',
      status: 200,
      input: { params: idParams },
      output: z.object({ shiftId: z.string() }),
      run: ({ account, params }) => shifts.removePosition(account, params.id),
      page: ({ shiftId }) => seeOther(`/shifts/${shiftId}`, { kind: 'success', key: 'shifts.flash.removed' }),
    }),
  ];
}
