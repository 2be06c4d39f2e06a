import { z } from 'zod';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import type { I18n, Locale, Typed } from '../../i18n/index.ts';
import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { fileRoutes, toAttachment } from '../attachments/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { recognisedView } from './award.schema.ts';
import {
  awardDetail,
  awardPage,
  awardView,
  claimBody,
  correctBody,
  decideBody,
  deskPage,
  listQuery,
  reasonBody,
} from './award.schema.ts';
import type { AwardService } from './award.service.ts';
import type { AwardRow } from './award.model.ts';
import { formModel, listModel, showModel, toAwardView, toFacts } from './award.view.ts';

export interface AwardRouteParts {
  readonly awards: AwardService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
}

const nothing = z.object({});
const untyped: Typed = { values: {}, issues: [] };
/** What a refusal of the whole form is said beside: its first field. */
const typedOf = ({ issues, error, values }: FormFailure, field: string): Typed => ({
  values,
  issues: issues.length > 0 ? issues : [{ path: field, code: error.code }],
});
/** Small forms on the award's own page tell their fault there. */
const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/awards/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

/** Awards of people: one's own, a member's, what waits for somebody's word. */
export const awardRoutes = (parts: AwardRouteParts): Route[] => [
  ...ownRoutes(parts),
  ...memberRoutes(parts),
  ...deskRoutes(parts),
  ...oneRoutes(parts),
  ...fileRoutes({
    names: { add: 'awards/add-evidence', show: 'awards/show-evidence', remove: 'awards/remove-evidence' },
    path: '/awards',
    folder: 'evidence',
    param: 'awardEvidenceId',
    access: { show: 'awards:see-own', change: 'records:speak-own' },
    files: parts.awards.evidence,
    summaries: {
      show: 'One picture or document, for whoever sees the award.',
      remove: 'Removes one while nobody has decided.',
    },
    told: { added: 'awards.evidence.added', removed: 'awards.evidence.removed' },
  }),
];

/** Stars and medals of the person, as awards of the organisation. */
async function recognisedOf(
  { awards, tenants }: AwardRouteParts,
  personId: string,
  locale: Locale,
): Promise<z.input<typeof recognisedView>[]> {
  const [{ name, zone }, granted] = [await tenants.current(), await awards.recognised(personId)];
  return granted.map((one) => ({
    id: one.id,
    name: one.name[locale],
    awardedOn: localDate(one.grantedAt, zone),
    awardedBy: name[locale],
  }));
}

function ownRoutes(parts: AwardRouteParts): Route[] {
  const { awards, i18n } = parts;
  const form = (locale: Locale, typed: Typed = untyped): PageResult =>
    view(
      'awards/new',
      formModel({ i18n, locale }, { action: '/awards', back: '/awards', member: null, typed }),
    );
  return [
    route({
      name: 'awards/own',
      method: 'get',
      path: '/awards',
      access: 'awards:see-own',
      tenant: 'member',
      summary: 'One’s own awards (R-1.11), the latest first; `recognised` are stars and medals granted here.',
      input: { query: listQuery },
      output: awardPage,
      async run({ account, query, locale }) {
        const { data, nextCursor } = await awards.own(account, query.limit, query.cursor);
        const recognised = query.cursor ? [] : await recognisedOf(parts, account.personId, locale);
        return { data: data.map(toAwardView), nextCursor, recognised };
      },
      page: ({ data, nextCursor, recognised }, { account, locale, query }) =>
        view('awards/own', {
          ...listModel({ i18n, locale }, data, { path: '/awards', query, nextCursor }),
          recognised,
          mayClaim: can(account, 'awards:claim-own'),
          seesCases: can(account, 'memberships:step-back-own'),
        }),
    }),
    route({
      name: 'awards/claim-form',
      method: 'get',
      path: '/awards/new',
      doors: ['page'],
      access: 'awards:claim-own',
      tenant: 'member',
      summary: 'The form with which one asks to have an award recorded.',
      input: {},
      output: nothing,
      run: async () => ({}),
      page: (_nothing, { locale }) => form(locale),
    }),
    route({
      name: 'awards/claim',
      method: 'post',
      path: '/awards',
      access: 'awards:claim-own',
      tenant: 'member',
      summary:
        'Asks to have an award recorded (R-1.11): a government’s on evidence, another body’s after verification, one of the organisation that is missing. Somebody else decides.',
      input: { body: claimBody },
      output: awardView,
      run: async ({ account, body }) => toAwardView(await awards.claim(account, toFacts(body))),
      page: ({ id }) => seeOther(`/awards/${id}`, { kind: 'success', key: 'awards.did.claimed' }),
      invalid: (failure, { locale }) => form(locale, typedOf(failure, 'origin')),
    }),
  ];
}

/** The same for a member: what the desk records, or asks for in their name. */
function memberRoutes(parts: AwardRouteParts): Route[] {
  const { awards, i18n } = parts;
  const form = async (
    id: string,
    { account, locale }: { readonly account: AccountActor; readonly locale: Locale },
    typed: Typed = untyped,
  ): Promise<PageResult> => {
    const { personName } = await awards.memberToRecord(account, id);
    const path = `/memberships/${id}/awards`;
    return view(
      'awards/new',
      formModel({ i18n, locale }, { action: path, back: path, member: personName, typed }),
    );
  };
  return [
    route({
      name: 'awards/of-member',
      method: 'get',
      path: '/memberships/:id/awards',
      access: 'awards:see',
      tenant: 'member',
      summary:
        'Awards of a member within reach, the latest first; `recognised` are stars and medals granted here.',
      input: { params: idParams, query: listQuery },
      output: awardPage.extend({ personName: z.string() }),
      async run({ account, params, query, locale }) {
        const page = await awards.ofMember(account, params.id, query.limit, query.cursor);
        const { personId, personName } = page.member;
        return {
          data: page.data.map(toAwardView),
          nextCursor: page.nextCursor,
          recognised: query.cursor ? [] : await recognisedOf(parts, String(personId), locale),
          personName,
        };
      },
      page: async ({ data, nextCursor, recognised, personName }, { account, locale, params, query }) =>
        view('awards/of-member', {
          ...listModel({ i18n, locale }, data, {
            path: `/memberships/${params.id}/awards`,
            query,
            nextCursor,
          }),
          recognised,
          personName,
          membershipId: params.id,
          seesCases: can(account, 'memberships:step-back-own'),
          mayRecord: await awards.memberToRecord(account, params.id).then(
            () => true,
            () => false,
          ),
        }),
    }),
    route({
      name: 'awards/enter-form',
      method: 'get',
      path: '/memberships/:id/awards/new',
      doors: ['page'],
      access: 'awards:record',
      tenant: 'member',
      summary: 'The form with which the desk records an award of a member.',
      input: { params: idParams },
      output: nothing,
      async run({ account, params }) {
        await awards.memberToRecord(account, params.id);
        return {};
      },
      page: (_nothing, { params, account, locale }) => form(params.id, { account, locale }),
    }),
    route({
      name: 'awards/enter',
      method: 'post',
      path: '/memberships/:id/awards',
      access: 'awards:record',
      tenant: 'member',
      summary:
        'Records an award of the organisation for a member at once; what others gave is asked for in their name, and somebody else decides.',
      input: { params: idParams, body: claimBody },
      output: awardView,
      run: async ({ account, params, body }) =>
        toAwardView(await awards.enter(account, params.id, toFacts(body))),
      page: ({ id, state }) =>
        seeOther(`/awards/${id}`, {
          kind: 'success',
          key: state === 'recorded' ? 'awards.did.recorded' : 'awards.did.claimed',
        }),
      invalid: (failure, { params, account, locale }) =>
        form(params.id, { account, locale }, typedOf(failure, 'origin')),
    }),
  ];
}

const deskRoutes = ({ awards, i18n }: AwardRouteParts): Route[] => [
  route({
    name: 'awards/desk',
    method: 'get',
    path: '/awards/desk',
    access: 'awards:decide',
    tenant: 'member',
    summary: 'Awards that wait for the reader’s word, asked for or contested, the oldest first.',
    input: { query: listQuery },
    output: deskPage,
    async run({ account, query }) {
      const page = await awards.desk(account, query.limit, query.cursor);
      return { data: page.data.map(toAwardView), nextCursor: page.nextCursor };
    },
    page: ({ data, nextCursor }, { locale, query }) =>
      view('awards/desk', listModel({ i18n, locale }, data, { path: '/awards/desk', query, nextCursor })),
  }),
];

async function showPage(
  { awards, i18n }: AwardRouteParts,
  id: string,
  { actor, account, locale }: Pick<RouteContext, 'account' | 'locale'> & { readonly actor: Actor },
  typed?: Typed,
): Promise<PageResult> {
  const row = await awards.access(actor, id);
  const own = String(row.personId) === account.personId;
  const decides = await awards.mayDecide(account, row);
  const speaks = can(account, 'records:speak-own');
  const t = i18n.in(locale);
  return view(
    'awards/show',
    showModel(
      { i18n, locale },
      {
        row,
        evidence: (await awards.evidence.of(row)).map(toAttachment),
        own,
        can: {
          change: row.state === 'claimed' && speaks && awards.speaksFor(account, row),
          contest: own && speaks && row.state === 'recorded',
          decide: decides && row.state === 'claimed',
          correct: decides && ['recorded', 'contested'].includes(row.state),
        },
        crumb: own
          ? { href: '/awards', label: t('awards.title') }
          : decides && row.state === 'claimed'
            ? { href: '/awards/desk', label: t('awards.desk') }
            : { href: `/memberships/${String(row.membershipId)}/awards`, label: row.personName },
        ...(typed ? { typed } : {}),
      },
    ),
  );
}

function oneRoutes(parts: AwardRouteParts): Route[] {
  const { awards } = parts;
  /** What is done with one award: its page says what came of it. */
  const act = <B extends z.ZodType>(of: {
    readonly name: `awards/${string}`;
    readonly path: string;
    readonly access: 'records:speak-own' | 'awards:decide';
    readonly summary: string;
    readonly body: B;
    readonly run: (account: AccountActor, id: string, body: z.output<B>) => Promise<AwardRow>;
    readonly did: (state: string) => `awards.did.${string}`;
    /** Fields of a form that stands on the page; faults of others are told above it. */
    readonly fields?: readonly string[];
  }): Route =>
    route({
      name: of.name,
      method: 'post',
      path: `/awards/:id/${of.path}`,
      access: of.access,
      tenant: 'member',
      summary: of.summary,
      status: 200,
      input: { params: idParams, body: of.body },
      output: awardView,
      run: async ({ account, params, body }) =>
        toAwardView(await of.run(account, params.id, body as z.output<B>)),
      page: ({ id, state }) => seeOther(`/awards/${id}`, { kind: 'success', key: of.did(state) }),
      invalid(failure, context) {
        const { issues, values } = failure;
        // Somebody was faster, or it is the fault of a small form: there is no field to say it beside.
        if (issues.length === 0 || !issues.every(({ path }) => of.fields?.includes(path)))
          return back(failure, context);
        return showPage(parts, context.params.id, context, { values, issues });
      },
    });
  return [
    route({
      name: 'awards/show',
      method: 'get',
      path: '/awards/:id',
      access: 'awards:see-own',
      tenant: 'member',
      summary: 'One award: one’s own, or of a member whose awards one may see.',
      input: { params: idParams },
      output: awardDetail,
      async run({ actor, params }) {
        const row = await awards.access(actor, params.id);
        return { ...toAwardView(row), evidence: (await awards.evidence.of(row)).map(toAttachment) };
      },
      page: (_one, { params, actor, account, locale }) =>
        showPage(parts, params.id, { actor, account, locale }),
    }),
    act({
      name: 'awards/withdraw',
      path: 'withdrawal',
      access: 'records:speak-own',
      summary: 'Takes back what one asked to have recorded while nobody has decided.',
      body: z.strictObject({}),
      run: (account, id) => awards.withdraw(account, id),
      did: () => 'awards.did.withdrawn',
    }),
    act({
      name: 'awards/contest',
      path: 'contest',
      access: 'records:speak-own',
      summary: 'Says that a recorded award of one’s own is wrong; somebody who had no part in it looks.',
      body: reasonBody,
      run: (account, id, { reason }) => awards.contest(account, id, reason),
      did: () => 'awards.did.contested',
    }),
    act({
      name: 'awards/decide',
      path: 'decision',
      access: 'awards:decide',
      summary:
        'Records what was asked for, saying how it was verified, or refuses it with a reason; never one’s own, nor what one asked for.',
      body: decideBody,
      run: (account, id, { check, ...body }) => awards.decide(account, id, { ...body, check: check || null }),
      did: (state) => (state === 'recorded' ? 'awards.did.recorded' : 'awards.did.refused'),
      fields: ['check'],
    }),
    act({
      name: 'awards/correct',
      path: 'correction',
      access: 'awards:decide',
      summary:
        'Puts a recorded award right, or finds a contested one to be right, with a reason that the person reads.',
      body: correctBody,
      run: (account, id, { reason, ...facts }) => awards.correct(account, id, toFacts(facts), reason),
      did: () => 'awards.did.corrected',
      fields: ['level', 'name', 'awardedOn', 'awardedBy', 'reason'],
    }),
    act({
      name: 'awards/revoke',
      path: 'revocation',
      access: 'awards:decide',
      summary: 'Takes back what should not have been recorded, with a reason that the person reads.',
      body: reasonBody,
      run: (account, id, { reason }) => awards.revoke(account, id, reason),
      did: () => 'awards.did.revoked',
    }),
  ];
}
