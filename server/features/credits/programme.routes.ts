import { NotFound } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { canEverywhere } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { programmePage, programmeParams, programmeView, versionBody } from './credit.schema.ts';
import { sourceText, worded } from './credit.view.ts';
import { programmePageModel, UNKNOWN_START } from './programme.view.ts';
import type { ProgrammeService, StoredProgramme } from './programme.service.ts';

const toProgramme = ({ name, versions, own }: StoredProgramme) => ({
  programme: name,
  versions: versions.map((one) => ({ ...one })),
  own,
});

const startOf = ({ versions }: StoredProgramme): string | null => {
  const from = versions.at(-1)?.effective[0] ?? UNKNOWN_START;
  return from === UNKNOWN_START ? null : from;
};

/** The rules by which credit hours count here: everybody may read them, a reviewer publishes a version. */
export function programmeRoutes({ programmes, i18n }: { programmes: ProgrammeService; i18n: I18n }): Route[] {
  const rulesField = (locale: Locale, rules: unknown, issues: readonly FieldIssue[]) => {
    const form = createForm({ i18n, locale, messages: 'credits.rules.form', values: { rules }, issues });
    return { field: form.textarea('rules', { required: true, rows: 16 }), errors: form.errors };
  };
  const listModel = async (
    { locale, actor }: { locale: Locale; actor: Actor },
    values: Readonly<Record<string, unknown>> = {},
    issues: readonly FieldIssue[] = [],
  ): Promise<object> => ({
    programmes: (await programmes.all()).map((one) => ({
      name: worded({ i18n, locale }, 'programme', one.name),
      href: `/programmes/${one.name}`,
      source: sourceText({ i18n, locale }, one.name, one.versions.at(-1)?.source ?? '', one.own),
      from: startOf(one),
      own: one.own,
    })),
    canPublish: canEverywhere(actor, 'programmes:publish'),
    ...rulesField(locale, values['rules'], issues),
  });
  return [
    route({
      name: 'programmes/list',
      method: 'get',
      path: '/programmes',
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'The programmes by which credit hours count here, with all their versions.',
      input: {},
      output: programmePage,
      run: async () => ({ data: (await programmes.all()).map(toProgramme), nextCursor: null }),
      page: async (_all, context) => view('credits/programmes', await listModel(context)),
    }),
    route({
      name: 'programmes/show',
      method: 'get',
      path: '/programmes/:name',
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'One programme: every version of its rules, oldest first.',
      input: { params: programmeParams },
      output: programmeView,
      async run({ params }) {
        const found = await programmes.find(params.name);
        if (!found) throw new NotFound();
        return toProgramme(found);
      },
      async page({ programme }, { locale }) {
        const stored = (await programmes.find(programme)) ?? { versions: [], own: 0 };
        return view('credits/programme', programmePageModel({ i18n, locale }, programme, stored));
      },
    }),
    route({
      name: 'programmes/publish',
      method: 'post',
      path: '/programmes',
      access: 'programmes:publish',
      whole: true,
      tenant: 'member',
      summary:
        'Publishes a version (`rules`: JSON text) that begins today or later; cycles that have closed never change.',
      input: { body: versionBody },
      output: programmeView,
      run: async ({ account, body }) => toProgramme(await programmes.publish(account, body.rules)),
      page: ({ programme }) =>
        seeOther(`/programmes/${programme}`, { kind: 'success', key: 'credits.rules.published' }),
      invalid: async ({ issues, values }, context) =>
        view('credits/programmes', await listModel(context, values, issues)),
    }),
  ];
}
