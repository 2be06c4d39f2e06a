import { canEverywhere } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { findServiceArea, findSkill, SERVICE_AREAS } from '../skills/index.ts';
import { KINDS, typeRules } from './credential.catalogue.ts';
import type { CredentialType } from './credential.catalogue.ts';
import { newTypeBody, typeBody, typePage, typeParams, typeView } from './credential.schema.ts';
import type { TypeBody } from './credential.schema.ts';
import type { CredentialTypeService, StoredType } from './credential-type.service.ts';

export interface TypeRouteParts {
  readonly types: CredentialTypeService;
  readonly i18n: I18n;
}

const lines = (text: string): string[][] =>
  text
    .split('\n')
    .map((one) => one.split('|').map((part) => part.trim()))
    .filter((parts) => parts.some((part) => part !== ''));

/** What the form says as the catalogue keeps it. @throws Invalid beside the field whose line cannot be read */
export function readType(code: string, body: TypeBody): CredentialType {
  const { nameZh, nameEn, levels, gives, ...rest } = body;
  const parsed = typeRules.safeParse({
    ...rest,
    code,
    name: { 'zh-CN': nameZh, en: nameEn },
    levels: lines(levels).map(([level = '', zh = '', en = '']) => ({
      code: level,
      name: { 'zh-CN': zh || level, en: en || zh || level },
    })),
    gives: lines(gives).map(([skill = '', level = '1', from = '']) => ({
      skill,
      level: Number(level),
      from,
    })),
  });
  if (parsed.success) return parsed.data;
  const field = String(parsed.error.issues[0]?.path[0] ?? 'code');
  throw Invalid.field(field, ['levels', 'gives'].includes(field) ? 'line-not-understood' : 'invalid-format');
}

/** What is stored under the names of the form. */
const valuesOf = (type: StoredType): Record<string, unknown> => ({
  ...type,
  nameZh: type.name['zh-CN'],
  nameEn: type.name.en,
  levels: type.levels.map(({ code, name }) => `${code} | ${name['zh-CN']} | ${name.en}`).join('\n'),
  gives: type.gives.map(({ skill, level, from }) => [skill, level, from].join(' | ')).join('\n'),
});

const monthsText = (i18n: I18n, locale: Locale, { validMonths }: CredentialType): string =>
  validMonths === null
    ? i18n.t(locale, 'credentials.types.never')
    : i18n.t(locale, 'credentials.types.months', { count: validMonths });

function rowModel(i18n: I18n, locale: Locale, type: StoredType): object {
  return {
    href: `/credential-types/${type.code}`,
    name: type.name[locale],
    kind: i18n.t(locale, `credentials.types.kind.${type.kind}`),
    validity: monthsText(i18n, locale, type),
    facts: [
      { icon: 'certificate', text: i18n.t(locale, `credentials.types.kind.${type.kind}`) },
      { icon: 'calendar', text: monthsText(i18n, locale, type) },
      ...(type.levels.length > 0
        ? [
            {
              icon: 'stairs',
              text: i18n.t(locale, 'credentials.types.levelCount', { count: type.levels.length }),
            },
          ]
        : []),
      ...(type.own ? [{ icon: 'settings', text: i18n.t(locale, 'credentials.types.own') }] : []),
    ],
    retired: type.retired ? i18n.t(locale, 'credentials.types.retired') : '',
  };
}

function showModel(i18n: I18n, locale: Locale, type: StoredType): object {
  const levelOf = (code: string): string =>
    type.levels.find((level) => level.code === code)?.name[locale] ?? '';
  const sourceKey = `credentials.types.sources.${type.code}`;
  return {
    ...rowModel(i18n, locale, type),
    code: type.code,
    // What comes with Linli is cited as each language cites laws; an organisation's own type as it was typed.
    source: !type.own && i18n.has(locale, sourceKey) ? i18n.t(locale, sourceKey) : type.source,
    window:
      type.validMonths === null
        ? null
        : i18n.t(locale, 'credentials.types.windowText', { count: type.windowMonths }),
    levelNames: type.levels.map(({ name }) => name[locale]),
    needed: type.neededFor.map((area) => findServiceArea(area)?.[locale] ?? area),
    skills: type.gives.map(({ skill, level, from }) => ({
      name: findSkill(skill)?.[locale] ?? skill,
      level: i18n.t(locale, `shifts.level.${level}`),
      from: levelOf(from),
    })),
  };
}

/** The catalogue: which certificates there are, how long each is valid, what it gives and where it is needed. */
export function typeRoutes({ types, i18n }: TypeRouteParts): Route[] {
  const form = (
    locale: Locale,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
    fresh: boolean,
  ) => {
    const made = createForm({ i18n, locale, messages: 'credentials.types.form', values, issues });
    const number = { inputMode: 'numeric', width: 'short', min: 0 } as const;
    return {
      fields: {
        code: fresh ? made.input('code', 'text', { required: true, maxLength: 40 }) : null,
        nameZh: made.input('nameZh', 'text', { required: true, maxLength: 60 }),
        nameEn: made.input('nameEn', 'text', { required: true, maxLength: 60 }),
        kind: made.radios(
          'kind',
          KINDS.map((value) => ({ value, label: i18n.t(locale, `credentials.types.kind.${value}`) })),
          { required: true },
        ),
        validMonths: made.input('validMonths', 'number', number),
        windowMonths: made.input('windowMonths', 'number', number),
        levels: made.textarea('levels', { rows: 4 }),
        gives: made.textarea('gives', { rows: 4 }),
        neededFor: made.checkboxes(
          'neededFor',
          SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] })),
        ),
        source: made.input('source', 'text', { maxLength: 120 }),
        retired: made.checkbox('retired'),
      },
      errors: made.errors,
    };
  };
  const listModel = async (
    { locale, actor }: { locale: Locale; actor: Actor },
    values: Readonly<Record<string, unknown>> = { kind: 'qualification' },
    issues: readonly FieldIssue[] = [],
  ): Promise<object> => ({
    types: [...(await types.all()).values()].map((type) => rowModel(i18n, locale, type)),
    canEdit: canEverywhere(actor, 'credential-types:edit'),
    ...form(locale, values, issues, true),
  });
  const pageOfType = async (
    { locale, actor, params }: { locale: Locale; actor: Actor; params: { code: string } },
    failure?: { values: Readonly<Record<string, unknown>>; issues: readonly FieldIssue[] },
  ) => {
    const type = await types.get(params.code);
    return view('credentials/type', {
      ...showModel(i18n, locale, type),
      version: type.version,
      canEdit: canEverywhere(actor, 'credential-types:edit'),
      ...form(locale, failure?.values ?? valuesOf(type), failure?.issues ?? [], false),
    });
  };
  return [
    route({
      name: 'credentials/list-types',
      method: 'get',
      path: '/credential-types',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'The catalogue of certificates: levels, validity, what each gives and where it is needed.',
      input: {},
      output: typePage,
      run: async () => ({ data: [...(await types.all()).values()], nextCursor: null }),
      page: async (_all, context) => view('credentials/types', await listModel(context)),
    }),
    route({
      name: 'credentials/show-type',
      method: 'get',
      path: '/credential-types/:code',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'One type of the catalogue.',
      input: { params: typeParams },
      output: typeView,
      run: ({ params }) => types.get(params.code),
      page: (_type, context) => pageOfType(context),
    }),
    route({
      name: 'credentials/add-type',
      method: 'post',
      path: '/credential-types',
      access: 'credential-types:edit',
      whole: true,
      tenant: 'member',
      summary: 'Adds a type of the organisation’s own to the catalogue.',
      input: { body: newTypeBody },
      output: typeView,
      run: ({ account, body: { code, ...body } }) => types.add(account, readType(code, body)),
      page: ({ code }) =>
        seeOther(`/credential-types/${code}`, { kind: 'success', key: 'credentials.types.saved' }),
      invalid: async ({ issues, values }, context) =>
        view('credentials/types', await listModel(context, values, issues)),
    }),
    route({
      name: 'credentials/edit-type',
      method: 'patch',
      path: '/credential-types/:code',
      access: 'credential-types:edit',
      whole: true,
      tenant: 'member',
      summary:
        'Changes a type for certificates that are stated from now on; those that are held keep their dates.',
      versioned: true,
      input: { params: typeParams, body: typeBody },
      output: typeView,
      run: ({ account, params, body, version }) => types.edit(account, readType(params.code, body), version),
      page: ({ code }) =>
        seeOther(`/credential-types/${code}`, { kind: 'success', key: 'credentials.types.saved' }),
      invalid: (failure, context) => pageOfType(context, failure),
    }),
  ];
}
