import { can } from '../../core/actor.ts';
import { empty, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import type { Page } from '../../db/pagination.ts';
import { createForm } from '../../i18n/index.ts';
import { shiftView } from './shift.schema.ts';
import type { ShiftRouteParts } from './shift.routes.ts';
import {
  templateBody,
  templateFilter,
  templateList,
  templatePatch,
  templateUse,
  templateView,
} from './template.schema.ts';
import type { TemplateFilter, TemplateView } from './template.schema.ts';

const HERE = '/shift-templates';
type Here = Pick<RouteContext, 'actor' | 'locale'>;

/** Shifts kept under a name: save one, use it, rename it, remove it. */
export function templateRoutes(parts: ShiftRouteParts): Route[] {
  const { shifts, i18n } = parts;
  const issuesOf = (failure: FormFailure) =>
    failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }];

  const listPage = (
    { data, nextCursor }: Page<TemplateView>,
    query: TemplateFilter,
    { locale }: Pick<RouteContext, 'locale'>,
    failed?: { id: string; failure: FormFailure },
  ): PageResult => {
    const forms = data.map((template) => {
      const own = failed?.id === template.id ? failed.failure : null;
      const form = createForm({
        i18n,
        locale,
        messages: 'shifts.template',
        idPrefix: `t-${template.id}`,
        values: own ? own.values : { name: template.name },
        ...(own ? { issues: issuesOf(own) } : {}),
      });
      const name = form.input('name', 'text', { required: true, maxLength: 60 });
      return { template, name, errors: form.errors };
    });
    const filter = createForm({ i18n, locale, messages: 'shifts.template.filter', values: query });
    return view('shifts/templates', {
      // Whoever has a handful needs no search.
      filter:
        query.q !== undefined || query.cursor !== undefined || nextCursor !== null
          ? filter.input('q', 'search', { maxLength: 60 })
          : null,
      filtered: query.q !== undefined,
      ...pagerOf(HERE, query, nextCursor),
      count: data.length,
      errors: forms.flatMap(({ errors }) => errors),
      templates: forms.map(({ template, name }) => ({
        ...template,
        unit: template.forAll ? i18n.t(locale, 'shifts.template.forAll') : template.unitName[locale],
        people: template.positions
          .map((position) => `${position.name} × ${position.required}`)
          .join(i18n.t(locale, 'shifts.needs.and')),
        field: name,
      })),
    });
  };
  const savePage = async (
    { actor, locale }: Here,
    id: string,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const shift = await shifts.show(actor, id);
    const form = createForm({
      i18n,
      locale,
      messages: 'shifts.template',
      values: { name: shift.title, for: 'unit', ...failure?.values },
      ...(failure ? { issues: issuesOf(failure) } : {}),
    });
    const fields = {
      name: form.input('name', 'text', { required: true, maxLength: 60 }),
      for: can(actor, 'requests:edit', await shifts.rootUnit())
        ? form.radios(
            'for',
            ['unit', 'tenant'].map((value) => ({
              value,
              label: i18n.t(locale, `shifts.template.for.${value}`),
            })),
            { required: true },
          )
        : null,
    };
    return view('shifts/template-form', { id, title: shift.title, fields, errors: form.errors });
  };

  return [
    route({
      name: 'shift-templates/list',
      method: 'get',
      path: HERE,
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Templates that the caller may use: of their units, of those above, of the tenant.',
      input: { query: templateFilter },
      output: templateList,
      run: ({ actor, query }) => shifts.listTemplates(actor, query),
      page: (page, context) => listPage(page, context.query, context),
    }),
    route({
      name: 'shift-templates/new-form',
      method: 'get',
      path: '/shifts/:id/templates/new',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form that names a new template.',
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await shifts.accessShift(actor, params.id, 'requests:edit');
        return {};
      },
      page: (_output, context) => savePage(context, context.params.id),
    }),
    route({
      name: 'shift-templates/save',
      method: 'post',
      path: '/shifts/:id/templates',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Keeps a shift’s times and positions under a name, for its unit or the tenant.',
      input: { params: idParams, body: templateBody },
      output: templateView,
      run: ({ account, params, body }) => shifts.saveTemplate(account, params.id, body),
      page: () => seeOther(HERE, { kind: 'success', key: 'shifts.flash.template' }),
      invalid: (failure, context) => savePage(context, context.params.id, failure),
    }),
    route({
      name: 'shift-templates/rename',
      method: 'patch',
      path: `${HERE}/:id`,
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Renames a template.',
      versioned: true,
      input: { params: idParams, body: templatePatch },
      output: templateView,
      run: ({ account, params, body, version }) =>
        shifts.renameTemplate(account, params.id, body.name, version),
      page: () => seeOther(HERE, { kind: 'success', key: 'shifts.flash.saved' }),
      // Shown again by itself, wherever in the list it stands.
      invalid: async (failure, context) =>
        listPage(
          { data: [await shifts.template(context.actor, context.params.id)], nextCursor: null },
          templateFilter.parse({}),
          context,
          { id: context.params.id, failure },
        ),
    }),
    route({
      name: 'shift-templates/remove',
      method: 'post',
      path: `${HERE}/:id/removal`,
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Removes a template; shifts made from it stay.',
      status: 200,
      input: { params: idParams },
      output: empty,
      run: async ({ account, params }) => {
        await shifts.removeTemplate(account, params.id);
        return {};
      },
      page: () => seeOther(HERE, { kind: 'success', key: 'shifts.flash.templateRemoved' }),
    }),
    route({
      name: 'shift-templates/use',
      method: 'post',
      path: '/requests/:id/template-shifts',
      access: 'requests:edit',
      tenant: 'member',
      summary: 'Adds a draft shift with its positions to a request from a template.',
      input: { params: idParams, body: templateUse },
      output: shiftView,
      run: ({ account, params, body }) => shifts.fromTemplate(account, params.id, body),
      page: ({ id }) => seeOther(`/shifts/${id}`, { kind: 'success', key: 'shifts.flash.fromTemplate' }),
      invalid: (failure, context) => usePage(parts, context, context.params.id, failure),
    }),
    route({
      name: 'shift-templates/use-form',
      method: 'get',
      path: '/requests/:id/template-shifts/new',
      doors: ['page'],
      access: 'requests:edit',
      tenant: 'member',
      summary: 'The form for a shift from a template.',
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await parts.requests.accessRequest(actor, params.id, 'requests:edit');
        return {};
      },
      page: (_output, context) => usePage(parts, context, context.params.id),
    }),
  ];
}

async function usePage(
  { requests, shifts, i18n }: ShiftRouteParts,
  { actor, locale }: Here,
  requestId: string,
  failure?: FormFailure,
): Promise<PageResult> {
  const request = await requests.accessRequest(actor, requestId, 'requests:edit');
  const templates = await shifts.templateChoices(actor);
  const form = createForm({
    i18n,
    locale,
    messages: 'shifts.template',
    ...(failure
      ? {
          values: failure.values,
          issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }],
        }
      : {}),
  });
  const short = { width: 'short' } as const;
  const fields = {
    templateId: form.select(
      'templateId',
      templates.map((one) => ({
        value: String(one._id),
        label: `${one.name} ${one.startTime}–${one.endTime}`,
      })),
      { required: true },
    ),
    date: form.input('date', 'date', {
      ...short,
      required: true,
      label: i18n.t(locale, 'shifts.form.date.label'),
    }),
    startTime: form.input('startTime', 'time', short),
    endTime: form.input('endTime', 'time', short),
  };
  return view('shifts/template-use', {
    requestId,
    requestTitle: request.title,
    any: templates.length > 0,
    fields,
    errors: form.errors,
  });
}
