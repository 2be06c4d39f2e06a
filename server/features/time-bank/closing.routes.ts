import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { Typed } from '../../i18n/index.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import { typed } from './own.routes.ts';
import type { BankRouteParts } from './time-bank.routes.ts';
import { closingBody, deskClosingBody } from './time-bank.schema.ts';
import { closingModel, deskClosingModel } from './time-bank.view.ts';

const closed = z.object({ closed: z.literal(true) });

/** Ending an account: one's own, or by the desk for somebody who cannot. */
export function closingRoutes({ bank, closings, kinships, proposals, i18n }: BankRouteParts): Route[] {
  const ownForm = async (account: AccountActor, locale: 'zh-CN' | 'en', what: Partial<Typed>) => {
    const [{ gifts }, { savedMinutes }] = [await bank.rules(), await bank.standingOf(account.personId)];
    const heirs = gifts ? await kinships.confirmed(account) : [];
    return view('time-bank/closing', {
      savedMinutes,
      ...closingModel({ i18n, locale }, heirs, what),
    });
  };
  return [
    route({
      name: 'time-bank/close-form',
      method: 'get',
      path: '/time-bank/account/closing',
      doors: ['page'],
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'The form to end one’s own account.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: (_nothing, { account, locale }) => ownForm(account, locale, {}),
    }),
    route({
      name: 'time-bank/close',
      method: 'post',
      path: '/time-bank/account/closing',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'Ends one’s own account; what is saved goes to the pool or to a confirmed relative.',
      status: 200,
      input: { body: closingBody },
      output: closed,
      async run({ account, body }) {
        await closings.closeOwn(account, body.to);
        return { closed: true as const };
      },
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.closed' }),
      invalid: (failure, { account, locale }) => ownForm(account, locale, typed(failure)),
    }),
    route({
      name: 'time-bank/close-for-form',
      method: 'get',
      path: '/time-bank/closings/new',
      doors: ['page'],
      access: 'time-bank:run',
      tenant: 'member',
      summary: 'The form to end the account of somebody who cannot.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: (_nothing, { locale }) => view('time-bank/desk-closing', deskClosingModel({ i18n, locale }, {})),
    }),
    route({
      name: 'time-bank/close-for',
      method: 'post',
      path: '/time-bank/closings',
      access: 'time-bank:run',
      tenant: 'member',
      summary:
        'Proposes to end the account of somebody who died or moved away; it ends when a second person confirms. Never one’s own, nor for oneself.',
      input: { body: deskClosingBody },
      output: proposalView,
      run: async ({ account, body: { number, relative, reason }, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'time-bank/closing', number, reason, { number, relative }),
          tenant?.id ?? null,
        ),
      page: () => seeOther('/time-bank/desk', { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: (failure, { locale }) =>
        view('time-bank/desk-closing', deskClosingModel({ i18n, locale }, typed(failure))),
    }),
  ];
}
