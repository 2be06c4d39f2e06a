import { can } from '../../core/actor.ts';
import type { I18n } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { EMPTY_PROFILE, profilePatch, profileView } from './person.schema.ts';
import type { ProfileBody } from './person.schema.ts';
import type { PeopleService } from './person.service.ts';
import { profileModel, toBody, toInput, toValues } from './person.view.ts';

/** One's own profile. */
export function personRoutes({ people, i18n }: { people: PeopleService; i18n: I18n }): Route[] {
  return [
    route({
      name: 'people/profile',
      method: 'get',
      path: '/profile',
      apiPath: '/me/profile',
      access: 'signed-in',
      tenant: 'none',
      summary: 'One’s own profile: skills, home, free times, languages, consents.',
      input: {},
      output: profileView,
      run: async ({ account }) => {
        const own = await people.own(account);
        return {
          ...own,
          languages: [...own.languages],
          skills: [...own.skills],
          interests: [...own.interests],
          availability: [...own.availability],
          consents: [...own.consents],
        };
      },
      page: (profile, { account, locale }) =>
        view('people/profile', {
          ...profileModel({ i18n, locale, values: toValues(profile as never), issues: [] }, profile.version),
          claims: can(account, 'credentials:claim-own'),
        }),
    }),
    route({
      name: 'people/edit-profile',
      method: 'patch',
      path: '/profile',
      apiPath: '/me/profile',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Changes one’s own profile.',
      versioned: true,
      input: { body: profilePatch },
      output: profileView,
      run: async ({ account, body, version, door }) => {
        const before = toBody(await people.own(account));
        const sent = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
        const whole =
          door === 'page' ? { ...EMPTY_PROFILE, name: before.name, ...sent } : { ...before, ...sent };
        const own = await people.update(account, version, toInput(whole as ProfileBody));
        return {
          ...own,
          languages: [...own.languages],
          skills: [...own.skills],
          interests: [...own.interests],
          availability: [...own.availability],
          consents: [...own.consents],
        };
      },
      page: () => seeOther('/profile', { kind: 'success', key: 'people.profile.saved' }),
      invalid: async ({ issues, values, error }, { account, locale, version }) => {
        const now = await people.own(account);
        const stale = error.code === 'version-changed';
        return view('people/profile', {
          ...profileModel(
            { i18n, locale, values, issues: stale ? [{ path: 'name', code: 'version-changed' }] : issues },
            stale ? now.version : (version ?? now.version),
          ),
          claims: can(account, 'credentials:claim-own'),
        });
      },
    }),
  ];
}
