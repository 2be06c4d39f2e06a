import { z } from 'zod';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import { CONSENT_PURPOSES, CONSENT_WAYS } from './person.model.ts';
import type { ConsentState, PeopleService } from './person.service.ts';

const consentsView = z.object({
  data: z.array(
    z.object({
      purpose: z.enum(CONSENT_PURPOSES),
      given: z.boolean(),
      outdated: z.boolean(),
      version: z.string(),
      givenAt: z.string().nullable(),
      withdrawnAt: z.string().nullable(),
      how: z.enum(CONSENT_WAYS).nullable(),
    }),
  ),
});
const purposeParams = z.strictObject({ purpose: z.enum(CONSENT_PURPOSES) });
/** A press on a page sends the word, a program the truth value. */
const choice = z.strictObject({ given: z.boolean() });

/** One's own consents, each with its text, version and date, taken back as easily as given. */
export function consentRoutes({ people, i18n }: { people: PeopleService; i18n: I18n }): Route[] {
  const page = (states: readonly ConsentState[], locale: Locale): PageResult =>
    view('people/consents', {
      consents: states.map((state) => ({
        ...state,
        title: i18n.t(locale, `people.consents.title.${state.purpose}`),
        text: i18n.t(locale, `people.consent.${state.purpose}`),
        wayText: state.how ? i18n.t(locale, `people.consents.way.${state.how}`) : null,
        mayGive: !state.given && state.purpose !== 'guardian',
        mayWithdraw: state.given && state.purpose !== 'guardian' && state.purpose !== 'terms',
      })),
    });
  return [
    route({
      name: 'people/consents',
      method: 'get',
      path: '/account/consents',
      apiPath: '/me/consents',
      access: 'signed-in',
      tenant: 'none',
      summary: 'What one agreed to: purpose, version, date, how.',
      input: {},
      output: consentsView,
      run: async ({ account }) => ({ data: await people.consents(account) }),
      page: ({ data }, { locale }) => page(data, locale),
    }),
    route({
      name: 'people/set-consent',
      method: 'post',
      path: '/account/consents/:purpose',
      apiPath: '/me/consents/:purpose',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Gives or takes back one consent; it acts at once.',
      status: 200,
      input: { params: purposeParams, body: choice },
      output: consentsView,
      run: async ({ account, params, body }) => ({
        data: await people.setConsent(account, params.purpose, body.given),
      }),
      page: (_output, { body }) =>
        seeOther('/account/consents', {
          kind: 'success',
          key: body.given ? 'people.consents.given' : 'people.consents.withdrawn',
        }),
      invalid: ({ issues, error }) =>
        seeOther('/account/consents', { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    }),
  ];
}
