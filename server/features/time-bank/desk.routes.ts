import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { sideBySide } from '../../db/transaction.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import { typed } from './own.routes.ts';
import type { BankRouteParts } from './time-bank.routes.ts';
import {
  deskFilter,
  deskView,
  kinshipVerdict,
  kinshipView,
  minutesOf,
  poolBody,
  redemptionDetail,
} from './time-bank.schema.ts';
import { poolModel, toKinship, toRedemption, toRedemptionDetail } from './time-bank.view.ts';

/** Needs that a coordinator chooses from; older ones are asked for by program. */
const NEEDS = 100;

/** The coordinator's desk: the pool, relatives to confirm, what is asked for. */
export function deskRoutes({ bank, kinships, redemptions, requests, i18n }: BankRouteParts): Route[] {
  const needsOf = async (account: AccountActor): Promise<{ id: string; title: string }[]> =>
    (await requests.list(account, {}, NEEDS, undefined)).data
      .filter(
        ({ state, unitId }) =>
          !['rejected', 'redirected', 'merged', 'closed'].includes(state) &&
          can(account, 'time-bank:run', unitId),
      )
      .map(({ id, title }) => ({ id, title }));
  return [
    route({
      name: 'time-bank/desk',
      method: 'get',
      path: '/time-bank/desk',
      access: 'time-bank:see',
      tenant: 'member',
      summary: 'The pool, relatives that wait for confirmation, redemptions newest first.',
      input: { query: deskFilter },
      output: deskView,
      async run({ account, query }) {
        const [pool, relatives, page] = await sideBySide([
          () => bank.poolStanding(),
          () => kinships.waiting(account),
          () => redemptions.list(account, query.state, query.limit, query.cursor),
        ]);
        return {
          poolMinutes: pool.savedMinutes - pool.owedMinutes,
          relatives: relatives.map((row) => toKinship(row, { personId: account.personId, desk: true })),
          data: page.data.map(toRedemption),
          nextCursor: page.nextCursor,
        };
      },
      page: (desk, { account, locale, query }) =>
        view('time-bank/desk', {
          ...desk,
          runs: can(account, 'time-bank:run'),
          relatives: desk.relatives.map((one) => ({
            ...one,
            relationText: i18n.t(locale, `time-bank.relation.${one.relation}`),
          })),
          ...pagerOf('/time-bank/desk', query, desk.nextCursor),
          count: desk.data.length,
        }),
    }),
    route({
      name: 'time-bank/decide-kinship',
      method: 'post',
      path: '/time-bank/relatives/:id/decision',
      access: 'time-bank:run',
      tenant: 'member',
      summary: 'Confirms that two people are family, or refuses; never one of the two.',
      status: 200,
      input: { params: idParams, body: kinshipVerdict },
      output: kinshipView,
      run: async ({ account, params, body }) =>
        toKinship(await kinships.decide(account, params.id, body.verdict, body.reason), {
          personId: account.personId,
          desk: true,
        }),
      page: ({ state }) => seeOther('/time-bank/desk', { kind: 'success', key: `time-bank.did.${state}` }),
      invalid: ({ error }) =>
        seeOther('/time-bank/desk', {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    }),
    route({
      name: 'time-bank/pool-form',
      method: 'get',
      path: '/time-bank/pool-redemptions/new',
      doors: ['page'],
      access: 'time-bank:run',
      tenant: 'member',
      summary: 'The form to ask the pool for a need.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: async (_nothing, { account, locale }) =>
        view('time-bank/pool', poolModel({ i18n, locale }, await needsOf(account), {})),
    }),
    route({
      name: 'time-bank/ask-pool',
      method: 'post',
      path: '/time-bank/pool-redemptions',
      access: 'time-bank:run',
      tenant: 'member',
      summary: 'Asks the pool for a need of somebody who has saved nothing; somebody else confirms.',
      input: { body: poolBody },
      output: redemptionDetail,
      run: async ({ account, body }) =>
        toRedemptionDetail(
          await redemptions.askPool(account, { requestId: body.requestId, minutes: minutesOf(body) }),
          account,
        ),
      page: ({ id }) =>
        seeOther(`/time-bank/redemptions/${id}`, { kind: 'success', key: 'time-bank.did.asked' }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        view(
          'time-bank/pool',
          poolModel({ i18n, locale }, await needsOf(account), typed({ issues, values, error })),
        ),
    }),
  ];
}
