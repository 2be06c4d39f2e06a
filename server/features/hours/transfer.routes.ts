import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { transferLifecycle } from '../../core/states.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { id, idParams, pageOf, paging, prose } from '../../http/schema.ts';
import type { TransferRow } from './transfer.model.ts';
import type { TransferService } from './transfer.service.ts';

export interface TransferRouteParts {
  readonly transfers: TransferService;
  readonly i18n: I18n;
}

const text = z.object({ 'zh-CN': z.string(), en: z.string() });
const transferView = z.object({
  id: z.string(),
  state: z.enum(transferLifecycle.states as [string, ...string[]]),
  direction: z.enum(['out', 'in', 'merge']),
  personName: z.string(),
  /** The other organisation. */
  peerName: text,
  /** Records to go, and those that went so far. */
  wanted: z.number().nullable(),
  records: z.number().nullable(),
  minutes: z.number().nullable(),
  /** Why it was not confirmed or not accepted; null otherwise. */
  reason: z.string().nullable(),
  createdAt: z.string(),
  can: z.object({ decide: z.boolean(), withdraw: z.boolean() }),
});
const toTransfer = (row: TransferRow, account: AccountActor): z.input<typeof transferView> => {
  const own = String(row.personId) === account.personId;
  return {
    id: String(row._id),
    state: row.state as 'requested',
    direction: row.direction,
    personName: row.personName,
    peerName: row.peerName,
    wanted: row.wanted ?? row.records,
    records: row.records,
    minutes: row.minutes,
    reason: ['refused', 'declined'].includes(row.state) ? (row.history.at(-1)?.reason ?? null) : null,
    createdAt: row.createdAt.toISOString(),
    can: {
      decide:
        !own &&
        ['requested', 'offered'].includes(row.state) &&
        can(account, 'hours:reverse', String(row.unitId)),
      withdraw:
        own &&
        row.direction === 'out' &&
        ['requested', 'confirmed'].includes(row.state) &&
        can(account, 'records:speak-own'),
    },
  };
};
const titled = (rows: readonly z.output<typeof transferView>[], i18n: I18n, locale: Locale): object[] =>
  rows.map((row) => ({
    ...row,
    moving: row.state === 'moving',
    title: i18n.t(locale, `hours.transfers.${row.direction}`, {
      person: row.personName,
      organisation: row.peerName[locale],
    }),
  }));

/** Taking hours along to another organisation. */
export function transferRoutes({ transfers, i18n }: TransferRouteParts): Route[] {
  const ownPage = async (
    data: readonly z.output<typeof transferView>[],
    { account, locale }: { account: AccountActor; locale: Locale },
    failure: Pick<FormFailure, 'issues' | 'values'> = { issues: [], values: {} },
  ): Promise<PageResult> => {
    const speaks = can(account, 'records:speak-own');
    const choices = speaks ? await transfers.choices(account) : [];
    const form = createForm({ i18n, locale, messages: 'hours.transfers.form', ...failure });
    const fields = {
      tenantId: form.select(
        'tenantId',
        choices.map(({ id: value, name }) => ({ value, label: name[locale] })),
        { required: true },
      ),
    };
    const desk = can(account, 'hours:reverse');
    return view('hours/transfers', {
      data: titled(data, i18n, locale),
      any: choices.length > 0,
      speaks,
      desk,
      fields,
      errors: form.errors,
    });
  };
  return [
    route({
      name: 'hours/transfers',
      method: 'get',
      path: '/hours/transfers',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One’s own hours that one takes, or took, along to or from another organisation.',
      input: {},
      output: z.object({ data: z.array(transferView) }),
      run: async ({ account }) => ({
        data: (await transfers.own(account)).map((row) => toTransfer(row, account)),
      }),
      page: ({ data }, context) => ownPage(data, context),
    }),
    route({
      name: 'hours/ask-transfer',
      method: 'post',
      path: '/hours/transfers',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'Asks to take all recorded hours along to another organisation that one is a member of.',
      input: { body: z.strictObject({ tenantId: id }) },
      output: transferView,
      run: async ({ account, body }) => toTransfer(await transfers.ask(account, body.tenantId), account),
      page: () => seeOther('/hours/transfers', { kind: 'success', key: 'hours.transfers.did.requested' }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        ownPage(
          (await transfers.own(account)).map((row) => transferView.parse(toTransfer(row, account))),
          { account, locale },
          { values, issues: issues.length > 0 ? issues : [{ path: '', code: error.code }] },
        ),
    }),
    route({
      name: 'hours/transfers-desk',
      method: 'get',
      path: '/hours/transfers/desk',
      access: 'hours:reverse',
      tenant: 'member',
      summary: 'Hours that members take along from here or bring, newest first.',
      input: { query: z.strictObject({ ...paging }) },
      output: pageOf(transferView),
      async run({ account, query }) {
        const page = await transfers.list(account, query.limit, query.cursor);
        return { data: page.data.map((row) => toTransfer(row, account)), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('hours/transfers-desk', {
          data: titled(data, i18n, locale),
          ...pagerOf('/hours/transfers/desk', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'hours/decide-transfer',
      method: 'post',
      path: '/hours/transfers/:id/decision',
      access: 'hours:reverse',
      tenant: 'member',
      summary:
        'The old organisation confirms, the new one accepts; then the hours leave one ledger and enter the other, very many by pieces.',
      status: 200,
      input: {
        params: idParams,
        body: z.strictObject({ verdict: z.enum(['yes', 'no']), reason: prose(300).min(1) }),
      },
      output: transferView,
      run: async ({ account, params, body }) =>
        toTransfer(await transfers.decide(account, params.id, body.verdict === 'yes', body.reason), account),
      page: ({ state }) =>
        seeOther('/hours/transfers/desk', { kind: 'success', key: `hours.transfers.did.${state}` }),
      invalid: ({ error }) =>
        seeOther('/hours/transfers/desk', {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    }),
    route({
      name: 'hours/withdraw-transfer',
      method: 'post',
      path: '/hours/transfers/:id/withdrawal',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'The person stays after all, before the hours went.',
      status: 200,
      input: { params: idParams },
      output: transferView,
      run: async ({ account, params }) => toTransfer(await transfers.withdraw(account, params.id), account),
      page: () => seeOther('/hours/transfers', { kind: 'success', key: 'hours.transfers.did.withdrawn' }),
    }),
  ];
}
