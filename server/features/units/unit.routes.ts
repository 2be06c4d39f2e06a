import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { I18n } from '../../i18n/index.ts';
import { createForm } from '../../i18n/index.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { id, latitude, longitude, pageOf, paging, requiredLine } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { UNIT_KINDS } from './unit.model.ts';
import type { Unit, UnitService } from './unit.service.ts';

const unitView = z.object({
  id: z.string(),
  parentId: z.string().nullable(),
  kind: z.enum(UNIT_KINDS),
  name: z.object({ 'zh-CN': z.string(), en: z.string() }),
  code: z.string().nullable(),
  depth: z.number(),
});
const unitBody = z.strictObject({
  parentId: id,
  kind: z.enum(UNIT_KINDS).exclude(['root']),
  nameZh: requiredLine(60),
  nameEn: requiredLine(80),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
});

export interface UnitRouteParts {
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** The tree of a tenant's units. */
export function unitRoutes({ units, i18n }: UnitRouteParts): Route[] {
  const model = async (
    locale: Locale,
    may: boolean,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => {
    const all = await units.all();
    const form = createForm({ i18n, locale, messages: 'units.form', values, issues });
    const fields = {
      parentId: form.select(
        'parentId',
        all.map((unit) => ({ value: unit.id, label: `${'  '.repeat(unit.depth)}${unit.name[locale]}` })),
        { required: true },
      ),
      kind: form.select(
        'kind',
        UNIT_KINDS.filter((kind) => kind !== 'root').map((kind) => ({
          value: kind,
          label: i18n.t(locale, `units.kind.${kind}`),
        })),
        { required: true },
      ),
      nameZh: form.input('nameZh', 'text', { required: true, maxLength: 60 }),
      nameEn: form.input('nameEn', 'text', { required: true, maxLength: 80 }),
    };
    const children = Map.groupBy(all, (unit) => unit.parentId);
    const root = all.find((unit) => unit.parentId === null) ?? null;
    return {
      root: root ? root.name[locale] : '',
      branches: (children.get(root?.id ?? null) ?? []).map((unit) => ({
        name: unit.name[locale],
        kind: i18n.t(locale, `units.kind.${unit.kind}`),
        leaves: (children.get(unit.id) ?? []).map((leaf) => leaf.name[locale]),
      })),
      fields: may ? fields : null,
      errors: form.errors,
    };
  };
  return [
    route({
      name: 'units/list',
      method: 'get',
      path: '/units',
      access: 'units:see',
      tenant: 'member',
      summary: 'Units of the organisation; below one when `parentId` says so.',
      input: { query: z.strictObject({ ...paging, parentId: id.optional() }) },
      output: pageOf(unitView),
      async run({ query }) {
        const page = await units.list(query.parentId ?? null, query.limit, query.cursor);
        return { data: page.data.map(toView), nextCursor: page.nextCursor };
      },
      page: async (_output, { actor, locale }) =>
        view('units/list', await model(locale, can(actor, 'units:edit'), {}, [])),
    }),
    route({
      name: 'units/show',
      method: 'get',
      path: '/units/:id',
      doors: ['api'],
      access: 'units:see',
      tenant: 'member',
      summary: 'One unit.',
      input: { params: z.strictObject({ id }) },
      output: unitView,
      run: async ({ actor, params }) => toView(await units.access(actor, params.id)),
    }),
    route({
      name: 'units/create',
      method: 'post',
      path: '/units',
      access: 'units:edit',
      tenant: 'member',
      summary: 'Adds a unit below another.',
      input: { body: unitBody },
      output: unitView,
      async run({ actor, body }) {
        const { latitude: lat, longitude: lng } = body;
        const centre =
          lat === undefined || lng === undefined
            ? null
            : { type: 'Point' as const, coordinates: [lng, lat] as [number, number] };
        return toView(
          await units.create(actor, {
            parentId: body.parentId,
            kind: body.kind,
            name: { 'zh-CN': body.nameZh, en: body.nameEn },
            centre,
          }),
        );
      },
      page: () => seeOther('/units', { kind: 'success', key: 'units.added' }),
      invalid: async ({ issues, values }, { locale }) =>
        view('units/list', await model(locale, true, values, issues)),
    }),
  ];
}

const toView = ({ centre: _centre, ...unit }: Unit): z.input<typeof unitView> => unit;
