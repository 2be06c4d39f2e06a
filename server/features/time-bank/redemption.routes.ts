import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import type { Locale, Typed } from '../../i18n/index.ts';
import { typed } from './own.routes.ts';
import type { RedemptionRow } from './time-bank.model.ts';
import type { BankRouteParts } from './time-bank.routes.ts';
import {
  askBody,
  minutesOf,
  reasonBody,
  redemptionDetail,
  redemptionVerdict,
  settleBody,
} from './time-bank.schema.ts';
import { askModel, settleModel, toRedemptionDetail } from './time-bank.view.ts';

/** Service against saved time, from the asking to the spending. */
export function redemptionRoutes({ redemptions, i18n }: BankRouteParts): Route[] {
  async function showPage(
    account: AccountActor,
    row: RedemptionRow,
    place: { readonly locale: Locale; readonly zone: string },
    said: Partial<Typed>,
  ): Promise<PageResult> {
    const one = toRedemptionDetail(row, account);
    const { locale, zone } = place;
    const spare = { hours: Math.floor(row.minutes / 60), minutes: row.minutes % 60 };
    const settle = one.can.settle
      ? settleModel({ i18n, locale }, await redemptions.servedBy(account, row), zone, {
          ...said,
          values: { ...spare, ...said.values },
        })
      : null;
    return view('time-bank/redemption', { ...one, settle, desk: can(account, 'time-bank:see') });
  }
  const act = (
    name: 'decide' | 'cancel',
    path: string,
    access: 'time-bank:run' | 'memberships:step-back-own',
    summary: string,
    body: z.ZodObject,
    run: (account: AccountActor, id: string, body: Record<string, string>) => Promise<RedemptionRow>,
  ): Route =>
    route({
      name: `time-bank/${name}`,
      method: 'post',
      path,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body },
      output: redemptionDetail,
      run: async ({ account, params, body: sent }) =>
        toRedemptionDetail(await run(account, params.id, sent as Record<string, string>), account),
      page: ({ id, state }) =>
        seeOther(`/time-bank/redemptions/${id}`, { kind: 'success', key: `time-bank.did.${state}` }),
      invalid: ({ error }, { params }) =>
        seeOther(`/time-bank/redemptions/${params.id}`, {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    });
  return [
    route({
      name: 'time-bank/ask-form',
      method: 'get',
      path: '/time-bank/redemptions/new',
      doors: ['page'],
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'The form to ask for service against saved time.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: (_nothing, { locale }) => view('time-bank/ask', askModel({ i18n, locale }, {})),
    }),
    route({
      name: 'time-bank/ask',
      method: 'post',
      path: '/time-bank/redemptions',
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'Asks for service against one’s own saved time, which is set aside for it.',
      input: { body: askBody },
      output: redemptionDetail,
      run: async ({ account, body }) =>
        toRedemptionDetail(
          await redemptions.ask(account, { what: body.what, minutes: minutesOf(body) }),
          account,
        ),
      page: ({ id }) =>
        seeOther(`/time-bank/redemptions/${id}`, { kind: 'success', key: 'time-bank.did.asked' }),
      invalid: ({ issues, values, error }, { locale }) =>
        view('time-bank/ask', askModel({ i18n, locale }, typed({ issues, values, error }))),
    }),
    route({
      name: 'time-bank/show',
      method: 'get',
      path: '/time-bank/redemptions/:id',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One redemption: one’s own, or of one’s desk.',
      input: { params: idParams },
      output: redemptionDetail,
      run: async ({ account, params }) =>
        toRedemptionDetail(await redemptions.access(account, params.id), account),
      page: async (_one, { account, params, locale, zone }) =>
        showPage(account, await redemptions.access(account, params.id), { locale, zone }, {}),
    }),
    act(
      'decide',
      '/time-bank/redemptions/:id/decision',
      'time-bank:run',
      'Takes a redemption on, or refuses it and gives the minutes back; never one’s own.',
      redemptionVerdict,
      (account, id, body) =>
        redemptions.decide(account, id, body['verdict'] as 'confirmed', body['reason'] ?? ''),
    ),
    act(
      'cancel',
      '/time-bank/redemptions/:id/cancellation',
      'memberships:step-back-own',
      'Calls it off before the service was given; the minutes come back.',
      reasonBody,
      (account, id, body) => redemptions.cancel(account, id, body['reason'] ?? ''),
    ),
    route({
      name: 'time-bank/settle',
      method: 'post',
      path: '/time-bank/redemptions/:id/settlement',
      access: 'time-bank:run',
      tenant: 'member',
      summary: 'Spends what the service took, as somebody’s posted hours say; the rest comes back.',
      status: 200,
      input: { params: idParams, body: settleBody },
      output: redemptionDetail,
      run: async ({ account, params, body }) =>
        toRedemptionDetail(
          await redemptions.settle(account, params.id, { hoursId: body.hoursId, minutes: minutesOf(body) }),
          account,
        ),
      page: ({ id }) =>
        seeOther(`/time-bank/redemptions/${id}`, { kind: 'success', key: 'time-bank.did.settled' }),
      invalid: async ({ issues, values, error }, { account, params, locale, zone }) =>
        showPage(
          account,
          await redemptions.access(account, params.id),
          { locale, zone },
          typed({ issues, values, error }),
        ),
    }),
  ];
}
