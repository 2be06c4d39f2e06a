import type { z } from 'zod';
import { can } from '../../core/actor.ts';
import { Invalid } from '../../core/errors.ts';
import { localDate, weekdayOf } from '../../core/time.ts';
import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import type { OptionInput } from '../../i18n/index.ts';
import { toCopyView } from './copies.ts';
import {
  copiesMade,
  copiesPreview,
  dayCopyBody,
  dayCopyQuery,
  repetitionBody,
  repetitionQuery,
  seriesMade,
} from './copies.schema.ts';
import type { CopyView } from './copies.schema.ts';
import { copyDayModel, repeatModel } from './copies.view.ts';
import type { PlannedCopy } from './copies.ts';
import type { ShiftRouteParts } from './shift.routes.ts';

const preview = (copies: readonly PlannedCopy[]): z.input<typeof copiesPreview> => ({
  count: copies.filter(({ obstacle }) => obstacle === null).length,
  copies: copies.map(toCopyView),
});

/** Repetition of a shift and duplication of a day, each previewed first. */
export function copyRoutes(parts: ShiftRouteParts): Route[] {
  return [...repeatRoutes(parts), ...dayRoutes(parts)];
}

type Here = Pick<RouteContext, 'actor' | 'locale' | 'zone'>;

function repeatRoutes({ shifts, i18n }: ShiftRouteParts): Route[] {
  const page = async (
    { actor, locale, zone }: Here,
    id: string,
    copies: readonly CopyView[],
    values: Readonly<Record<string, unknown>>,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const shift = await shifts.show(actor, id);
    return view(
      'shifts/repeat',
      repeatModel({
        i18n,
        locale,
        zone,
        shift,
        copies,
        weekday: weekdayOf(localDate(new Date(shift.startsAt), zone)),
        mayPublish: can(actor, 'shifts:publish', shift.unitId),
        values,
        ...(failure
          ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
          : {}),
      }),
    );
  };
  return [
    route({
      name: 'shifts/preview-repetition',
      method: 'get',
      path: '/shifts/:id/repetitions',
      access: 'requests:edit',
      tenant: 'member',
      summary:
        'What a repetition of the shift would make, on the wall clock of the tenant’s zone; makes nothing.',
      input: { params: idParams, query: repetitionQuery },
      output: copiesPreview,
      run: async ({ actor, params, query }) => preview(await shifts.previewSeries(actor, params.id, query)),
      page: ({ copies }, context) => {
        const { weekdays, ...rest } = context.query;
        const ticked = weekdays && weekdays.length > 0 ? { weekdays: weekdays.map(String) } : {};
        const values = { ...rest, ...ticked };
        const open = rest.until === undefined && rest.times === undefined;
        return page(
          context,
          context.params.id,
          copies,
          open ? { ...values, times: copies.length + 1 } : values,
        );
      },
      invalid: (failure, context) => page(context, context.params.id, [], failure.values, failure),
    }),
    route({
      name: 'shifts/repeat',
      method: 'post',
      path: '/shifts/:id/repetitions',
      access: 'requests:edit',
      tenant: 'member',
      summary:
        'Repeats a shift with its positions as one series, all or nothing; dates it has already are passed over.',
      input: { params: idParams, body: repetitionBody },
      output: seriesMade,
      run: ({ account, params, body }) => shifts.repeat(account, params.id, body),
      page: ({ count }, { params }) =>
        seeOther(`/shifts/${params.id}`, {
          kind: count > 0 ? 'success' : 'info',
          key: 'shifts.flash.repeated',
          params: { count },
        }),
      invalid: (failure, context) => page(context, context.params.id, [], failure.values, failure),
    }),
  ];
}

function dayRoutes({ requests, shifts, units, i18n }: ShiftRouteParts): Route[] {
  const page = async (
    { actor, locale, zone }: Here,
    copies: readonly CopyView[] | null,
    values: Readonly<Record<string, unknown>>,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const requestId = typeof values['requestId'] === 'string' ? values['requestId'] : null;
    const options: OptionInput[] = (await units.all())
      .filter((unit) => can(actor, 'requests:edit', unit.id))
      .map((unit) => ({ value: unit.id, label: `${'　'.repeat(unit.depth)}${unit.name[locale]}` }));
    return view(
      'shifts/copy-day',
      copyDayModel({
        i18n,
        locale,
        zone,
        requestTitle: requestId ? (await requests.show(actor, requestId)).title : null,
        units: options,
        copies,
        mayPublish: can(actor, 'shifts:publish'),
        values: { unitId: options[0]?.value, ...values },
        ...(failure
          ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
          : {}),
      }),
    );
  };
  return [
    route({
      name: 'shifts/preview-day',
      method: 'get',
      path: '/day-copies',
      access: 'requests:edit',
      tenant: 'member',
      summary:
        'What a copy of all shifts of a request or unit to another date would make, clashes named; makes nothing.',
      input: { query: dayCopyQuery },
      output: copiesPreview,
      async run({ actor, query, door }) {
        const { from, to, ...whose } = query;
        // The page begins as an empty form; a program says what it wants.
        if (door === 'page' && (from === undefined || to === undefined)) return { count: 0, copies: [] };
        const input = dayCopyBody.omit({ except: true, publish: true }).safeParse({ from, to, ...whose });
        if (!input.success)
          throw new Invalid([{ path: from === undefined ? 'from' : 'to', code: 'required' }]);
        return preview(await shifts.previewDay(actor, input.data));
      },
      page: ({ copies }, context) => {
        const { from, to } = context.query;
        const asked = from !== undefined && to !== undefined;
        return page(context, asked ? copies : null, context.query);
      },
      invalid(failure, context) {
        // The form stands on the request's page: without one there is none to stand on.
        if (failure.issues.some(({ path }) => path === 'requestId')) throw failure.error;
        return page(context, null, failure.values, failure);
      },
    }),
    route({
      name: 'shifts/copy-day',
      method: 'post',
      path: '/day-copies',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Copies all shifts of a request or unit from one date to another, all or nothing.',
      input: { body: dayCopyBody },
      output: copiesMade,
      run: ({ account, body }) => shifts.copyDay(account, body),
      page: ({ count }, { body }) =>
        seeOther(body.requestId ? `/requests/${body.requestId}` : `/shifts?from=${body.to}`, {
          kind: count > 0 ? 'success' : 'info',
          key: 'shifts.flash.copied',
          params: { count },
        }),
      invalid: (failure, context) => page(context, null, failure.values, failure),
    }),
  ];
}
