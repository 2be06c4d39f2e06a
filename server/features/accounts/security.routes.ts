import { z } from 'zod';
import { NotFound } from '../../core/errors.ts';
import { endOtherSessions, endSession } from '../../db/sessions.ts';
import { empty } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import { emailChange, forgotten, linkParams, passwordChange, proof, resetBody } from './account.schema.ts';
import type { TokenPurpose } from './account.model.ts';
import { shownPhone } from './account.rules.ts';
import type { AccountService } from './account.service.ts';
import { emailModel, forgottenModel, passwordModel, resetModel } from './account.view.ts';
import { proofModel, removePhoneModel } from './in-person.view.ts';
import type { AccountLinks } from './link.service.ts';
import type { SecurityService } from './security.service.ts';

export interface SecurityRouteParts {
  readonly accounts: AccountService;
  readonly security: SecurityService;
  readonly links: AccountLinks;
  readonly i18n: I18n;
  /** Whether codes can be sent to mobile numbers. */
  readonly reachesNumbers: boolean;
}

/** Keeping hold of one's account: forgotten and changed passwords, another address, open sessions. */
export function securityRoutes(parts: SecurityRouteParts): Route[] {
  return [
    ...resetRoutes(parts),
    ...changeRoutes(parts),
    ...linkRoutes(parts),
    ...proofRoutes(parts),
    ...sessionRoutes(),
  ];
}

function resetRoutes({ security, i18n, reachesNumbers }: SecurityRouteParts): Route[] {
  return [
    route({
      name: 'accounts/forgotten-form',
      method: 'get',
      path: '/forgotten',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Asks for the address or number of whoever forgot the password.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { locale }) =>
        view('accounts/forgotten', forgottenModel({ i18n, locale, reachesNumbers })),
    }),
    route({
      name: 'accounts/forgot',
      method: 'post',
      path: '/forgotten',
      apiPath: '/password-resets',
      access: 'public',
      tenant: 'none',
      rate: 'mail',
      summary: 'Sends a link for a new password; the answer is the same for unknown addresses and numbers.',
      status: 202,
      input: { body: forgotten },
      output: empty,
      async run({ body }) {
        await security.forgot(body.email);
        return {};
      },
      page: () => seeOther('/forgotten/sent'),
      invalid: ({ issues, values }, { locale }) =>
        view('accounts/forgotten', forgottenModel({ i18n, locale, reachesNumbers, issues, values })),
    }),
    route({
      name: 'accounts/forgotten-sent',
      method: 'get',
      path: '/forgotten/sent',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Says that a link is on its way, if the address is known.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: () => view('accounts/forgotten-sent', {}),
    }),
    route({
      name: 'accounts/reset-form',
      method: 'get',
      path: '/reset/:token',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The form for a new password.',
      input: { params: linkParams },
      output: z.object({ returning: z.boolean() }),
      run: ({ params }) => security.resetting(params.token),
      page: ({ returning }, { params, locale }) =>
        view('accounts/reset', resetModel({ i18n, locale, token: params.token, returning })),
    }),
    route({
      name: 'accounts/reset',
      method: 'post',
      path: '/reset/:token',
      apiPath: '/password-resets/:token',
      access: 'public',
      tenant: 'none',
      summary:
        'Sets a new password with the secret of a mailed link; every session and token ends. Gives an account back, with one’s own consent, that a guardian closed.',
      status: 200,
      idempotent: false,
      // The slow password hash runs before the service opens its own transaction.
      transaction: false,
      input: { params: linkParams, body: resetBody },
      output: empty,
      async run({ params, body }) {
        await security.reset(params.token, body);
        return {};
      },
      page: () => seeOther('/sign-in', { kind: 'success', key: 'accounts.reset.done' }),
      invalid: async ({ issues, values }, { params, locale }) => {
        const { returning } = await security.resetting(params.token);
        return view(
          'accounts/reset',
          resetModel({ i18n, locale, issues, values, token: params.token, returning }),
        );
      },
    }),
  ];
}

function changeRoutes({ security, i18n }: SecurityRouteParts): Route[] {
  return [
    route({
      name: 'accounts/password-form',
      method: 'get',
      path: '/account/password',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'The form for another password.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { locale }) => view('accounts/password', passwordModel({ i18n, locale })),
    }),
    route({
      name: 'accounts/change-password',
      method: 'post',
      path: '/account/password',
      apiPath: '/me/password',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Sets another password; every other session and every API token ends.',
      status: 200,
      idempotent: false,
      // Failed guesses must stay counted, and the hash is slow.
      transaction: false,
      input: { body: passwordChange },
      output: empty,
      async run({ account, body, door, session }) {
        const accountVersion = await security.changePassword(account, body);
        const membershipId = account.membership?.id ?? null;
        if (door === 'page')
          await session.signIn({ accountId: account.accountId, accountVersion, membershipId });
        return {};
      },
      page: () => seeOther('/account', { kind: 'success', key: 'accounts.password.done' }),
      invalid: ({ issues, values }, { locale }) =>
        view('accounts/password', passwordModel({ i18n, locale, issues, values })),
    }),
    route({
      name: 'accounts/email-form',
      method: 'get',
      path: '/account/email',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'The form for another address.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { locale }) => view('accounts/email', emailModel({ i18n, locale })),
    }),
    route({
      name: 'accounts/ask-for-email',
      method: 'post',
      path: '/account/email',
      apiPath: '/me/email',
      access: 'signed-in',
      tenant: 'none',
      rate: 'mail',
      summary: 'Mails a link to another address; it takes over when the link is followed.',
      status: 202,
      idempotent: false,
      transaction: false,
      input: { body: emailChange },
      output: empty,
      async run({ account, body }) {
        await security.askForEmail(account, body);
        return {};
      },
      page: () => seeOther('/account', { kind: 'info', key: 'accounts.email.sent' }),
      invalid: ({ issues, values }, { locale }) =>
        view('accounts/email', emailModel({ i18n, locale, issues, values })),
    }),
  ];
}

/** The password once more before what must not happen at an unattended desk (S-22), and giving a number up. */
function proofRoutes({ accounts, security, i18n }: SecurityRouteParts): Route[] {
  const phoneOf = async (accountId: string): Promise<string | null> => {
    const own = await accounts.addressOf(accountId);
    return own?.phone ? shownPhone(own.phone) : null;
  };
  return [
    route({
      name: 'accounts/proof-form',
      method: 'get',
      path: '/account/proof',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'Asks for the password once more.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { locale }) => view('accounts/proof', proofModel({ i18n, locale })),
    }),
    route({
      name: 'accounts/prove',
      method: 'post',
      path: '/account/proof',
      // A machine proves itself with a new token.
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'Proves the password once more; it counts for ten minutes.',
      // Failed guesses must stay counted, and the session store takes part in no transaction.
      transaction: false,
      idempotent: false,
      input: { body: proof },
      output: z.object({ returnTo: z.string() }),
      async run({ account, body, session }) {
        await security.prove(account, body.current);
        const returnTo = session.takeReturnTo() ?? '/account';
        await session.proved();
        return { returnTo };
      },
      page: ({ returnTo }) => seeOther(returnTo),
      invalid: ({ issues, values }, { locale }) =>
        view('accounts/proof', proofModel({ i18n, locale, issues, values })),
    }),
    route({
      name: 'accounts/remove-phone-form',
      method: 'get',
      path: '/account/phone/removal',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'Asks whether the mobile number should no longer sign in.',
      input: {},
      output: z.object({ phone: z.string().nullable() }),
      run: async ({ account }) => ({ phone: await phoneOf(account.accountId) }),
      page: ({ phone }, { locale }) =>
        view('accounts/remove-phone', removePhoneModel({ i18n, locale, phone })),
    }),
    route({
      name: 'accounts/remove-phone',
      method: 'post',
      path: '/account/phone/removal',
      apiPath: '/me/phone/removal',
      access: 'signed-in',
      tenant: 'none',
      summary: 'The mobile number signs in no longer; an address must be left.',
      status: 200,
      transaction: false, // failed guesses must stay counted
      idempotent: false,
      input: { body: proof },
      output: empty,
      async run({ account, body }) {
        await security.removePhone(account, body.current);
        return {};
      },
      page: () => seeOther('/account', { kind: 'success', key: 'accounts.removePhone.done' }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        view(
          'accounts/remove-phone',
          removePhoneModel({
            i18n,
            locale,
            values,
            phone: await phoneOf(account.accountId),
            issues: issues.length > 0 ? issues : [{ path: 'current', code: error.code }],
          }),
        ),
    }),
  ];
}

function linkRoutes({ security, links }: SecurityRouteParts): Route[] {
  /** A page with one button, and the press: a link that is only fetched changes nothing. */
  const press = (spec: {
    name: 'change-email' | 'undo-email';
    purpose: TokenPurpose;
    path: string;
    summary: string;
    act(secret: string): Promise<void>;
    done: PageResult;
  }): Route[] => [
    route({
      name: `accounts/${spec.name}-form`,
      method: 'get',
      path: spec.path,
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Asks for the press that does it.',
      input: { params: linkParams },
      output: z.object({ usable: z.boolean() }),
      run: async ({ params }) => ({ usable: (await links.find(params.token, spec.purpose)) !== null }),
      page: ({ usable }, { params }) =>
        view(
          'accounts/press',
          { usable, what: spec.name, action: spec.path.replace(':token', params.token) },
          usable ? {} : { status: 404 },
        ),
    }),
    route({
      name: `accounts/${spec.name}`,
      method: 'post',
      path: spec.path,
      access: 'public',
      tenant: 'none',
      summary: spec.summary,
      status: 200,
      input: { params: linkParams },
      output: empty,
      async run({ params }) {
        await spec.act(params.token);
        return {};
      },
      page: () => spec.done,
    }),
  ];
  return [
    ...press({
      name: 'change-email',
      purpose: 'change-email',
      path: '/email-changes/:token',
      summary: 'The new address takes over; the old one is told and may take it back.',
      act: (secret) => security.changeEmail(secret),
      done: seeOther('/account', { kind: 'success', key: 'accounts.email.done' }),
    }),
    ...press({
      name: 'undo-email',
      purpose: 'undo-email',
      path: '/email-changes/:token/undo',
      summary: 'The old address takes the account back; every session ends and a reset link is mailed to it.',
      act: (secret) => security.undoEmail(secret),
      done: seeOther('/sign-in', { kind: 'success', key: 'accounts.email.undone' }),
    }),
  ];
}

function sessionRoutes(): Route[] {
  return [
    route({
      name: 'accounts/end-session',
      method: 'post',
      path: '/account/sessions/:sessionId/end',
      apiPath: '/me/sessions/:sessionId/end',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Ends one open session of the account.',
      status: 200,
      transaction: false, // the session store takes part in no transaction
      input: { params: z.strictObject({ sessionId: z.string().max(60) }) },
      output: empty,
      async run({ account, params }) {
        if (!(await endSession(account.accountId, params.sessionId))) throw new NotFound();
        return {};
      },
      page: () => seeOther('/account', { kind: 'success', key: 'accounts.sessions.ended' }),
    }),
    route({
      name: 'accounts/end-other-sessions',
      method: 'post',
      path: '/account/sessions/end',
      apiPath: '/me/sessions/end',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Ends every other open session of the account.',
      status: 200,
      transaction: false,
      input: {},
      output: z.object({ ended: z.number() }),
      run: async ({ account, session }) => ({
        ended: await endOtherSessions(account.accountId, session.id),
      }),
      page: () => seeOther('/account', { kind: 'success', key: 'accounts.sessions.endedOthers' }),
    }),
  ];
}
