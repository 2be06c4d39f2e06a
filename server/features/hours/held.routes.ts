import { z } from 'zod';
import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { backEntryBody, hoursFilter, hoursPage, hoursView, reviewBody } from './hours.schema.ts';
import type { HoursRouteParts } from './hours.routes.ts';
import { backEntryModel, heldModel, toHoursView } from './hours.view.ts';

type Parts = Pick<HoursRouteParts, 'hours' | 'i18n'>;

/** The form asks whether it was volunteer service, so no answer is none; programs of before were not asked. */
export const unsaidAt = (door: 'api' | 'page'): null | undefined => (door === 'page' ? null : undefined);

/** The desk of what is worth a second look: auditors read it, reviewers decide. */
export function heldRoutes({ hours, i18n }: Parts): Route[] {
  return [
    route({
      name: 'hours/held',
      method: 'get',
      path: '/hours/held',
      access: 'hours:inspect',
      tenant: 'member',
      summary: 'Hours that are held for a second look, with what was noticed, oldest first.',
      input: { query: hoursFilter },
      output: hoursPage,
      async run({ account, query }) {
        const page = await hours.held(account, query.limit, query.cursor);
        return { data: page.data.map(toHoursView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { query, locale }) =>
        view('hours/held', heldModel(data, { i18n, locale, nextCursor, query })),
    }),
    route({
      name: 'hours/review',
      method: 'post',
      path: '/hours/:id/review',
      access: 'hours:review',
      tenant: 'member',
      status: 200,
      summary: 'Decides held hours with a reason; never one’s own, nor what one entered oneself.',
      input: { params: idParams, body: reviewBody },
      output: hoursView,
      run: async ({ account, params, body }) =>
        toHoursView(await hours.review(account, params.id, body.verdict, body.reason)),
      page: ({ state }) => seeOther('/hours/held', { kind: 'success', key: `hours.did.${state}` }),
      invalid: (_failure, { params }) =>
        seeOther(`/hours/${params.id}`, { kind: 'error', key: 'hours.show.reasonNeeded' }),
    }),
  ];
}

/** Service that the organisation enters for a member afterwards. */
export function backEntryRoutes({ hours, i18n }: Parts): Route[] {
  return [
    route({
      name: 'hours/back-entry-form',
      method: 'get',
      path: '/memberships/:id/back-entries/new',
      doors: ['page'],
      access: 'hours:back-enter',
      tenant: 'member',
      summary: 'The form for service that is entered for a member afterwards.',
      input: { params: idParams },
      output: z.object({ name: z.string() }),
      run: async ({ account, params }) => ({
        name: (await hours.backEntryFor(account, params.id)).personName,
      }),
      page: ({ name }, { params, locale }) =>
        view('hours/back-entry', backEntryModel({ i18n, locale, membershipId: params.id, name })),
    }),
    route({
      name: 'hours/back-enter',
      method: 'post',
      path: '/memberships/:id/back-entries',
      access: 'hours:back-enter',
      tenant: 'member',
      summary:
        'Enters service for a member afterwards, with a reason; marked for ever, confirmed by a second person only.',
      input: { params: idParams, body: backEntryBody },
      output: hoursView,
      run: async ({ account, params, body, door }) =>
        toHoursView(
          await hours.backEnter(account, {
            ...body,
            nature: body.nature ?? unsaidAt(door),
            membershipId: params.id,
          }),
        ),
      page: ({ id: recordId }) =>
        seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.backEntry.done' }),
      invalid: async ({ issues, values, error }, { account, params, locale }) =>
        view(
          'hours/back-entry',
          backEntryModel({
            i18n,
            locale,
            membershipId: params.id,
            name: (await hours.backEntryFor(account, params.id)).personName,
            values,
            issues: issues.length > 0 ? issues : [{ path: 'name', code: error.code }],
          }),
        ),
    }),
  ];
}
