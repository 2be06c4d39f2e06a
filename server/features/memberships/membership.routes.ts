import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can, isClosed } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { ROLES } from '../../core/permissions.ts';
import { FORMER } from '../../core/states.ts';
import { sideBySide } from '../../db/transaction.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { id, slugParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import type { TenantService } from '../tenants/index.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { findSkill } from '../skills/index.ts';
import { SEEN_STATES, STOOD } from './fitting.rules.ts';
import { MEMBERSHIP_KINDS } from './membership.model.ts';
import { answersAmong } from './places.rules.ts';
import {
  answerBody,
  leaveBody,
  applyBody,
  filter,
  grantBody,
  membershipPage,
  membershipView,
  reviewBody,
  skillBody,
  standingBody,
} from './membership.schema.ts';
import type { MembershipView } from './membership.schema.ts';
import type { MembershipService } from './membership.service.ts';
import type { Membership } from './membership.view.ts';

const idParams = z.strictObject({ id });
const UNITS_OFFERED = 400;

export interface MembershipRouteParts {
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

export function membershipRoutes(parts: MembershipRouteParts): Route[] {
  return [...joinRoutes(parts), ...deskRoutes(parts), ...decisionRoutes(parts)];
}

async function toViews(
  rows: readonly Membership[],
  units: UnitService,
  locale: Locale,
): Promise<MembershipView[]> {
  const names = await units.names(
    rows.flatMap((row) => [row.unitId, ...row.grants.map((grant) => grant.unitId)]),
  );
  const nameOf = (unitId: string): string => names.get(unitId)?.[locale] ?? '';
  return rows.map((row) => ({
    ...row,
    unitName: nameOf(row.unitId),
    grants: row.grants.map((grant) => ({ ...grant, unitName: nameOf(grant.unitId) })),
    verifiedSkills: [...row.verifiedSkills],
    history: [...row.history],
  }));
}
/** A membership as the API gives it and pages show it. */
export const toMembershipView = async (
  row: Membership,
  units: UnitService,
  locale: Locale,
): Promise<MembershipView> => (await toViews([row], units, locale))[0] as MembershipView;

function joinRoutes({ memberships, tenants, units, i18n }: MembershipRouteParts): Route[] {
  const placesShown = 60;
  const applyPage = async (
    { tenant, locale }: Pick<RouteContext, 'tenant' | 'locale'>,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[] = [],
  ): Promise<PageResult> =>
    view('memberships/apply', {
      ...applyModel(i18n, locale, values, issues, await units.all()),
      action: `/t/${tenant?.slug ?? ''}/memberships`,
      name: tenant?.name[locale] ?? '',
    });
  return [
    route({
      name: 'memberships/where',
      method: 'get',
      path: '/join',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'Where one belongs, where one has asked, and where one could.',
      input: {},
      output: z.object({}),
      run: async () => ({}),
      async page(_output, { account, locale }) {
        const [choices, open, words] = await sideBySide([
          () => memberships.placesOf(account.accountId),
          () => tenants.listOpen(placesShown),
          () => memberships.lastWordsTo(account.accountId),
        ]);
        const own = new Map(choices.map((choice) => [choice.tenantId, choice]));
        const said = new Map(words.map((word) => [word.membershipId, word]));
        // One's own places are shown however many others there are.
        const mine = await Promise.all(choices.map(({ tenantId }) => tenants.get(tenantId)));
        const answers = answersAmong(words);
        const closed = await tenants.closedAmong(answers.map(({ tenantId }) => tenantId));
        const answered = answers.filter(({ tenantId }) => !closed.has(tenantId));
        const askedAt = await Promise.all(answered.map(({ tenantId }) => tenants.get(tenantId)));
        return view('memberships/join', {
          waits: choices.some(({ state }) => AWAITED.includes(state)),
          // What was refused or taken back is told with its reason, and may be asked again.
          answered: answered.map((word, at) => ({
            name: askedAt[at]?.name[locale] ?? '',
            slug: askedAt[at]?.slug ?? '',
            state: word.state,
            next: nextText(i18n, locale, word.state, word.reason),
          })),
          mine: choices.map((choice, at) => ({
            name: mine[at]?.name[locale] ?? '',
            slug: mine[at]?.slug ?? '',
            state: choice.state,
            // Elsewhere one acts after choosing to; where one is, the membership itself is a page.
            elsewhere:
              choice.state === 'approved' && choice.over === null && choice.id !== account.membership?.id,
            here: choice.id === account.membership?.id,
            // Only one's own record is open there.
            record: choice.over !== null,
            closed: choice.over === 'closed',
            next:
              choice.over === 'closed'
                ? null
                : nextText(i18n, locale, choice.state, said.get(choice.id)?.reason ?? null),
            membershipId: choice.id,
          })),
          others: open
            // Who left may ask again; who was refused is told so above, with the same button.
            .filter(
              (tenant) =>
                (own.get(tenant.id)?.state ?? FORMER) === FORMER &&
                !answered.some(({ tenantId }) => tenantId === tenant.id),
            )
            .map((tenant) => ({
              name: tenant.name[locale],
              slug: tenant.slug,
              kind: i18n.t(locale, `home.kind.${tenant.kind}`),
            })),
        });
      },
    }),
    route({
      name: 'memberships/apply-form',
      method: 'get',
      path: '/t/:tenantSlug/join',
      doors: ['page'],
      access: 'public',
      tenant: 'slug',
      summary: 'What the organisation is and how to join it.',
      input: { params: slugParams },
      output: z.object({}),
      run: async () => ({}),
      async page(_output, { actor, tenant, locale }) {
        if (actor.kind !== 'account') return seeOther(`/register?place=${tenant?.slug ?? ''}`);
        // Nobody fills in a form that could only be refused.
        const places = await memberships.choicesOf(actor.accountId);
        return places.some(({ tenantId }) => tenantId === tenant?.id)
          ? seeOther('/join', { kind: 'info', key: 'errors.already-member' })
          : applyPage({ tenant, locale }, {});
      },
    }),
    route({
      name: 'memberships/apply',
      method: 'post',
      path: '/t/:tenantSlug/memberships',
      access: 'signed-in',
      tenant: 'slug',
      summary: 'Asks to join the organisation.',
      input: { params: slugParams, body: applyBody },
      output: membershipView,
      run: async ({ account, body, locale }) =>
        toMembershipView(
          await memberships.apply(account, { ...body, unitId: body.unitId || null }),
          units,
          locale,
        ),
      page: (_output, { body }) =>
        seeOther('/join', {
          kind: 'success',
          key: body.draft ? 'memberships.apply.kept' : 'memberships.apply.done',
        }),
      invalid: ({ values, issues, error }, context) =>
        error.code === 'already-member'
          ? seeOther('/join', { kind: 'info', key: 'errors.already-member' })
          : applyPage(
              context,
              values,
              // A reason that no field has is told above the form.
              issues.length > 0
                ? issues
                : [{ path: '', code: error.code, params: error.details as Record<string, string> }],
            ),
    }),
  ];
}

/** States in which somebody waits to be let in, and may meanwhile make ready. */
const AWAITED = ['draft', 'submitted', 'needs_correction', 'first_review'];

/** What comes next for whoever is in this state, with what the organisation said; null where there is nothing to tell. */
function nextText(i18n: I18n, locale: Locale, state: string, reason: string | null): string | null {
  const key = `memberships.next.${state}`;
  if (!i18n.has(locale, key)) return null;
  const said = reason ? i18n.t(locale, 'memberships.next.said', { reason }) : '';
  return [i18n.t(locale, key), said].filter(Boolean).join(' ');
}

function applyModel(
  i18n: I18n,
  locale: Locale,
  values: Readonly<Record<string, unknown>>,
  issues: readonly FieldIssue[],
  units: readonly Unit[],
): object {
  const form = createForm({
    i18n,
    locale,
    messages: 'memberships.apply',
    values: { kind: 'volunteer', ...values },
    issues,
  });
  const fields = {
    kind: form.radios(
      'kind',
      MEMBERSHIP_KINDS.map((kind) => ({
        value: kind,
        label: i18n.t(locale, `states.membershipKind.${kind}`),
      })),
      { required: true },
    ),
    // Where there is nothing to choose, nothing is asked.
    unitId:
      units.length > 1
        ? form.select('unitId', [
            { value: '', label: i18n.t(locale, 'memberships.apply.anyUnit') },
            ...units
              .filter((unit) => unit.depth > 0)
              .slice(0, UNITS_OFFERED)
              .map((unit) => ({
                value: unit.id,
                label: `${'  '.repeat(unit.depth - 1)}${unit.name[locale]}`,
              })),
          ])
        : null,
    motivation: form.textarea('motivation', { maxLength: 500, rows: 3 }),
  };
  return { fields, errors: form.errors };
}

function deskRoutes({ memberships, tenants, units, i18n }: MembershipRouteParts): Route[] {
  return [
    route({
      name: 'memberships/list',
      method: 'get',
      path: '/memberships',
      access: 'people:see',
      tenant: 'member',
      summary:
        'People as this organisation sees them, by state, kind, unit or name (characters, pinyin or initials).',
      input: { query: filter },
      output: membershipPage,
      async run({ actor, query, locale }) {
        const page = await memberships.list(actor, query, query.limit, query.cursor);
        return { data: await toViews(page.data, units, locale), nextCursor: page.nextCursor };
      },
      async page({ data, nextCursor }, { actor, query, locale }) {
        const form = createForm({ i18n, locale, messages: 'memberships.filter', values: query });
        const { yearlyHours, yearlyActivities } = (await tenants.current()).settings;
        return view('memberships/list', {
          members: data,
          create: can(actor, 'memberships:create'),
          decide: can(actor, 'memberships:decide'),
          yearly: can(actor, 'hours:see') && yearlyHours + yearlyActivities > 0,
          filtered: [query.q, query.state, query.kind, query.unitId].some(Boolean),
          fields: {
            q: form.input('q', 'search', { maxLength: 60 }),
            state: form.select('state', [
              { value: '', label: i18n.t(locale, 'common.word.all') },
              ...SEEN_STATES.map((state) => ({
                value: state,
                label: i18n.t(locale, `states.membership.${state}`),
              })),
            ]),
            kind: form.select('kind', [
              { value: '', label: i18n.t(locale, 'common.word.all') },
              ...MEMBERSHIP_KINDS.map((kind) => ({
                value: kind,
                label: i18n.t(locale, `states.membershipKind.${kind}`),
              })),
            ]),
          },
          ...pagerOf('/memberships', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'memberships/show',
      method: 'get',
      path: '/memberships/:id',
      access: 'signed-in',
      tenant: 'member',
      summary: 'One membership: one’s own, or of somebody within reach.',
      input: { params: idParams },
      output: membershipView,
      run: async ({ actor, params, locale }) =>
        toMembershipView(await memberships.show(actor, params.id), units, locale),
      page: (membership, context) => showPage(membership, context, { memberships, units, i18n }),
    }),
  ];
}

async function showPage(
  membership: MembershipView,
  { actor, account, locale }: RouteContext,
  { memberships, units, i18n }: Pick<MembershipRouteParts, 'memberships' | 'units' | 'i18n'>,
): Promise<PageResult> {
  const own = membership.id === account.membership?.id;
  const said = own
    ? (await memberships.lastWordsTo(account.accountId)).find((word) => word.membershipId === membership.id)
    : null;
  const may = (
    permission:
      | 'memberships:create'
      | 'memberships:review'
      | 'memberships:decide'
      | 'roles:grant'
      | 'people:edit'
      | 'identities:verify'
      | 'credentials:review'
      | 'training:plan'
      | 'hours:back-enter'
      | 'hours:see'
      | 'appraisals:see'
      | 'awards:see',
  ): boolean => !own && can(actor, permission, membership.unitId);
  const form = createForm({ i18n, locale, messages: 'memberships.grant' });
  const grants = may('roles:grant') && membership.state === 'approved';
  const unitChoices = grants
    ? (await units.all())
        .slice(0, 400)
        .map((unit) => ({ value: unit.id, label: `${'  '.repeat(unit.depth)}${unit.name[locale]}` }))
    : [];
  const signIn = may('memberships:create') && !['rejected', 'withdrawn', FORMER].includes(membership.state);
  const inviter = membership.invitedBy
    ? (await memberships.namesOfAccounts([membership.invitedBy])).get(membership.invitedBy)
    : null;
  return view('memberships/show', {
    ...membership,
    inviter: inviter ?? null,
    // Who may not read the list comes here from their own organisations.
    crumb: can(actor, 'people:see')
      ? { href: '/memberships', label: i18n.t(locale, 'nav.memberships') }
      : { href: '/join', label: i18n.t(locale, 'memberships.join.title') },
    member: ['approved', 'suspended', 'ended'].includes(membership.state),
    next: own ? nextText(i18n, locale, membership.state, said?.reason ?? null) : null,
    waits: own && AWAITED.includes(membership.state),
    answerTitle: i18n.t(locale, `memberships.show.${membership.state === 'draft' ? 'draft' : 'answer'}`),
    personHref:
      membership.state === 'approved' && can(actor, 'people:see', membership.unitId)
        ? `/people/${membership.personId}`
        : null,
    can: {
      firstReview: may('memberships:review') && membership.state === 'submitted',
      approve: may('memberships:decide') && membership.state === 'first_review',
      reject:
        (may('memberships:review') || may('memberships:decide')) &&
        ['submitted', 'first_review'].includes(membership.state),
      suspend: may('memberships:decide') && membership.state === 'approved',
      resume: may('memberships:decide') && membership.state === 'suspended',
      end: may('memberships:decide') && ['approved', 'suspended'].includes(membership.state),
      grant: grants,
      signIn,
      askGuardian: signIn && (await memberships.mayNeedGuardian(membership.personId)),
      verifyIdentity: may('identities:verify'),
      enterCredential: may('credentials:review'),
      planLearning: membership.state === 'approved' && may('training:plan'),
      seeAppraisals: may('appraisals:see'),
      seeAwards: may('awards:see'),
      seeHours: may('hours:see'),
      backEnter: may('hours:back-enter') && membership.state === 'approved',
      claimFor: may('hours:back-enter') && STOOD.includes(membership.state),
      answer: own && ['draft', 'needs_correction'].includes(membership.state),
      leave: own && ['approved', 'suspended'].includes(membership.state) && !isClosed(actor),
      withdraw: own && ['draft', 'submitted', 'needs_correction', 'first_review'].includes(membership.state),
    },
    grantFields: grants
      ? {
          role: form.select(
            'role',
            ROLES.filter((role) => role !== 'volunteer').map((role) => ({
              value: role,
              label: i18n.t(locale, `states.role.${role}`),
            })),
            { required: true },
          ),
          unitId: form.select('unitId', unitChoices, { required: true }),
        }
      : null,
    skills: membership.verifiedSkills.map((skill) => ({
      name: findSkill(skill.code)?.[locale] ?? skill.code,
      level: i18n.t(locale, `matching.level.${skill.level}`),
    })),
    timeline: membership.history.map((entry) => ({
      title: i18n.t(locale, `states.membership.${entry.to}`),
      at: entry.at,
      by: null,
      text: entry.reason,
      icon: null,
    })),
  });
}

function decisionRoutes({ memberships, units }: MembershipRouteParts): Route[] {
  const decision = <B extends z.ZodType>(
    name: string,
    path: string,
    access: 'people:see' | 'roles:grant' | 'people:edit' | 'signed-in',
    summary: string,
    body: B,
    act: (
      account: AccountActor,
      membershipId: string,
      input: z.output<B>,
      version: number | null,
    ) => Promise<Membership>,
  ): Route =>
    route({
      name: `memberships/${name}`,
      method: 'post',
      path,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body },
      output: membershipView,
      run: async ({ account, params, body: input, version, locale }) =>
        toMembershipView(await act(account, params.id, input as z.output<B>, version), units, locale),
      page: ({ id: membershipId }) =>
        seeOther(`/memberships/${membershipId}`, { kind: 'success', key: 'memberships.done' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/memberships/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    });
  return [
    decision(
      'review',
      '/memberships/:id/review',
      'people:see',
      'One step of the review; the final word by another person where the organisation asks for it.',
      reviewBody,
      (account, membershipId, input, version) => memberships.review(account, membershipId, input, version),
    ),
    decision(
      'change-standing',
      '/memberships/:id/standing',
      'people:see',
      'Suspends, brings back or ends a membership, with a reason.',
      standingBody,
      (account, membershipId, input, version) =>
        memberships.changeStanding(account, membershipId, input, version),
    ),
    decision(
      'answer-own',
      '/memberships/:id/answer',
      'signed-in',
      'Mends one’s own application that was sent back, or takes it back.',
      answerBody,
      (account, membershipId, input) => memberships.answerOwn(account, membershipId, input),
    ),
    route({
      name: 'memberships/leave',
      method: 'post',
      path: '/memberships/:id/leaving',
      access: 'signed-in',
      tenant: 'member',
      summary: 'Ends one’s own membership: what one had ahead goes to others, the hours stay.',
      status: 200,
      input: { params: idParams, body: leaveBody },
      output: membershipView,
      run: async ({ account, params, body, locale }) =>
        toMembershipView(await memberships.leaveOwn(account, params.id, body.reason), units, locale),
      // Where they belong now, and where they could.
      page: () => seeOther('/join', { kind: 'success', key: 'memberships.left' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/memberships/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    decision(
      'grant',
      '/memberships/:id/grants',
      'roles:grant',
      'Grants a role on a unit and everything below it; never to oneself.',
      grantBody,
      (account, membershipId, input, version) => memberships.grant(account, membershipId, input, version),
    ),
    decision(
      'revoke',
      '/memberships/:id/grants/revocation',
      'roles:grant',
      'Takes a role away; acts on the next request.',
      grantBody,
      (account, membershipId, input, version) => memberships.revoke(account, membershipId, input, version),
    ),
    decision(
      'verify-skill',
      '/memberships/:id/skills',
      'people:edit',
      'Notes that somebody has seen proof of a skill.',
      skillBody,
      (account, membershipId, input, version) =>
        memberships.verifySkill(account, membershipId, input, version),
    ),
  ];
}
