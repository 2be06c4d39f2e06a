import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { NotFound } from '../../core/errors.ts';
import type { I18n } from '../../i18n/index.ts';
import { createForm } from '../../i18n/index.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { empty, id, latitude, longitude, pageOf, paging, requiredLine } from '../../http/schema.ts';
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
  version: z.number(),
});
const unitBody = z.strictObject({
  parentId: id,
  kind: z.enum(UNIT_KINDS).exclude(['root']),
  nameZh: requiredLine(60),
  nameEn: requiredLine(80),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
});

const moveBody = z.strictObject({ parentId: id, reason: requiredLine(300) });

export interface UnitRouteParts {
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** The tree of a tenant's units. */
export function unitRoutes({ units, i18n }: UnitRouteParts): Route[] {
  const model = async (
    { actor, locale }: { actor: Actor; locale: Locale },
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => {
    const all = await units.all();
    // Where there is one place to put it, nobody has to choose.
    const only = all.length === 1 ? { parentId: all[0]?.id } : {};
    const form = createForm({ i18n, locale, messages: 'units.form', values: { ...only, ...values }, issues });
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
    const editable = (unit: Unit): string | null =>
      can(actor, 'units:edit', unit.id) ? `/units/${unit.id}/move` : null;
    /** Everything below, each with the way to it. */
    const below = (unit: Unit, before = ''): { unit: Unit; name: string }[] =>
      (children.get(unit.id) ?? []).flatMap((leaf) => {
        const name = `${before}${leaf.name[locale]}`;
        return [{ unit: leaf, name }, ...below(leaf, `${name} › `)];
      });
    return {
      root: root ? root.name[locale] : '',
      branches: (children.get(root?.id ?? null) ?? []).map((unit) => ({
        name: unit.name[locale],
        kind: i18n.t(locale, `units.kind.${unit.kind}`),
        moveHref: editable(unit),
        leaves: below(unit).map((leaf) => ({ name: leaf.name, moveHref: editable(leaf.unit) })),
      })),
      fields: can(actor, 'units:edit') ? fields : null,
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
      page: async (_output, context) => view('units/list', await model(context, {}, [])),
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
      invalid: async ({ issues, values }, context) =>
        view('units/list', await model(context, values, issues)),
    }),
    route({
      name: 'units/move-form',
      method: 'get',
      path: '/units/:id/move',
      doors: ['page'],
      access: 'units:edit',
      tenant: 'member',
      summary: 'The form that puts a unit below another one.',
      input: { params: z.strictObject({ id }) },
      output: empty,
      run: async () => ({}),
      page: async (_output, { actor, params, locale }) =>
        view('units/move', await moveModel({ units, i18n }, actor, params.id, { locale })),
    }),
    route({
      name: 'units/move',
      method: 'post',
      path: '/units/:id/move',
      access: 'units:edit',
      tenant: 'member',
      versioned: true,
      summary:
        'Puts a unit, with everything below it, below another one; who may see what belongs to it follows at once.',
      status: 200,
      input: { params: z.strictObject({ id }), body: moveBody },
      output: unitView,
      run: async ({ actor, params, version, body }) =>
        toView(await units.move(actor, params.id, { ...body, version })),
      page: () => seeOther('/units', { kind: 'success', key: 'units.moved' }),
      invalid: async ({ issues, values }, { actor, params, locale }) =>
        view('units/move', await moveModel({ units, i18n }, actor, params.id, { locale, issues, values })),
    }),
  ];
}

/** Model of `units/move`: the unit, where it is, and where it could be. @throws NotFound */
async function moveModel(
  { units, i18n }: UnitRouteParts,
  actor: Actor,
  unitId: string,
  parts: {
    locale: Locale;
    values?: Readonly<Record<string, unknown>>;
    issues?: readonly FieldIssue[];
  },
): Promise<object> {
  const { locale } = parts;
  const unit = await units.access(actor, unitId);
  if (!can(actor, 'units:edit', unitId) || unit.parentId === null) throw new NotFound();
  const [all, own] = [await units.all(), await units.expand([unitId])];
  const form = createForm({ ...parts, i18n, messages: 'units.moving' });
  const fields = {
    parentId: form.select(
      'parentId',
      all
        .filter(({ id: one }) => !own.has(one) && one !== unit.parentId && can(actor, 'units:edit', one))
        .map((one) => ({ value: one.id, label: `${'  '.repeat(one.depth)}${one.name[locale]}` })),
      { required: true },
    ),
    reason: form.input('reason', 'text', { required: true, maxLength: 300 }),
  };
  return {
    name: unit.name[locale],
    from: all.find(({ id: one }) => one === unit.parentId)?.name[locale],
    below: own.size - 1,
    version: unit.version,
    action: `/units/${unitId}/move`,
    fields,
    errors: form.errors,
  };
}

const toView = ({ centre: _centre, ...unit }: Unit): z.input<typeof unitView> => unit;
