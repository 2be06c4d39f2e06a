import { z } from 'zod';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { sessionsOf } from '../../db/sessions.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty, id } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { safeReturnPath } from '../../http/session.ts';
import type { MembershipService, OwnPlace } from '../memberships/index.ts';
import type { TokenWish } from './token.service.ts';
import type { TenantService } from '../tenants/index.ts';
import { shownPhone } from './account.rules.ts';
import type { AccountService, MinorRegistration, SignedIn } from './account.service.ts';
import {
  accountView,
  confirmation,
  invitation,
  issuedToken,
  linkParams,
  localeChoice,
  ownTokenRequest,
  registration,
  signIn,
  tokenRequest,
} from './account.schema.ts';
import { accountModel, confirmModel, invitationModel, registerModel, signInModel } from './account.view.ts';

/** Where registrations of minors go; the guardians feature. */
export interface GuardianDesk {
  isMinor(birthDate: string): boolean;
  askForRegistration(input: MinorRegistration): Promise<void>;
}

/** Links into an organisation, by which somebody may come to register; the join-links feature. */
export interface JoinDesk {
  /** The open link with this code in the tenant; null when there is none. */
  find(tenantId: string, code: string): Promise<{ id: string; address: string | null } | null>;
  /** Applies as the link says, or plainly when it is over by now. */
  applyBy(
    tenantId: string,
    joinLinkId: string,
    account: { accountId: string; personId: string },
  ): Promise<void>;
}

export interface AccountRouteParts {
  readonly guardians: GuardianDesk;
  readonly joinLinks: JoinDesk;
  readonly accounts: AccountService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
  /** Whether codes can be sent to mobile numbers. */
  readonly reachesNumbers: boolean;
}

export function accountRoutes(parts: AccountRouteParts): Route[] {
  return [...registrationRoutes(parts), ...signInRoutes(parts), ...accountPageRoutes(parts)];
}

function registrationRoutes({
  accounts,
  guardians,
  joinLinks,
  memberships,
  tenants,
  i18n,
  reachesNumbers,
}: AccountRouteParts): Route[] {
  /** The form of an invited administrator, which says where, and what they will sign in with. */
  const invited = async (
    { params, locale }: Pick<RouteContext<{ token: string }>, 'params' | 'locale'>,
    tried: { values?: Readonly<Record<string, unknown>>; issues?: readonly FieldIssue[] },
  ): Promise<PageResult> => {
    const invitation = await accounts.invitationOf(params.token);
    if (!invitation) throw new NotFound('link-not-valid');
    const { name } = await tenants.get(invitation.tenantId);
    const { address } = invitation;
    return view(
      'accounts/invitation',
      invitationModel({ i18n, locale, ...tried, token: params.token, place: name[locale], address }),
    );
  };
  const placeOf = async (
    slug: string | undefined,
    locale: 'zh-CN' | 'en',
  ): Promise<{ slug: string; name: string } | null> => {
    const tenant = slug ? await tenants.findBySlug(slug) : null;
    return tenant ? { slug: tenant.slug, name: tenant.name[locale] } : null;
  };
  /** What the form starts with: who was mailed a link registers with the address it went to. */
  const broughtBy = async (place: string | undefined, code: string | undefined) => {
    const tenant = place && code ? await tenants.findBySlug(place) : null;
    const link = tenant && code ? await joinLinks.find(tenant.id, code) : null;
    return link ? { link: code, ...(link.address ? { email: link.address } : {}) } : {};
  };
  return [
    route({
      name: 'accounts/registration-form',
      method: 'get',
      path: '/register',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The registration form.',
      input: {
        query: z.strictObject({
          place: z.string().max(60).optional(),
          link: z.string().max(100).optional(),
        }),
      },
      output: z.object({ place: z.object({ slug: z.string(), name: z.string() }).nullable() }),
      run: async ({ query, locale }) => ({ place: await placeOf(query.place, locale) }),
      page: async ({ place }, { query, locale }) =>
        view(
          'accounts/register',
          registerModel({
            i18n,
            locale,
            reachesNumbers,
            place,
            values: await broughtBy(query.place, query.link),
          }),
        ),
    }),
    route({
      name: 'accounts/register',
      method: 'post',
      path: '/register',
      access: 'public',
      tenant: 'none',
      summary:
        'Registers a person; a confirmation link goes to the address or number, for minors to the guardian. The answer is the same for known ones.',
      status: 202,
      idempotent: false,
      // The slow password hash runs before the service opens its own transaction.
      transaction: false,
      input: { body: registration },
      output: empty,
      async run({ body, locale }) {
        const tenant = body.place ? await tenants.findBySlug(body.place) : null;
        const { name, email, password } = body;
        // Whoever names a guardian says that they are young: without a day of birth nobody would ask that guardian.
        if (body.birthDate === '' && (body.guardianName !== '' || body.guardianEmail !== ''))
          throw Invalid.field('birthDate', 'required');
        const link = tenant && body.link ? await joinLinks.find(tenant.id, body.link) : null;
        const input = {
          name,
          email,
          password,
          locale,
          tenantId: tenant?.id ?? null,
          joinLinkId: link?.id ?? null,
        };
        if (body.birthDate !== '' && guardians.isMinor(body.birthDate)) {
          const { birthDate, guardianName, guardianEmail } = body;
          await guardians.askForRegistration({ ...input, birthDate, guardianName, guardianEmail });
        } else await accounts.register(input);
        return {};
      },
      page: (_output, { body }) =>
        seeOther(
          body.birthDate !== '' && guardians.isMinor(body.birthDate)
            ? '/guardian-answers/asked'
            : '/register/sent',
        ),
      invalid: async ({ issues, values }, { locale }) =>
        view(
          'accounts/register',
          registerModel({
            i18n,
            locale,
            reachesNumbers,
            issues,
            values,
            place: await placeOf(String(values['place'] ?? ''), locale),
          }),
        ),
    }),
    route({
      name: 'accounts/registration-sent',
      method: 'get',
      path: '/register/sent',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Says that a confirmation link is on its way.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: () => view('accounts/sent', {}),
    }),
    route({
      name: 'accounts/confirm-form',
      method: 'get',
      path: '/confirm/:token',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary:
        'Asks whoever has the link for name and password: a link that is only fetched changes nothing.',
      input: { params: linkParams },
      output: z.object({ usable: z.boolean() }),
      run: async ({ params }) => ({ usable: (await accounts.confirming(params.token)) !== null }),
      page: async (_output, { params, locale }) => {
        const claim = await accounts.confirming(params.token);
        const model = confirmModel({ i18n, locale, claim, token: params.token });
        return view('accounts/confirm', model, claim ? {} : { status: 404 });
      },
    }),
    route({
      name: 'accounts/confirm',
      method: 'post',
      path: '/confirm/:token',
      access: 'public',
      tenant: 'none',
      summary:
        'Confirms an address or number with the secret of a mailed link; name and password of whoever presses it hold from then on.',
      status: 200,
      input: { params: linkParams, body: confirmation },
      output: empty,
      async run({ params, body }) {
        // The link is used up by this: an application that came later could be lost with the process (F-2).
        try {
          await inTransaction(async () => {
            const { tenantId, joinLinkId, ...account } = await accounts.confirm(params.token, body);
            if (tenantId && joinLinkId) await joinLinks.applyBy(tenantId, joinLinkId, account);
            else if (tenantId)
              await memberships.applyTo(tenantId, account, {
                kind: 'volunteer',
                unitId: null,
                motivation: '',
              });
          });
        } catch (err) {
          // An organisation that takes nobody of this age is one thing, whose address it is another.
          if (err instanceof Conflict || err instanceof NotFound) await accounts.confirm(params.token, body);
          throw err;
        }
        return {};
      },
      page: () => seeOther('/sign-in', { kind: 'success', key: 'accounts.confirm.done' }),
      invalid: async ({ issues, values }, { params, locale }) => {
        const claim = await accounts.confirming(params.token);
        return view(
          'accounts/confirm',
          confirmModel({ i18n, locale, issues, values, claim, token: params.token }),
        );
      },
    }),
    route({
      name: 'accounts/invitation-form',
      method: 'get',
      path: '/invitations/:token',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The form with which an invited administrator makes their account.',
      input: { params: linkParams },
      output: empty,
      run: async () => ({}),
      page: (_output, context) => invited(context, {}),
    }),
    route({
      name: 'accounts/accept-invitation',
      method: 'post',
      path: '/invitations/:token',
      access: 'public',
      tenant: 'none',
      summary: 'Makes the first administrator of a tenant.',
      input: { params: linkParams, body: invitation },
      output: empty,
      async run({ params, body, locale }) {
        // One press, one effect: an account without its office could never be invited again (F-2).
        await inTransaction(async () => {
          const made = await accounts.acceptInvitation(params.token, { ...body, locale });
          await memberships.appoint(made.tenantId, made, 'administrator');
        });
        return {};
      },
      page: () => seeOther('/sign-in', { kind: 'success', key: 'accounts.invitation.done' }),
      invalid: ({ issues, values, error }, context) =>
        invited(context, { values, issues: issues.length > 0 ? issues : [{ path: '', code: error.code }] }),
    }),
  ];
}

/** Where to act first: the last place, else the first approved, else any; one that was left comes after all others. */
async function startingMembership(
  signedIn: SignedIn,
  memberships: MembershipService,
): Promise<OwnPlace | null> {
  const places = await memberships.placesOf(signedIn.accountId);
  const live = places.filter(({ over }) => over === null);
  const last = live.find(({ id }) => id === signedIn.lastMembershipId);
  return last ?? live.find(({ state }) => state === 'approved') ?? live[0] ?? places[0] ?? null;
}

function signInRoutes({ accounts, memberships, tenants, i18n }: AccountRouteParts): Route[] {
  return [
    route({
      name: 'accounts/sign-in-form',
      method: 'get',
      path: '/sign-in',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The sign-in form.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { actor, locale }) =>
        actor.kind === 'account' ? seeOther('/') : view('accounts/sign-in', signInModel({ i18n, locale })),
    }),
    route({
      name: 'accounts/sign-in',
      method: 'post',
      path: '/sign-in',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      rate: 'sign-in',
      summary: 'Signs in with e-mail address or mobile number, and password.',
      // Failed guesses must stay counted whatever happens afterwards.
      transaction: false,
      input: { body: signIn },
      output: z.object({ returnTo: z.string() }),
      async run({ body, ip, session }) {
        const signedIn = await accounts.authenticate(body.email, body.password, {
          ip,
          device: session.device,
          browser: true,
        });
        session.markDevice(signedIn.device);
        const place = await startingMembership(signedIn, memberships);
        await session.signIn({ ...signedIn, membershipId: place?.id ?? null });
        return { returnTo: session.takeReturnTo() ?? '/' };
      },
      page: ({ returnTo }) => seeOther(returnTo),
      invalid: ({ issues, values }, { locale }) =>
        view('accounts/sign-in', signInModel({ i18n, locale, issues, values })),
    }),
    route({
      name: 'accounts/sign-out',
      method: 'post',
      path: '/sign-out',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Ends the session.',
      idempotent: false,
      // Only the session changes, and its store takes part in no transaction.
      transaction: false,
      input: {},
      output: empty,
      async run({ session }) {
        await session.signOut();
        return {};
      },
      page: () => seeOther('/'),
    }),
    route({
      name: 'accounts/create-token',
      method: 'post',
      path: '/tokens',
      doors: ['api'],
      access: 'public',
      tenant: 'none',
      rate: 'sign-in',
      summary: 'Signs a machine in: a bearer token that acts in one membership for ever.',
      transaction: false, // as for the sign-in form
      input: { body: tokenRequest },
      output: issuedToken,
      async run({ body, ip }) {
        const signedIn = await accounts.authenticate(body.email, body.password, {
          ip,
          device: null,
          browser: false,
        });
        const place = await placeFor(signedIn, body.tenant, { memberships, tenants });
        return accounts.createToken(signedIn, tokenIn(place, body));
      },
    }),
    route({
      name: 'accounts/switch',
      method: 'post',
      path: '/session/membership',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'Acts in another of the account’s own memberships; the session gets a new id.',
      transaction: false, // the session store takes part in no transaction
      input: { body: z.strictObject({ membershipId: id, returnTo: z.string().max(2_000).optional() }) },
      output: empty,
      async run({ account, body, session }) {
        const choices = await memberships.placesOf(account.accountId);
        if (!choices.some((choice) => choice.id === body.membershipId)) throw new NotFound();
        await accounts.rememberMembership(account.accountId, body.membershipId);
        await session.switchMembership(body.membershipId);
        return {};
      },
      page: (_output, { body, publicUrl }) =>
        seeOther(safeReturnPath(body.returnTo ?? null, publicUrl) ?? '/'),
    }),
  ];
}

/** @param place where it is to act; none for what is the account's own alone */
const tokenIn = (
  place: Pick<OwnPlace, 'id' | 'over'> | null,
  { name, days }: { readonly name: string; readonly days: number },
): TokenWish => ({
  membershipId: place?.id ?? null,
  former: place !== null && place.over !== null,
  name,
  days,
});

async function placeFor(
  signedIn: SignedIn,
  slug: string | undefined,
  { memberships, tenants }: Pick<AccountRouteParts, 'memberships' | 'tenants'>,
): Promise<OwnPlace | null> {
  if (slug === undefined) return startingMembership(signedIn, memberships);
  const tenant = await tenants.findBySlug(slug, 'ever');
  const choice = (await memberships.placesOf(signedIn.accountId)).find((own) => own.tenantId === tenant?.id);
  if (!choice) throw Invalid.field('tenant', 'not-a-member');
  return choice;
}

function accountPageRoutes({ accounts, memberships, tenants, i18n }: AccountRouteParts): Route[] {
  const load = async ({
    account,
    locale,
    session,
  }: Pick<RouteContext, 'account' | 'locale' | 'session'>): Promise<z.input<typeof accountView>> => {
    const own = await accounts.addressOf(account.accountId);
    if (!own) throw new NotFound();
    const choices = await memberships.placesOf(account.accountId);
    const places = await Promise.all(
      choices.map(async (choice) => ({ choice, tenant: await tenants.get(choice.tenantId) })),
    );
    return {
      email: own.email,
      phone: own.phone ? shownPhone(own.phone) : null,
      name: account.name,
      locale: own.locale,
      memberships: places.map(({ choice, tenant }) => ({
        id: choice.id,
        state: choice.state,
        over: choice.over,
        tenant: tenant.name[locale],
        slug: tenant.slug,
        current: choice.id === account.membership?.id,
      })),
      tokens: await accounts.listTokens(account),
      sessions: (await sessionsOf(account.accountId, own.version, session.id)).map((one) => ({
        ...one,
        startedAt: one.startedAt.toISOString(),
        expiresAt: one.expiresAt.toISOString(),
      })),
    };
  };
  return [
    route({
      name: 'accounts/show',
      method: 'get',
      path: '/account',
      apiPath: '/me',
      access: 'signed-in',
      tenant: 'none',
      summary: 'The own account: address, mobile number, memberships, API tokens.',
      input: {},
      output: accountView,
      run: (context) => load(context),
      page: (account, { locale }) =>
        view('accounts/show', accountModel({ i18n, locale, account, issued: null })),
    }),
    route({
      name: 'accounts/create-own-token',
      method: 'post',
      path: '/account/tokens',
      apiPath: '/me/tokens',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Makes an API token for the membership acted in; its secret is shown once.',
      // A key that outlives the session (S-22).
      fresh: true,
      // The secret must not be kept with the idempotency key.
      idempotent: false,
      input: { body: ownTokenRequest },
      output: issuedToken,
      async run({ account, body }) {
        return accounts.createTokenFor(account, tokenIn(account.membership, body));
      },
      page: async ({ token }, context) =>
        view(
          'accounts/show',
          accountModel({ i18n, locale: context.locale, account: await load(context), issued: token }),
        ),
      invalid: async ({ issues, values }, context) =>
        view(
          'accounts/show',
          accountModel({
            i18n,
            locale: context.locale,
            issues,
            values,
            account: await load(context),
            issued: null,
          }),
        ),
    }),
    route({
      name: 'accounts/revoke-token',
      method: 'post',
      path: '/account/tokens/:id/revocation',
      apiPath: '/me/tokens/:id/revocation',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Ends an API token at once.',
      status: 200,
      input: { params: z.strictObject({ id }) },
      output: empty,
      async run({ account, params }) {
        await accounts.revokeToken(account, params.id);
        return {};
      },
      page: () => seeOther('/account', { kind: 'success', key: 'accounts.tokens.revoked' }),
    }),
    route({
      name: 'accounts/set-locale',
      method: 'post',
      path: '/account/locale',
      apiPath: '/me/locale',
      access: 'signed-in',
      tenant: 'none',
      summary: 'The language of pages and mail.',
      status: 200,
      input: { body: localeChoice },
      output: empty,
      async run({ account, body }) {
        await accounts.setLocale(account.accountId, body.locale);
        return {};
      },
      page: (_output, { body }) => seeOther(`/account?lang=${body.locale}`),
    }),
  ];
}
