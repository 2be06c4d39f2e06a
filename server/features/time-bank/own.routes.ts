import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { sideBySide } from '../../db/transaction.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import type { Typed } from '../../i18n/index.ts';
import type { BankRouteParts } from './time-bank.routes.ts';
import {
  accountView,
  donationBody,
  giftBody,
  idView,
  kinshipView,
  minutesOf,
  ownFilter,
  ownView,
  relativeBody,
} from './time-bank.schema.ts';
import {
  donationModel,
  giftModel,
  relativeModel,
  toKinship,
  toMovement,
  toRedemption,
} from './time-bank.view.ts';

/** One's own time bank: what is saved and how it moved, giving, relatives. */
export const ownRoutes = (parts: BankRouteParts): Route[] => [
  ...standRoutes(parts),
  ...givingRoutes(parts),
  ...relativeRoutes(parts),
];

function standRoutes({ bank, kinships, redemptions, i18n }: BankRouteParts): Route[] {
  return [
    route({
      name: 'time-bank/own',
      method: 'get',
      path: '/time-bank',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One’s own time bank: what is saved, owed and set aside, movements, relatives, redemptions.',
      input: { query: ownFilter },
      output: ownView,
      async run({ account, query }) {
        const [{ on, capMinutes, expiryMonths, redeemFromAge, gifts }, own] = [
          await bank.rules(),
          await bank.accountOf(account.personId),
        ];
        const [standing, page, relatives, asked] = await sideBySide([
          () => bank.standingOf(account.personId),
          () => bank.movements(account.personId, query.limit, query.cursor),
          () => kinships.own(account),
          () => redemptions.own(account),
        ]);
        return {
          on,
          capMinutes,
          expiryMonths,
          redeemFromAge,
          gifts,
          ...standing,
          account: own ? { number: own.number, openedAt: own.openedAt.toISOString() } : null,
          heldMinutes: asked
            .filter(({ state }) => ['requested', 'confirmed'].includes(state))
            .reduce((sum, { minutes }) => sum + minutes, 0),
          relatives: relatives.map((row) => toKinship(row, { personId: account.personId, desk: false })),
          redemptions: asked.map(toRedemption),
          data: page.data.map(toMovement),
          nextCursor: page.nextCursor,
        };
      },
      page: (own, { account, locale, query }) =>
        view('time-bank/own', {
          ...own,
          desk: can(account, 'time-bank:see'),
          mayBegin: can(account, 'time-bank:use-own'),
          data: own.data.map((one) => ({ ...one, title: i18n.t(locale, `time-bank.what.${one.what}`) })),
          relatives: own.relatives.map((one) => ({
            ...one,
            name: one.mine ? one.relativeName || i18n.t(locale, 'time-bank.nameLater') : one.personName,
            open: ['declared', 'confirmed'].includes(one.state),
            relationText: i18n.t(locale, `time-bank.${one.mine ? 'relation' : 'relationOf'}.${one.relation}`),
          })),
          ...pagerOf('/time-bank', query, own.nextCursor),
          count: own.data.length,
        }),
    }),
    route({
      name: 'time-bank/open',
      method: 'post',
      path: '/time-bank/account',
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'Begins to save: service confirmed from then on earns as many minutes. Twice is once.',
      status: 200,
      input: {},
      output: accountView,
      async run({ account }) {
        const { number, openedAt } = await bank.openAccount(account);
        return { number, openedAt: openedAt.toISOString() };
      },
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.opened' }),
      invalid: ({ error }) => seeOther('/time-bank', { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}

function givingRoutes({ bank, kinships, i18n }: BankRouteParts): Route[] {
  return [
    route({
      name: 'time-bank/give-form',
      method: 'get',
      path: '/time-bank/gifts/new',
      doors: ['page'],
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'The form to give saved time to a relative.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: async (_nothing, { account, locale }) =>
        view('time-bank/gift', giftModel({ i18n, locale }, await kinships.confirmed(account), {})),
    }),
    route({
      name: 'time-bank/give',
      method: 'post',
      path: '/time-bank/gifts',
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'Gives saved time to a relative whom a coordinator confirmed (R-8.1).',
      input: { body: giftBody },
      output: idView,
      run: ({ account, body }) =>
        bank.give(account, { kinshipId: body.kinshipId, minutes: minutesOf(body), note: body.note }),
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.given' }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        view(
          'time-bank/gift',
          giftModel({ i18n, locale }, await kinships.confirmed(account), typed({ issues, values, error })),
        ),
    }),
    route({
      name: 'time-bank/donate-form',
      method: 'get',
      path: '/time-bank/donations/new',
      doors: ['page'],
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'The form to give saved time to the pool.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: (_nothing, { locale }) => view('time-bank/donation', donationModel({ i18n, locale }, {})),
    }),
    route({
      name: 'time-bank/donate',
      method: 'post',
      path: '/time-bank/donations',
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'Gives saved time to the organisation’s pool, for people in need (R-8.2).',
      input: { body: donationBody },
      output: idView,
      run: ({ account, body }) => bank.donate(account, { minutes: minutesOf(body), note: body.note }),
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.donated' }),
      invalid: ({ issues, values, error }, { locale }) =>
        view('time-bank/donation', donationModel({ i18n, locale }, typed({ issues, values, error }))),
    }),
  ];
}

/** A refusal that belongs to no field stands above them. */
export const typed = (
  failure: Required<Partial<Typed>> & { readonly error: { readonly code: string } },
): Partial<Typed> => ({
  values: failure.values,
  issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }],
});

function relativeRoutes({ kinships, i18n }: BankRouteParts): Route[] {
  return [
    route({
      name: 'time-bank/relative-form',
      method: 'get',
      path: '/time-bank/relatives/new',
      doors: ['page'],
      access: 'time-bank:use-own',
      tenant: 'member',
      summary: 'The form to say who is one’s relative.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      page: (_nothing, { locale }) => view('time-bank/relative', relativeModel({ i18n, locale }, {})),
    }),
    route({
      name: 'time-bank/declare',
      method: 'post',
      path: '/time-bank/relatives',
      access: 'time-bank:use-own',
      tenant: 'member',
      rate: 'mail',
      summary: 'Says who is one’s direct relative, by the number of their account; a coordinator confirms.',
      input: { body: relativeBody },
      output: kinshipView,
      run: async ({ account, body }) =>
        toKinship(await kinships.declare(account, body.number, body.relation), {
          personId: account.personId,
          desk: false,
        }),
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.declared' }),
      invalid: ({ issues, values, error }, { locale }) =>
        view('time-bank/relative', relativeModel({ i18n, locale }, typed({ issues, values, error }))),
    }),
    route({
      name: 'time-bank/end-kinship',
      method: 'post',
      path: '/time-bank/relatives/:id/ending',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'Either of the two, or the desk, ends it; what was given stays given.',
      status: 200,
      input: { params: idParams },
      output: kinshipView,
      run: async ({ account, params }) =>
        toKinship(await kinships.end(account, params.id), { personId: account.personId, desk: false }),
      page: () => seeOther('/time-bank', { kind: 'success', key: 'time-bank.did.ended' }),
    }),
  ];
}
