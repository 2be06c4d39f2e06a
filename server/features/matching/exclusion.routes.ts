import { z } from 'zod';
import type { FieldIssue } from '../../core/errors.ts';
import { sideBySide } from '../../db/transaction.ts';
import { empty, idParams, prose } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, Form, I18n, Locale } from '../../i18n/index.ts';
import type { ExclusionService } from './exclusion.service.ts';
import { OBJECTION_ABOUT } from './matching.model.ts';
import type { MatchingService } from './matching.service.ts';

const exclusionView = z.object({
  id: z.string(),
  /** Null: everything of the organisation. */
  requestId: z.string().nullable(),
  reason: z.string(),
  setAt: z.string(),
});
const objectionView = z.object({
  id: z.string(),
  about: z.enum(OBJECTION_ABOUT),
  text: z.string(),
  madeAt: z.string(),
  answer: z.string().nullable(),
  answeredAt: z.string().nullable(),
});
const named = { personName: z.string() };
const mineView = z.object({
  kept: z.number(),
  missed: z.number(),
  lastOn: z.string().nullable(),
  /** What reliability gives of its points: kept and nine, of all and ten. */
  of: z.number(),
  from: z.number(),
  exclusions: z.array(exclusionView),
  objections: z.array(objectionView),
});
type Mine = z.infer<typeof mineView>;
const objectBody = z.strictObject({ about: z.enum(OBJECTION_ABOUT), text: prose(1_000).min(1) });

export interface ExclusionRouteParts {
  readonly exclusions: ExclusionService;
  readonly matching: Pick<MatchingService, 'recordOf'>;
  readonly i18n: I18n;
}

const toExclusion = (row: { _id: unknown; requestId: unknown; reason: string; setAt: Date }) => ({
  id: String(row._id),
  requestId: row.requestId === null ? null : String(row.requestId),
  reason: row.reason,
  setAt: row.setAt.toISOString(),
});
const toObjection = (row: {
  _id: unknown;
  about: (typeof OBJECTION_ABOUT)[number];
  text: string;
  madeAt: Date;
  answer: string | null;
  answeredAt: Date | null;
}) => ({
  id: String(row._id),
  about: row.about,
  text: row.text,
  madeAt: row.madeAt.toISOString(),
  answer: row.answer,
  answeredAt: row.answeredAt?.toISOString() ?? null,
});

/** What is held about a person in matching, to the person; and the desk that keeps people from tasks and answers them. */
export function exclusionRoutes(parts: ExclusionRouteParts): Route[] {
  return [...ownRoutes(parts), ...deskRoutes(parts)];
}

function ownRoutes({ exclusions, matching, i18n }: ExclusionRouteParts): Route[] {
  const mine = async (account: Parameters<ExclusionService['own']>[0]): Promise<Mine> => {
    const [held, record] = await sideBySide([
      () => exclusions.own(account),
      () => matching.recordOf(account),
    ]);
    return {
      ...record,
      exclusions: held.exclusions.map(toExclusion),
      objections: held.objections.map(toObjection),
    };
  };
  return [
    route({
      name: 'matching/mine',
      method: 'get',
      path: '/me/matching',
      apiPath: '/me/matching',
      access: 'opportunities:see',
      tenant: 'member',
      summary:
        'What the organisation holds about how one is matched: reliability, exclusions with reasons, objections.',
      input: {},
      output: mineView,
      run: ({ account }) => mine(account),
      page: (shown, { locale }) => minePage(i18n, locale, shown, { values: {}, issues: [] }),
    }),
    route({
      name: 'matching/object',
      method: 'post',
      path: '/me/matching/objections',
      access: 'opportunities:see',
      tenant: 'member',
      summary: 'Objects to how one is matched; a person reads it and answers (R-6.8).',
      input: { body: objectBody },
      output: empty,
      async run({ account, body }) {
        await exclusions.object(account, body);
        return {};
      },
      page: () => seeOther('/me/matching', { kind: 'success', key: 'matching.mine.objected' }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        minePage(i18n, locale, await mine(account), {
          values,
          issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
        }),
    }),
  ];
}

function minePage(
  i18n: I18n,
  locale: Locale,
  shown: Mine,
  again: { values: Readonly<Record<string, unknown>>; issues: readonly FieldIssue[] },
): PageResult {
  const t = i18n.in(locale);
  const form = createForm({ i18n, locale, messages: 'matching.mine.form', ...again });
  return view('matching/mine', {
    ...shown,
    places: shown.kept + shown.missed,
    exclusions: shown.exclusions.map((one) => ({
      ...one,
      scope: t(one.requestId === null ? 'matching.exclusions.all' : 'matching.exclusions.request'),
    })),
    objections: shown.objections.map((one) => ({ ...one, label: t(`matching.mine.about.${one.about}`) })),
    fields: {
      about: form.select(
        'about',
        OBJECTION_ABOUT.map((value) => ({ value, label: t(`matching.mine.about.${value}`) })),
        { required: true },
      ),
      text: form.textarea('text', { required: true, maxLength: 1_000, rows: 4 }),
    },
    errors: form.errors,
  });
}

type Again = Pick<FormFailure, 'issues' | 'values'>;
const held = z.object({
  exclusions: z.array(exclusionView.extend(named)),
  objections: z.array(objectionView.extend(named)),
});
type Held = z.infer<typeof held>;

async function deskOf(exclusions: ExclusionService): Promise<Held> {
  const { exclusions: kept, objections } = await exclusions.desk();
  return {
    exclusions: kept.map((row) => ({ ...toExclusion(row), personName: row.personName })),
    objections: objections.map((row) => ({ ...toObjection(row), personName: row.personName })),
  };
}

/** @param again the answer that was refused, beside the objection it was meant for */
function deskPage(
  i18n: I18n,
  locale: Locale,
  shown: Held,
  again?: Again & { readonly id: string },
): PageResult {
  const t = i18n.in(locale);
  const answerTo = (id: string): Form =>
    createForm({
      i18n,
      locale,
      messages: 'matching.exclusions.form',
      idPrefix: `f-${id}`,
      ...(again?.id === id ? { values: again.values, issues: again.issues } : {}),
    });
  return view('matching/exclusions', {
    exclusions: shown.exclusions.map((one) => ({
      ...one,
      scope: t(one.requestId === null ? 'matching.exclusions.all' : 'matching.exclusions.request'),
    })),
    objections: shown.objections.map((one) => ({
      ...one,
      label: t(`matching.mine.about.${one.about}`),
      field: answerTo(one.id).textarea('answer', { required: true, maxLength: 1_000, rows: 2 }),
    })),
    errors: again ? answerTo(again.id).errors : [],
  });
}

function deskRoutes({ exclusions, i18n }: ExclusionRouteParts): Route[] {
  return [
    route({
      name: 'exclusions/list',
      method: 'get',
      path: '/exclusions',
      access: 'exclusions:edit',
      tenant: 'member',
      summary: 'Who is kept from what, and the objections that wait for an answer.',
      input: {},
      output: held,
      run: () => deskOf(exclusions),
      page: (shown, { locale }) => deskPage(i18n, locale, shown),
    }),
    setRoute(exclusions, i18n),
    route({
      name: 'exclusions/lift',
      method: 'post',
      path: '/exclusions/:id/lift',
      access: 'exclusions:edit',
      tenant: 'member',
      summary: 'Lets somebody in again.',
      status: 200,
      input: { params: idParams },
      output: exclusionView,
      run: async ({ account, params }) => toExclusion(await exclusions.lift(account, params.id)),
      page: () => seeOther('/exclusions', { kind: 'success', key: 'matching.exclusions.lifted' }),
    }),
    route({
      name: 'exclusions/answer',
      method: 'post',
      path: '/exclusions/objections/:id/answer',
      access: 'exclusions:edit',
      tenant: 'member',
      summary: 'Answers an objection; never one’s own.',
      status: 200,
      input: { params: idParams, body: z.strictObject({ answer: prose(1_000).min(1) }) },
      output: empty,
      async run({ account, params, body }) {
        await exclusions.answer(account, params.id, body.answer);
        return {};
      },
      page: () => seeOther('/exclusions', { kind: 'success', key: 'matching.exclusions.answered' }),
      invalid: async ({ issues, values, error }, { locale, params }) =>
        deskPage(i18n, locale, await deskOf(exclusions), {
          id: params.id,
          values,
          issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
        }),
    }),
  ];
}

function setRoute(exclusions: ExclusionService, i18n: I18n): Route {
  const params = z.strictObject({ positionId: idParams.shape.id });
  return route({
    name: 'exclusions/set',
    method: 'post',
    path: '/positions/:positionId/exclusions',
    access: 'exclusions:edit',
    tenant: 'member',
    summary: 'Keeps a member from the request of the position, or from everything of the organisation.',
    input: {
      params,
      body: z.strictObject({
        handle: z.string().max(40),
        reason: prose(300).min(1),
        all: z.boolean().default(false),
      }),
    },
    output: exclusionView,
    run: async ({ account, params: { positionId }, body }) =>
      toExclusion(await exclusions.set(account, positionId, body)),
    page: () => seeOther('/exclusions', { kind: 'success', key: 'matching.exclusions.done' }),
    invalid: ({ issues, values, error }, { locale, params: { positionId } }) => {
      const form = exclusionForm(i18n, locale, {
        values,
        issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
      });
      return view('matching/exclude', {
        ...form,
        action: `/positions/${positionId}/exclusions`,
        handle: values['handle'],
      });
    },
  });
}

/** The fields for keeping somebody from a task; they stand on the page of the pair, and alone when they were refused. */
export function exclusionForm(
  i18n: I18n,
  locale: Locale,
  again: Partial<Again> = {},
): { reason: Field; all: Field; errors: Form['errors'] } {
  const form = createForm({ i18n, locale, messages: 'matching.exclusions.form', ...again });
  return {
    reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
    all: form.checkbox('all'),
    errors: form.errors,
  };
}
