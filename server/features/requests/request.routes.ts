import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { Invalid } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { localDate } from '../../core/time.ts';
import { inTransaction, sideBySide } from '../../db/transaction.ts';
import { empty, idParams, line } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import { positionBody, shiftBody, shiftView } from '../shifts/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { UnitService } from '../units/index.ts';
import {
  digestView,
  reasonBody,
  requestBody,
  requestFilter,
  requestPage,
  requestPatch,
  requestView,
  screeningBody,
} from './request.schema.ts';
import type { RequestPatch } from './request.schema.ts';
import type { Request, RequestService } from './request.service.ts';
import { editRequestModel, newRequestModel, requestListModel, requestModel } from './request.view.ts';

export interface RequestRouteParts {
  readonly requests: RequestService;
  readonly shifts: ShiftService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** How many of a request's shifts its own page shows; the list of shifts pages through all. */
const SHOWN_SHIFTS = 100;

const shownRequest = requestView.extend({ places: digestView, shifts: z.array(shiftView) });
/** A request, and in the same breath its first shift and that shift's first position. */
const newRequest = requestBody.extend({ shift: shiftBody.optional(), position: positionBody.optional() });

/** Fields that a form leaves out when they are empty: on a page that means "now empty", in the API "unchanged". */
const BLANKS: RequestPatch = {
  description: '',
  conditions: '',
  risks: '',
  support: '',
  contactName: '',
  contactPhone: '',
};

type Shown = z.output<typeof shownRequest>;
type Context = Pick<RouteContext, 'actor' | 'locale'>;

export function requestRoutes(parts: RequestRouteParts): Route[] {
  return [...listAndFormRoutes(parts), ...pageRoutes(parts), ...lifeRoutes(parts)];
}

async function named(
  request: Request,
  units: UnitService,
  locale: Locale,
): Promise<Request & { unitName: string }> {
  const names = await units.names([request.unitId]);
  return { ...request, unitName: names.get(request.unitId)?.[locale] ?? '' };
}

function listAndFormRoutes({ requests, shifts, units, i18n }: RequestRouteParts): Route[] {
  const newForm = async (
    { account, locale, now, zone }: Pick<RouteContext, 'account' | 'locale' | 'now' | 'zone'>,
    failure?: FormFailure,
  ): Promise<PageResult> =>
    view(
      'requests/new',
      newRequestModel({
        i18n,
        locale,
        units: await units.choices(),
        actor: account,
        today: localDate(now, zone),
        ...(failure ? { issues: failure.issues, values: failure.values } : {}),
      }),
    );
  return [
    route({
      name: 'requests/list',
      method: 'get',
      path: '/requests',
      access: 'requests:see',
      tenant: 'member',
      summary: 'Requests within reach, newest first, with how full their shifts are.',
      input: { query: requestFilter },
      output: requestPage,
      async run({ actor, query, locale }) {
        const { limit, cursor, ...filter } = query;
        const page = await requests.list(actor, filter, limit, cursor);
        const [digests, names] = await sideBySide([
          () => shifts.digestsOf(page.data.map((request) => request.id)),
          () => units.names(page.data.map((request) => request.unitId)),
        ]);
        const data = page.data.map((request) => ({
          ...request,
          unitName: names.get(request.unitId)?.[locale] ?? '',
          places: digests.get(request.id) as z.output<typeof digestView>,
        }));
        return { data, nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { account, locale, query }) =>
        view(
          'requests/index',
          requestListModel({
            i18n,
            locale,
            requests: data,
            units: await units.choices(),
            actor: account,
            query,
            nextCursor,
          }),
        ),
    }),
    route({
      name: 'requests/new-form',
      method: 'get',
      path: '/requests/new',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for a request with its first shift and position.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, context) => newForm(context),
    }),
    route({
      name: 'requests/create',
      method: 'post',
      path: '/requests',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Writes a draft request; with `shift` and `position` those too, in one transaction.',
      input: { body: newRequest },
      output: requestView.extend({ shiftId: z.string().nullable(), positionId: z.string().nullable() }),
      async run({ account, body, locale }) {
        const { shift, position, ...words } = body;
        return inTransaction(async () => {
          const request = await requests.create(account, words);
          const first = shift ? await within('shift', shifts.create(account, request.id, shift)) : null;
          const place =
            first && position
              ? await within('position', shifts.addPosition(account, first.id, position))
              : null;
          return {
            ...(await named(request, units, locale)),
            shiftId: first?.id ?? null,
            positionId: place?.id ?? null,
          };
        });
      },
      page: ({ id, shiftId }) =>
        seeOther(shiftId ? `/shifts/${shiftId}` : `/requests/${id}`, {
          kind: 'success',
          key: 'requests.created',
        }),
      invalid: (failure, context) => newForm(context, failure),
    }),
  ];
}

/** Issues of a part of the form carry the part's name, as its fields do. */
async function within<T>(prefix: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (err) {
    if (err instanceof Invalid)
      throw new Invalid(err.issues.map((issue) => ({ ...issue, path: `${prefix}.${issue.path}` })));
    throw err;
  }
}

function pageRoutes({ requests, shifts, units, i18n }: RequestRouteParts): Route[] {
  const load = async (actor: Context['actor'], id: string, locale: Locale): Promise<Shown> => {
    const request = await requests.show(actor, id);
    const [digests, page] = [
      await shifts.digestsOf([id]),
      await shifts.list(actor, { requestId: id }, SHOWN_SHIFTS, undefined),
    ];
    return {
      ...(await named(request, units, locale)),
      places: digests.get(id) as Shown['places'],
      shifts: page.data,
    };
  };
  return [
    route({
      name: 'requests/show',
      method: 'get',
      path: '/requests/:id',
      access: 'requests:see',
      tenant: 'member',
      summary: 'One request with its first hundred shifts and their positions.',
      input: { params: idParams },
      output: shownRequest,
      run: ({ actor, params, locale }) => load(actor, params.id, locale),
      page: async (output, { actor, locale }) => {
        const { shifts: rows, ...request } = output;
        const abilities = await requests.abilitiesFor(actor, request);
        return view('requests/show', requestModel({ i18n, locale, request, shifts: rows, abilities }));
      },
    }),
    route({
      name: 'requests/edit-form',
      method: 'get',
      path: '/requests/:id/edit',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for the words of a request.',
      input: { params: idParams },
      output: requestView,
      run: async ({ account, params, locale }) => {
        await requests.accessRequest(account, params.id, 'requests:edit');
        return named(await requests.show(account, params.id), units, locale);
      },
      async page(output, { actor, locale, params }) {
        // A link kept from before, or a page that stood open: better told now than after typing.
        if (!(await requests.abilitiesFor(actor, output)).edit)
          return seeOther(`/requests/${params.id}`, { kind: 'info', key: 'errors.wrong-state' });
        return view(
          'requests/edit',
          editRequestModel({ i18n, locale, request: output, unitName: output.unitName }),
        );
      },
    }),
    route({
      name: 'requests/edit',
      method: 'patch',
      path: '/requests/:id',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Changes the words of a request; its shifts that are not over follow.',
      versioned: true,
      input: { params: idParams, body: requestPatch },
      output: requestView,
      async run({ account, params, body, version, door, locale }) {
        // A box that is not ticked is sent by nobody: a form says that it is no home, a program that it says nothing of it.
        const place = body.place && { ...body.place, atHome: body.place.atHome ?? false };
        const input = door === 'page' ? { ...BLANKS, ...body, ...(place ? { place } : {}) } : body;
        return named(await requests.edit(account, params.id, input, version), units, locale);
      },
      page: ({ id }) => seeOther(`/requests/${id}`, { kind: 'success', key: 'requests.saved' }),
      invalid: async ({ issues, values, error }, { account, params, locale }) => {
        const request = await requests.show(account, params.id);
        const { unitName } = await named(request, units, locale);
        const shown = issues.length > 0 ? issues : [{ path: '', code: error.code }];
        return view(
          'requests/edit',
          editRequestModel({ i18n, locale, request, unitName, values, issues: shown }),
        );
      },
    }),
  ];
}

function lifeRoutes({ requests, shifts, units, i18n }: RequestRouteParts): Route[] {
  /** The request's page again, with what was wrong beside the reason. */
  const again = async (
    failure: FormFailure,
    { actor, params, locale }: Context & { params: { id: string } },
  ): Promise<PageResult> => {
    const request = await named(await requests.show(actor, params.id), units, locale);
    const places = (await shifts.digestsOf([params.id])).get(params.id) as Shown['places'];
    const { data } = await shifts.list(actor, { requestId: params.id }, SHOWN_SHIFTS, undefined);
    const abilities = await requests.abilitiesFor(actor, request);
    const issues = failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }];
    return view(
      'requests/show',
      requestModel({
        i18n,
        locale,
        request: { ...request, places },
        shifts: data,
        abilities,
        issues,
        values: failure.values,
      }),
    );
  };
  const step = <B extends z.ZodType>(
    verb: string,
    path: string,
    access: 'requests:edit' | 'requests:screen' | 'shifts:publish',
    summary: string,
    body: B,
    act: (actor: AccountActor, id: string, body: z.output<B>) => Promise<Request>,
  ): Route =>
    route({
      name: `requests/${verb}`,
      method: 'post',
      path: `/requests/:id/${path}`,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body },
      output: requestView,
      run: async ({ account, params, body: input, locale }) =>
        named(await act(account, params.id, input as z.output<B>), units, locale),
      page: ({ id }) => seeOther(`/requests/${id}`, { kind: 'success', key: `requests.flash.${verb}` }),
      invalid: again as never,
    });
  const nothing = z.strictObject({});
  return [
    step('submit', 'submission', 'requests:edit', 'Submits a draft.', nothing, (actor, id) =>
      requests.submit(actor, id),
    ),
    step(
      'screen',
      'screening',
      'requests:screen',
      'An officer’s first look: screened, or rejected with a reason.',
      screeningBody,
      (actor, id, input) => requests.screen(actor, id, input),
    ),
    step('take-on', 'acceptance', 'shifts:publish', 'Takes on what others asked for.', nothing, (actor, id) =>
      requests.takeOn(actor, id),
    ),
    step(
      'finish',
      'completion',
      'requests:edit',
      'The help was given.',
      z.strictObject({ reason: line(300).default('') }),
      (actor, id, input) => requests.finish(actor, id, { to: 'done', ...input }),
    ),
    step('discard', 'closure', 'requests:edit', 'Throws a draft away.', reasonBody, (actor, id, input) =>
      requests.finish(actor, id, { to: 'closed', ...input }),
    ),
  ];
}
