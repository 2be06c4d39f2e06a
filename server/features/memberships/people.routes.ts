import type { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { ageOn, localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { PeopleService, PersonRow } from '../people/index.ts';
import { findLanguage, findSkill } from '../skills/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { ListedMembership } from './membership.model.ts';
import {
  NEVER_SEEN,
  peopleFilter,
  personPage,
  personParams,
  personView,
  visibilityView,
} from './membership.schema.ts';
import type { MembershipService } from './membership.service.ts';

type PersonView = z.input<typeof personView>;

export interface PeopleRouteParts {
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/**
 * People as one organisation sees them: what is needed to ask and reach a member. Birth date, home, free times, consents
 * and the emergency contact stay with the person.
 */
export function peopleRoutes({ memberships, people, tenants, units, i18n }: PeopleRouteParts): Route[] {
  const wordsOf = async (
    rows: readonly ListedMembership[],
    { actor, locale, reached = false }: { actor: Actor; locale: Locale; reached?: boolean },
  ): Promise<PersonView[]> => {
    const [persons, tenant, names] = await sideBySide([
      () => people.rows(rows.map((row) => row.personId)),
      () => tenants.current(),
      () => units.names(rows.map((row) => String(row.unitId))),
    ]);
    const byId = new Map(persons.map((person) => [String(person._id), person]));
    const today = localDate(contextNow(), tenant.zone);
    return rows.flatMap((row) => {
      const person = byId.get(String(row.personId));
      if (!person) return [];
      const unitId = String(row.unitId);
      return [
        toPerson(row, person, {
          unitName: names.get(unitId)?.[locale] ?? '',
          today,
          // Who neither asks people nor keeps their records needs no way to ring them.
          reached: reached || can(actor, 'offers:make', unitId) || can(actor, 'people:edit', unitId),
        }),
      ];
    });
  };
  return [
    ...visibilityRoutes({ memberships, people, tenants, units, i18n }, wordsOf),
    route({
      name: 'people/list',
      method: 'get',
      path: '/people',
      // Its page is the roll of members at /memberships, which has filters and states of its own.
      doors: ['api'],
      access: 'people:see',
      tenant: 'member',
      summary: 'Members within reach: name, unit, skills, languages, how to reach them.',
      input: { query: peopleFilter },
      output: personPage,
      async run({ actor, query, locale }) {
        const page = await memberships.members(
          actor,
          { ...query, state: 'approved' },
          query.limit,
          query.cursor,
        );
        return { data: await wordsOf(page.data, { actor, locale }), nextCursor: page.nextCursor };
      },
    }),
    route({
      name: 'people/show',
      method: 'get',
      path: '/people/:personId',
      access: 'people:see',
      tenant: 'member',
      summary: 'One member within reach.',
      input: { params: personParams },
      output: personView,
      async run({ actor, params, locale }) {
        const row = await memberships.member(actor, params.personId);
        return (await wordsOf([row], { actor, locale }))[0] as PersonView;
      },
      page: (person, { locale }) =>
        view('people/show', {
          ...person,
          kindText: i18n.t(locale, `states.membershipKind.${person.kind}`),
          ageText: person.age === null ? null : i18n.t(locale, 'people.show.years', { count: person.age }),
          languageTexts: person.languages.map((code) => findLanguage(code)?.[locale] ?? code).join(' · '),
          skillTexts: person.skills.map(({ code, level, verified }) => ({
            text: `${findSkill(code)?.[locale] ?? code} · ${i18n.t(locale, `matching.level.${level as 1}`)}`,
            verified,
          })),
          phoneHref: person.phone ? `tel:${person.phone.replace(/[^+\d]/g, '')}` : null,
        }),
    }),
  ];
}

/**
 * What each organisation sees of the reader, made by the very code that shows it there; and what none of them sees.
 */
function visibilityRoutes(
  { memberships, i18n }: PeopleRouteParts,
  wordsOf: (
    rows: readonly ListedMembership[],
    reader: { actor: Actor; locale: Locale; reached: true },
  ) => Promise<PersonView[]>,
): Route[] {
  return [
    route({
      name: 'people/visibility',
      method: 'get',
      path: '/account/visibility',
      apiPath: '/me/visibility',
      access: 'signed-in',
      tenant: 'none',
      summary: 'What each of one’s organisations sees of one, and what none of them does.',
      input: {},
      output: visibilityView,
      run: async ({ account, actor, locale }) => ({
        data: await memberships.inOwnPlaces(account.accountId, async (row, tenant) => ({
          tenant: tenant.name[locale],
          slug: tenant.slug,
          sees: (await wordsOf([row], { actor, locale, reached: true }))[0] as PersonView,
        })),
        never: [...NEVER_SEEN],
      }),
      page: ({ data, never }, { locale }) =>
        view('people/visibility', {
          places: data.map(({ tenant, sees }) => {
            const item = (
              label: 'name' | 'unit' | 'kind' | 'skills' | 'languages' | 'phone' | 'age',
              value: string,
            ) => ({
              label: i18n.t(locale, `people.visibility.field.${label}`),
              value: value || i18n.t(locale, 'people.visibility.nothing'),
            });
            return {
              tenant,
              always: [
                item('name', sees.name),
                item('unit', sees.unitName),
                item('kind', i18n.t(locale, `states.membershipKind.${sees.kind}`)),
                item(
                  'languages',
                  sees.languages.map((code) => findLanguage(code)?.[locale] ?? code).join(' · '),
                ),
                item('skills', sees.skills.map(({ code }) => findSkill(code)?.[locale] ?? code).join(' · ')),
              ],
              reach: [
                item('phone', sees.phone ?? ''),
                item(
                  'age',
                  sees.age === null ? '' : i18n.t(locale, 'people.show.years', { count: sees.age }),
                ),
              ],
            };
          }),
          never: never.map((fact) => i18n.t(locale, `people.visibility.hidden.${fact}`)),
        }),
    }),
  ];
}

function toPerson(
  row: ListedMembership,
  person: PersonRow,
  { unitName, today, reached }: { unitName: string; today: string; reached: boolean },
): PersonView {
  const verified = new Map(row.verifiedSkills.map(({ code, level }) => [code, level]));
  return {
    id: String(person._id),
    membershipId: String(row._id),
    name: person.name,
    unitId: String(row.unitId),
    unitName,
    kind: row.kind,
    phone: reached ? person.phone : null,
    age: reached && person.birthDate ? ageOn(person.birthDate, today) : null,
    languages: [...person.languages],
    skills: person.skills.map(({ code, level }) => ({
      code,
      level: Math.max(level, verified.get(code) ?? 0),
      verified: verified.has(code),
    })),
  };
}
