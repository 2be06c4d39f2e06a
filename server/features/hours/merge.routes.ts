import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { AppError } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { id, pageOf, paging, prose } from '../../http/schema.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import type { Duplicate, MergeService } from './merge.service.ts';

export interface MergeRouteParts {
  readonly merges: MergeService;
  readonly proposals: ProposalService;
  readonly i18n: I18n;
}

const duplicate = z.object({
  membershipId: z.string(),
  name: z.string(),
  since: z.string(),
  /** Balance of hours. */
  minutes: z.number(),
});
const pair = z.strictObject({ from: id, into: id });

const toView = (one: Duplicate): z.input<typeof duplicate> => ({ ...one, since: one.since.toISOString() });

/** Records of one human: found, and made one. */
export function mergeRoutes({ merges, proposals, i18n }: MergeRouteParts): Route[] {
  const page = async (
    account: AccountActor,
    locale: Locale,
    ids: z.infer<typeof pair>,
    failure: Pick<FormFailure, 'issues' | 'values'> = { issues: [], values: {} },
  ): Promise<PageResult> => {
    const preview = await merges.preview(account, ids);
    const form = createForm({ i18n, locale, messages: 'hours.merges.form', ...failure });
    const { from, into, obstacle } = preview;
    // Whichever of the two was to be kept: while it waits there is nothing to propose.
    const [one, other] = [
      await proposals.openOn('hours/merge', ids.from),
      await proposals.openOn('hours/merge', ids.into),
    ];
    return view('hours/merge', {
      ...preview,
      proposal: one ?? other,
      from: toView(from),
      into: toView(into),
      obstacleText: obstacle ? i18n.t(locale, `errors.${obstacle}` as 'errors.wrong-state') : null,
      fields: { reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }) },
      errors: form.errors,
    });
  };
  return [
    route({
      name: 'hours/duplicates',
      method: 'get',
      path: '/duplicates',
      access: 'memberships:decide',
      tenant: 'member',
      summary: 'Records within reach that are one human’s, whose document was seen for each of them.',
      input: { query: z.strictObject({ ...paging }) },
      output: pageOf(z.array(duplicate)),
      async run({ account, query }) {
        const { data, nextCursor } = await merges.duplicates(account, query.limit, query.cursor);
        return { data: data.map((group) => group.map(toView)), nextCursor };
      },
      page: ({ data, nextCursor }, { query }) =>
        view('hours/duplicates', {
          ...pagerOf('/duplicates', query, nextCursor),
          count: data.length,
          // Each may be the one that is kept; two records are made one at a time.
          groups: data.map((group) =>
            group.map((one, at) => ({ ...one, other: group[at === 0 ? 1 : 0]?.membershipId })),
          ),
        }),
    }),
    route({
      name: 'hours/merge-form',
      method: 'get',
      path: '/duplicates/new',
      doors: ['page'],
      access: 'memberships:decide',
      tenant: 'member',
      summary: 'What would go along if two records became one, and the form.',
      input: { query: pair.partial() },
      output: z.object({}),
      run: async () => ({}),
      page: async (_nothing, { account, locale, query: { from, into } }) => {
        if (!from || !into) return seeOther('/duplicates');
        try {
          return await page(account, locale, { from, into });
        } catch (err) {
          if (err instanceof AppError && [403, 409, 422].includes(err.status))
            return seeOther('/duplicates', { kind: 'error', key: `errors.${err.code}` });
          throw err;
        }
      },
    }),
    route({
      name: 'hours/merge',
      method: 'post',
      path: '/duplicates',
      access: 'memberships:decide',
      tenant: 'member',
      summary:
        'Proposes to make two records of one human one. When a second person confirms it, posted hours and saved time go to the record that is kept, and the other ends; nothing is rewritten.',
      input: { body: pair.extend({ reason: prose(300).min(1) }) },
      output: proposalView,
      run: async ({ account, body: { reason, from, into }, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'hours/merge', from, reason, { into }),
          tenant?.id ?? null,
        ),
      page: () => seeOther('/duplicates', { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: async ({ issues, values, error }, { account, locale }) => {
        const ids = pair.safeParse({ from: values['from'], into: values['into'] });
        if (error.code !== 'invalid' || !ids.success)
          return seeOther('/duplicates', { kind: 'error', key: `errors.${error.code}` });
        return page(account, locale, ids.data, { issues, values });
      },
    }),
  ];
}
