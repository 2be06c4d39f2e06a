import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can, canEverywhere } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { recognitionLifecycle } from '../../core/states.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import {
  id,
  idParams,
  localDate,
  pageOf,
  paging,
  prose,
  requiredLine,
  slugParams,
} from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { findServiceArea, SERVICE_AREAS } from '../skills/index.ts';
import type { UnitService } from '../units/index.ts';
import type { RecognitionRow, RecognitionSchemeRow } from './recognition.model.ts';
import { LEAST_OBJECTION_DAYS, SCHEME_KINDS } from './recognition.rules.ts';
import { VARIANTS } from './recognition.variants.ts';
import type { RecognitionService } from './recognition.service.ts';
import type { SchemeService } from './scheme.service.ts';

const text = z.object({ 'zh-CN': z.string(), en: z.string() });
const schemeView = z.object({
  id: z.string(),
  code: z.string(),
  kind: z.enum(SCHEME_KINDS),
  name: text,
  level: z.number(),
  minutes: z.number(),
  months: z.number(),
  areas: z.array(z.string()),
  areaMinutes: z.number(),
  objectionDays: z.number(),
  effectiveFrom: z.string(),
  effectiveTo: z.string().nullable(),
});
const caseView = z.object({
  id: z.string(),
  state: z.enum(recognitionLifecycle.states as [string, ...string[]]),
  version: z.number(),
  name: text,
  kind: z.enum(SCHEME_KINDS),
  level: z.number(),
  /** Empty where the person did not agree to be named and the reader need not know. */
  subjectName: z.string(),
  showName: z.boolean(),
  minutesNeeded: z.number(),
  areas: z.array(z.string()),
  areaMinutesNeeded: z.number(),
  minutesAt: z.number().nullable(),
  objectionUntil: z.string().nullable(),
  grantedAt: z.string().nullable(),
  /** Since when the hours it rests on are no longer there; for the person and the desk. */
  shortSince: z.string().nullable(),
  createdAt: z.string(),
});
const caseDetail = caseView.extend({
  own: z.boolean(),
  /** For the desk alone. */
  objections: z.array(z.object({ at: z.string(), reason: z.string() })),
  reason: z.string().nullable(),
  can: z.object({
    review: z.boolean(),
    publish: z.boolean(),
    object: z.boolean(),
    decide: z.boolean(),
    withdraw: z.boolean(),
    /** Whether the person may say whether they are named. */
    name: z.boolean(),
  }),
});
const reasonNeeded = z.strictObject({ reason: prose(300).min(1) });

const toScheme = (row: RecognitionSchemeRow): z.input<typeof schemeView> => ({
  id: String(row._id),
  code: row.code,
  kind: row.kind,
  name: row.name,
  level: row.level,
  minutes: row.minutes,
  months: row.months,
  areas: [...(row.areas ?? [])],
  areaMinutes: row.areaMinutes ?? 0,
  objectionDays: row.objectionDays,
  effectiveFrom: row.effectiveFrom,
  effectiveTo: row.effectiveTo,
});

function toCase(row: RecognitionRow, mayKnow: boolean, named = mayKnow): z.input<typeof caseView> {
  return {
    id: String(row._id),
    state: row.state,
    version: row.version,
    name: row.name,
    kind: row.kind,
    level: row.level,
    subjectName: named ? row.subjectName : '',
    showName: mayKnow ? row.showName : named,
    minutesNeeded: row.minutesNeeded,
    areas: [...(row.areas ?? [])],
    areaMinutesNeeded: row.areaMinutesNeeded ?? 0,
    minutesAt: mayKnow ? row.minutesAt : null,
    objectionUntil: row.objectionUntil,
    grantedAt: row.grantedAt?.toISOString() ?? null,
    shortSince: (mayKnow && row.state === 'granted' ? row.shortSince?.toISOString() : null) ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

function toDetail(row: RecognitionRow, account: AccountActor, named: boolean): z.input<typeof caseDetail> {
  const own = row.personId !== null && String(row.personId) === account.personId;
  const unit = String(row.unitId);
  const desk = can(account, 'recognition:see', unit);
  const decides =
    !own && can(account, 'recognition:decide', unit) && String(row.reviewedByPersonId) !== account.personId;
  return {
    ...toCase(row, own || desk, own || desk || named),
    own,
    objections: desk ? row.objections.map(({ at, reason }) => ({ at: at.toISOString(), reason })) : [],
    reason: own || desk ? (row.history.at(-1)?.reason ?? null) : null,
    can: {
      review: row.state === 'applied' && !own && can(account, 'recognition:review', unit),
      publish: row.state === 'reviewed' && decides,
      object: row.state === 'published' && !own,
      decide: row.state === 'published' && decides,
      withdraw: own
        ? ['eligible', 'applied', 'reviewed', 'published', 'granted'].includes(row.state)
        : ['published', 'granted'].includes(row.state) && decides,
      name: own && ['applied', 'reviewed', 'published', 'granted'].includes(row.state),
    },
  };
}

/** A case as the reader may see it. */
async function detailOf(
  recognition: RecognitionService,
  row: RecognitionRow,
  account: AccountActor,
): Promise<z.input<typeof caseDetail>> {
  const detail = toDetail(row, account, (await recognition.named([row])).has(String(row._id)));
  // Nothing is offered that would only be refused: while the notice stands nobody decides.
  const decide = detail.can.decide && (await recognition.noticeIsOver(row));
  return { ...detail, can: { ...detail.can, decide } };
}

export interface RecognitionRouteParts {
  readonly recognition: RecognitionService;
  readonly schemes: SchemeService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

export const recognitionRoutes = (parts: RecognitionRouteParts): Route[] => [
  ...ownRoutes(parts),
  ...caseRoutes(parts),
  ...deskRoutes(parts),
  ...schemeRoutes(parts),
];

function ownRoutes({ recognition, i18n }: RecognitionRouteParts): Route[] {
  return [
    route({
      name: 'recognition/own',
      method: 'get',
      path: '/recognition',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'Stars and medals: how far one is, what one may apply for, and one’s own cases.',
      input: {},
      output: z.object({
        standings: z.array(
          z.object({ scheme: schemeView, minutes: z.number(), whyNot: z.array(z.string()) }),
        ),
        cases: z.array(caseView),
      }),
      async run({ account }) {
        const { standings, cases } = await recognition.own(account);
        return {
          standings: standings.map(({ scheme, minutes, whyNot }) => ({
            scheme: toScheme(scheme),
            minutes,
            whyNot: [...whyNot],
          })),
          cases: cases.map((row) => toCase(row, true)),
        };
      },
      page: ({ standings, cases }, { account, locale }) =>
        view('recognition/own', {
          desk: can(account, 'recognition:see'),
          mayBegin: can(account, 'recognition:apply-own'),
          cases: cases.map((one) => ({ ...one, title: one.name[locale] })),
          standings: standings.map(({ scheme, minutes, whyNot }) => ({
            id: scheme.id,
            title: scheme.name[locale],
            minutes: Math.min(minutes, scheme.minutes),
            needed: scheme.minutes,
            open: whyNot.length === 0 && can(account, 'recognition:apply-own'),
            why: whyNot.map((code) =>
              i18n.t(locale, `recognition.whyNot.${code}` as 'recognition.whyNot.star-before'),
            ),
          })),
        }),
    }),
    route({
      name: 'recognition/apply',
      method: 'post',
      path: '/recognition/applications',
      access: 'recognition:apply-own',
      tenant: 'member',
      summary: 'Applies for a star or medal; `showName` agrees to be named on the public notice.',
      input: { body: z.strictObject({ schemeId: id, showName: z.boolean().default(false) }) },
      output: caseView,
      run: async ({ account, body }) =>
        toCase(await recognition.apply(account, body.schemeId, body.showName), true),
      page: ({ id: caseId }) =>
        seeOther(`/recognition-cases/${caseId}`, { kind: 'success', key: 'recognition.did.applied' }),
      invalid: ({ error }) => seeOther('/recognition', { kind: 'error', key: `errors.${error.code}` }),
    }),
    route({
      name: 'recognition/notice',
      method: 'get',
      path: '/t/:tenantSlug/recognition',
      access: 'public',
      tenant: 'slug',
      summary:
        'The public notice: what is open to objections and what was granted; named is who agreed to it.',
      input: { params: slugParams },
      output: z.object({ data: z.array(caseView) }),
      async run() {
        const rows = await recognition.notice();
        const named = await recognition.named(rows);
        return { data: rows.map((row) => toCase(row, false, named.has(String(row._id)))) };
      },
      page: ({ data }, { locale }) =>
        view('recognition/notice', { data: data.map((one) => ({ ...one, title: one.name[locale] })) }),
    }),
  ];
}

function caseRoutes({ recognition }: RecognitionRouteParts): Route[] {
  const act = (
    name: 'review' | 'publish' | 'object' | 'decide' | 'withdraw',
    access:
      'recognition:apply-own' | 'recognition:review' | 'recognition:decide' | 'memberships:step-back-own',
    summary: string,
    body: z.ZodObject,
    run: (account: AccountActor, caseId: string, body: Record<string, string>) => Promise<RecognitionRow>,
  ): Route =>
    route({
      name: `recognition/${name}`,
      method: 'post',
      path: `/recognition-cases/:id/${name}`,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body },
      output: caseDetail,
      run: async ({ account, params, body: sent }) =>
        detailOf(recognition, await run(account, params.id, sent as Record<string, string>), account),
      page: ({ id: caseId, state }) =>
        seeOther(`/recognition-cases/${caseId}`, {
          kind: 'success',
          key: name === 'object' ? 'recognition.did.objected' : `recognition.did.${state}`,
        }),
      invalid: ({ error }, { params }) =>
        seeOther(`/recognition-cases/${params.id}`, {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    });
  const verdict = <const V extends readonly [string, string]>(verdicts: V) =>
    z.strictObject({ verdict: z.enum(verdicts), reason: prose(300).min(1) });
  return [
    route({
      name: 'recognition/show',
      method: 'get',
      path: '/recognition-cases/:id',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One case: one’s own, of one’s desk, or on the public notice.',
      input: { params: idParams },
      output: caseDetail,
      run: async ({ account, params }) =>
        detailOf(recognition, await recognition.access(account, params.id), account),
      page: (one, { account, locale }) =>
        view('recognition/show', {
          ...one,
          title: one.name[locale],
          desk: can(account, 'recognition:see'),
        }),
    }),
    route({
      name: 'recognition/name',
      method: 'post',
      path: '/recognition-cases/:id/name',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary:
        'Says whether one’s own name stands on the public notice; it acts at once. Nobody below 18 is named.',
      status: 200,
      input: { params: idParams, body: z.strictObject({ shown: z.boolean() }) },
      output: caseDetail,
      run: async ({ account, params, body }) =>
        detailOf(recognition, await recognition.showOwnName(account, params.id, body.shown), account),
      page: ({ id: caseId, showName }) =>
        seeOther(`/recognition-cases/${caseId}`, {
          kind: 'success',
          key: showName ? 'recognition.did.named' : 'recognition.did.unnamed',
        }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/recognition-cases/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    act(
      'review',
      'recognition:review',
      'First look at an application; never one’s own.',
      verdict(['reviewed', 'refused']),
      (account, caseId, body) =>
        recognition.review(account, caseId, body['verdict'] as 'reviewed', body['reason'] ?? ''),
    ),
    act(
      'publish',
      'recognition:decide',
      'Puts it on the public notice for objections; somebody else than the first reviewer.',
      z.strictObject({}),
      (account, caseId) => recognition.publish(account, caseId),
    ),
    act(
      'object',
      'recognition:apply-own',
      'Says what stands against it while the notice stands.',
      reasonNeeded,
      (account, caseId, body) => recognition.object(account, caseId, body['reason'] ?? ''),
    ),
    act(
      'decide',
      'recognition:decide',
      'Decides after objections, once the notice has stood.',
      verdict(['granted', 'refused']),
      (account, caseId, body) =>
        recognition.decide(account, caseId, body['verdict'] as 'granted', body['reason'] ?? ''),
    ),
    act(
      'withdraw',
      'memberships:step-back-own',
      'The person steps back, or the desk takes back what should not have been granted.',
      reasonNeeded,
      (account, caseId, body) => recognition.withdraw(account, caseId, body['reason'] ?? ''),
    ),
  ];
}

function deskRoutes({ recognition, schemes, units }: RecognitionRouteParts): Route[] {
  const filter = z.strictObject({
    ...paging,
    state: z.enum(recognitionLifecycle.states as [string, ...string[]]).optional(),
  });
  return [
    route({
      name: 'recognition/cases',
      method: 'get',
      path: '/recognition-cases',
      access: 'recognition:see',
      tenant: 'member',
      summary: 'Applications within reach, newest first.',
      input: { query: filter },
      output: pageOf(caseView),
      async run({ account, query }) {
        const page = await recognition.list(account, query.state, query.limit, query.cursor);
        return { data: page.data.map((row) => toCase(row, true)), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { account, locale, query }) => {
        const nominates = can(account, 'recognition:nominate');
        return view('recognition/cases', {
          data: data.map((one) => ({ ...one, title: one.name[locale] })),
          mayChange: canEverywhere(account, 'recognition:schemes'),
          teams: nominates
            ? (await schemes.inForce())
                .filter(({ kind }) => kind === 'team')
                .map((scheme) => ({ id: String(scheme._id), title: scheme.name[locale] }))
            : [],
          units: nominates
            ? (await units.all())
                .filter((unit) => can(account, 'recognition:nominate', unit.id))
                .map((unit) => ({ id: unit.id, name: unit.name[locale] }))
            : [],
          ...pagerOf('/recognition-cases', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'recognition/nominate',
      method: 'post',
      path: '/recognition/team-applications',
      access: 'recognition:nominate',
      tenant: 'member',
      summary: 'Applies for a team, by the hours of its people for it.',
      input: { body: z.strictObject({ schemeId: id, unitId: id }) },
      output: caseView,
      run: async ({ account, body }) =>
        toCase(await recognition.applyForTeam(account, body.schemeId, body.unitId), true),
      page: ({ id: caseId }) =>
        seeOther(`/recognition-cases/${caseId}`, { kind: 'success', key: 'recognition.did.applied' }),
      invalid: ({ error }) => seeOther('/recognition-cases', { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}

/** Which kinds of service are asked for, in words. */
const kindsText = (row: { areas: string[]; areaMinutes: number }, locale: Locale): string =>
  row.areaMinutes > 0 ? row.areas.map((area) => findServiceArea(area)?.[locale] ?? area).join(' · ') : '';

const schemeBody = z.strictObject({
  code: requiredLine(40).regex(/^[a-z0-9-]+$/, 'invalid-code'),
  kind: z.enum(SCHEME_KINDS),
  nameZh: requiredLine(40),
  nameEn: requiredLine(60),
  level: z.number().int().min(0).max(9).default(0),
  hours: z.number().int().min(1).max(20_000),
  months: z.number().int().min(0).max(120).default(0),
  objectionDays: z.number().int().min(LEAST_OBJECTION_DAYS).max(60).default(LEAST_OBJECTION_DAYS),
  areas: z
    .array(z.enum(SERVICE_AREAS.map(({ code }) => code) as [string, ...string[]], 'not-an-option'))
    .max(SERVICE_AREAS.length)
    .default([]),
  areaHours: z.coerce.number().int().min(0).max(20_000).default(0),
  effectiveFrom: localDate,
});

function schemeRoutes({ schemes, i18n }: RecognitionRouteParts): Route[] {
  const listPage = (
    rows: readonly z.input<typeof schemeView>[],
    locale: Locale,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
    mayChange: boolean,
  ) => {
    const form = createForm({ i18n, locale, messages: 'recognition.form', values, issues });
    const number = (name: string, unit: 'hours' | 'months' | 'days' | null, required = false) =>
      form.input(name, 'number', {
        required,
        width: 'short',
        inputMode: 'numeric',
        ...(unit ? { unit: i18n.t(locale, `recognition.unit.${unit}`) } : {}),
      });
    return view('recognition/schemes', {
      mayChange,
      data: rows.map((row) => ({ ...row, title: row.name[locale], kinds: kindsText(row, locale) })),
      variants: VARIANTS,
      fields: {
        code: form.input('code', 'text', { required: true, maxLength: 40, width: 'short' }),
        kind: form.select(
          'kind',
          SCHEME_KINDS.map((value) => ({ value, label: i18n.t(locale, `recognition.kind.${value}`) })),
          { required: true, width: 'short' },
        ),
        nameZh: form.input('nameZh', 'text', { required: true, maxLength: 40 }),
        nameEn: form.input('nameEn', 'text', { required: true, maxLength: 60 }),
        level: number('level', null),
        hours: number('hours', 'hours', true),
        months: number('months', 'months'),
        objectionDays: number('objectionDays', 'days'),
        areas: form.checkboxes(
          'areas',
          SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] })),
          { width: 'short' },
        ),
        areaHours: number('areaHours', 'hours'),
        effectiveFrom: form.input('effectiveFrom', 'date', { required: true, width: 'short' }),
      },
      errors: form.errors,
    });
  };
  return [
    route({
      name: 'recognition/schemes',
      method: 'get',
      path: '/recognition-schemes',
      access: 'recognition:see',
      tenant: 'member',
      summary: 'What the organisation recognises and what it asks for, with effective dates.',
      input: {},
      output: z.object({ data: z.array(schemeView) }),
      run: async () => ({ data: (await schemes.list()).map(toScheme) }),
      page: async ({ data }, { account, locale }) =>
        listPage(
          data,
          locale,
          {
            kind: 'star',
            level: 1,
            hours: 100,
            months: 0,
            objectionDays: LEAST_OBJECTION_DAYS,
            effectiveFrom: await schemes.today(),
          },
          [],
          canEverywhere(account, 'recognition:schemes'),
        ),
    }),
    route({
      name: 'recognition/add-scheme',
      method: 'post',
      path: '/recognition-schemes',
      access: 'recognition:schemes',
      whole: true,
      tenant: 'member',
      summary:
        'Adds a star or medal; other rules for one that is there are another row, after the old one ended.',
      input: { body: schemeBody },
      output: schemeView,
      run: async ({ body }) => toScheme(await schemes.add(body)),
      page: () => seeOther('/recognition-schemes', { kind: 'success', key: 'recognition.schemes.added' }),
      invalid: async ({ issues, values }, { locale }) =>
        listPage((await schemes.list()).map(toScheme), locale, values, issues, true),
    }),
    route({
      name: 'recognition/adopt-usual',
      method: 'post',
      path: '/recognition-schemes/usual',
      access: 'recognition:schemes',
      whole: true,
      tenant: 'member',
      summary:
        'Takes over a variant of stars and medals from today, as the organisation’s own data (R-2.7, R-2.9).',
      status: 200,
      input: { body: z.strictObject({ variant: z.enum(VARIANTS).default('usual') }) },
      output: z.object({ added: z.number() }),
      run: async ({ body }) => ({ added: await schemes.adopt(body.variant) }),
      page: () => seeOther('/recognition-schemes', { kind: 'success', key: 'recognition.schemes.added' }),
      invalid: () => seeOther('/recognition-schemes', { kind: 'error', key: 'errors.not-an-option' }),
    }),
    route({
      name: 'recognition/end-scheme',
      method: 'post',
      path: '/recognition-schemes/:id/end',
      access: 'recognition:schemes',
      whole: true,
      tenant: 'member',
      summary: 'Ends rules on a day; who applied before goes on by them.',
      status: 200,
      input: { params: idParams, body: z.strictObject({ effectiveTo: localDate }) },
      output: schemeView,
      run: async ({ params, body }) => toScheme(await schemes.end(params.id, body.effectiveTo)),
      page: () => seeOther('/recognition-schemes', { kind: 'success', key: 'recognition.schemes.ended' }),
      invalid: ({ error }) =>
        seeOther('/recognition-schemes', {
          kind: 'error',
          key: error.code === 'invalid' ? 'errors.period-reversed' : `errors.${error.code}`,
        }),
    }),
  ];
}
