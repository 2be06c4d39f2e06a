import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { Invalid } from '../../core/errors.ts';
import { externalLifecycle } from '../../core/states.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import {
  answerView,
  exportBody,
  externalFilter,
  externalPage,
  toExternal,
  WAITING_STATES,
} from './external-record.schema.ts';
import type { ExternalRecordService } from './external-record.service.ts';

/** Largest answer file: some thousand rows with room for reasons. */
const MOST_BYTES = 2 * 1024 * 1024;

/** What is entered in the national system and what is not yet: the list, the file to carry there, the answer that comes back. */
export function externalRecordRoutes({
  external,
  proposals,
  i18n,
}: {
  external: ExternalRecordService;
  proposals: ProposalService;
  i18n: I18n;
}): Route[] {
  async function unitOptions(account: AccountActor, locale: Locale) {
    return (await external.choices(account)).map((unit) => ({
      value: unit.id,
      label: `${'　'.repeat(unit.depth)}${unit.name[locale]}`,
    }));
  }
  async function exportForm(
    { account, locale }: { account: AccountActor; locale: Locale },
    values: Readonly<Record<string, unknown>> = {},
    issues: readonly FieldIssue[] = [],
  ) {
    const units = await unitOptions(account, locale);
    const form = createForm({
      i18n,
      locale,
      messages: 'external-records.form',
      values: { unitId: units[0]?.value, ...values },
      issues,
    });
    const required = { required: true } as const;
    const fields = {
      from: form.input('from', 'date', { ...required, width: 'short' }),
      to: form.input('to', 'date', { ...required, width: 'short' }),
      unitId: form.select('unitId', units, required),
      reason: form.input('reason', 'text', { ...required, maxLength: 300 }),
    };
    return { fields, errors: form.errors };
  }
  function answerForm(locale: Locale, issues: readonly FieldIssue[] = []) {
    const form = createForm({ i18n, locale, messages: 'external-records.form', issues, idPrefix: 'a' });
    const file = form.input('file', 'file', { required: true });
    return { file, errors: form.errors };
  }
  return [
    route({
      name: 'external-records/list',
      method: 'get',
      path: '/external-records',
      access: 'external-records:see',
      tenant: 'member',
      summary:
        'Posted service by how far it is entered in the national system, oldest first; what is not yet unless said otherwise.',
      input: { query: externalFilter },
      output: externalPage,
      async run({ account, query }) {
        const { limit, cursor, ...filter } = query;
        const page = await external.list(account, filter, limit, cursor);
        return {
          data: page.data.map(toExternal),
          nextCursor: page.nextCursor,
          counts: await external.counts(account, WAITING_STATES),
        };
      },
      page: async ({ data, nextCursor, counts }, { account, locale, query }) => {
        const form = createForm({
          i18n,
          locale,
          messages: 'external-records.form',
          values: query,
          idPrefix: 'q',
        });
        const units = await unitOptions(account, locale);
        const { state, unitId, from, to } = query;
        const kept = Object.entries({ unitId, from, to }).flatMap(([name, value]) =>
          value ? [`&${name}=${value}`] : [],
        );
        return view('external-records/list', {
          data,
          tabs: externalLifecycle.states.map((one) => {
            const count = counts[one as keyof typeof counts];
            const label = i18n.t(locale, `states.external.${one}`);
            return {
              label: count ? `${label} (${count > 999 ? '999+' : count})` : label,
              href: `/external-records?state=${one}${kept.join('')}`,
              current: one === state,
            };
          }),
          state,
          filter: {
            unitId: form.select('unitId', [
              { value: '', label: i18n.t(locale, 'common.word.all') },
              ...units,
            ]),
            from: form.input('from', 'date', { width: 'short' }),
            to: form.input('to', 'date', { width: 'short' }),
          },
          filtered: kept.length > 0,
          enters: can(account, 'external-records:enter'),
          export: await exportForm({ account, locale }, { from, to, ...(unitId ? { unitId } : {}) }),
          answer: answerForm(locale),
          ...pagerOf('/external-records', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'external-records/propose',
      fresh: true,
      method: 'post',
      path: '/external-records/exports',
      access: 'external-records:enter',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Proposes a file of what is not entered yet of a period and unit, a thousand records at most; there when a second person has confirmed it.',
      input: { body: exportBody },
      output: proposalView,
      run: async ({ account, body: { reason, ...wish }, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'external-records/export', account.accountId, reason, wish),
          tenant?.id ?? null,
        ),
      page: ({ id }) => seeOther(`/proposals/${id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: async ({ error, issues, values }, { account, locale }) =>
        error.code === 'invalid'
          ? view('external-records/export', await exportForm({ account, locale }, values, issues))
          : seeOther('/external-records', { kind: 'error', key: `errors.${error.code}` }),
    }),
    route({
      name: 'external-records/answer',
      method: 'post',
      path: '/external-records/answers',
      access: 'external-records:enter',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Takes in what came back from the national system (multipart, field `file`): each row its own result, by its record.',
      status: 200,
      uploadBytes: MOST_BYTES,
      // Rows are taken in a hundred a transaction: thousands would not end within one. The same file twice changes nothing.
      transaction: false,
      idempotent: false,
      input: {},
      output: answerView,
      async run({ account, file: upload }) {
        if (!upload) throw Invalid.field('file', 'file-needed');
        return external.answer(account, upload.bytes);
      },
      page: (outcome, { locale }) =>
        view('external-records/answered', {
          ...outcome,
          faults: outcome.faults.map((fault) => ({
            ...fault,
            text: i18n.t(locale, `errors.${fault.code}` as 'errors.wrong-state'),
          })),
        }),
      invalid: ({ issues, error }, { locale }) =>
        error.code === 'invalid'
          ? view('external-records/answer', answerForm(locale, issues))
          : seeOther('/external-records', { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}
