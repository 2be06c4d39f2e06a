import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { fileRoutes, toAttachment } from '../attachments/index.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import {
  claimBody,
  creditDetail,
  creditPage,
  creditView,
  deskFilter,
  idParams,
  ownCredits,
  reasonBody,
  reviewBody,
  suggestionList,
} from './credit.schema.ts';
import type { CreditService } from './credit.service.ts';
import { claimFields, ownModel, showModel, toEvaluation, toView, worded } from './credit.view.ts';
import type { ProgrammeSuggestions, SuggestionService } from './suggestion.service.ts';
import { programmeRoutes } from './programme.routes.ts';
import type { ProgrammeService } from './programme.service.ts';

export interface CreditRouteParts {
  readonly suggestions: SuggestionService;
  readonly credits: CreditService;
  readonly programmes: ProgrammeService;
  readonly proposals: ProposalService;
  readonly i18n: I18n;
}

export function creditRoutes(parts: CreditRouteParts): Route[] {
  return [...ownRoutes(parts), ...deskRoutes(parts), ...programmeRoutes(parts), ...scanRoutes(parts)];
}

/** Forms on the claim's own page tell their fault there. */
const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/credits/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

const toSuggestions = (found: readonly ProgrammeSuggestions[]) =>
  found.map((one) => ({
    ...one,
    missing: one.missing.map((gap) => ({ ...gap })),
    sessions: one.sessions.map(({ session, countedMinutes, closes }) => ({
      sessionId: session.sessionId,
      title: session.title,
      place: session.place,
      startsAt: session.startsAt.toISOString(),
      endsAt: session.endsAt.toISOString(),
      countedMinutes,
      closes: closes.map((gap) => ({ ...gap })),
    })),
  }));

function ownRoutes({ credits, suggestions, i18n }: CreditRouteParts): Route[] {
  return [
    route({
      name: 'credits/suggestions',
      method: 'get',
      path: '/credits/suggestions',
      doors: ['api'],
      access: 'credits:claim-own',
      tenant: 'member',
      summary:
        'What to take: sessions one may sign up for that close what is missing, and what each would count by the engine.',
      input: {},
      output: suggestionList,
      run: async ({ account }) => ({
        data: toSuggestions(await suggestions.of(account.personId)),
        nextCursor: null,
      }),
    }),
    route({
      name: 'credits/list-own',
      method: 'get',
      path: '/credits',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary:
        'One’s own credit hours: what each programme counts and why, what is missing, when one may apply.',
      input: {},
      output: ownCredits,
      async run({ account }) {
        const own = await credits.own(account);
        return {
          on: own.on,
          programmes: own.evaluations.map(toEvaluation),
          data: own.rows.map(toView),
          nextCursor: null,
        };
      },
      page: async (_own, { account, locale }) =>
        view('credits/list', {
          ...ownModel(
            { i18n, locale },
            await credits.own(account),
            can(account, 'credits:claim-own') ? await suggestions.of(account.personId) : [],
          ),
          mayBegin: can(account, 'credits:claim-own'),
        }),
    }),
    route({
      name: 'credits/claim-form',
      method: 'get',
      path: '/credits/new',
      doors: ['page'],
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'The form for something that was learned elsewhere.',
      input: {},
      output: z.object({
        activities: z.array(z.string()),
        evidence: z.array(z.string()),
        countsUnits: z.boolean(),
      }),
      run: ({ account }) => credits.choicesFor(account.personId),
      page: (choices, { locale, now, zone }) =>
        view('credits/new', claimFields({ i18n, locale }, choices, { date: localDate(now, zone) }, [])),
    }),
    route({
      name: 'credits/claim',
      method: 'post',
      path: '/credits',
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'Claims something that was learned elsewhere; an officer looks at the evidence.',
      input: { body: claimBody },
      output: creditView,
      run: async ({ account, body }) => toView(await credits.claim(account, body)),
      page: ({ id: creditId }) =>
        seeOther(`/credits/${creditId}`, { kind: 'success', key: 'credits.did.submitted' }),
      invalid: async ({ issues, values }, { account, locale }) =>
        view(
          'credits/new',
          claimFields({ i18n, locale }, await credits.choicesFor(account.personId), values, issues),
        ),
    }),
    route({
      name: 'credits/correct',
      method: 'post',
      path: '/credits/:id/correction',
      access: 'credits:claim-own',
      tenant: 'member',
      summary: 'Mends a claim that was sent back.',
      status: 200,
      input: { params: idParams, body: claimBody },
      output: creditView,
      run: async ({ account, params, body }) => toView(await credits.correct(account, params.id, body)),
      page: ({ id: creditId }) =>
        seeOther(`/credits/${creditId}`, { kind: 'success', key: 'credits.did.submitted' }),
      invalid: back,
    }),
    route({
      name: 'credits/withdraw',
      method: 'post',
      path: '/credits/:id/withdrawal',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'Takes a claim of one’s own back while nobody has decided.',
      status: 200,
      input: { params: idParams },
      output: creditView,
      run: async ({ account, params }) => toView(await credits.withdraw(account, params.id)),
      page: () => seeOther('/credits', { kind: 'success', key: 'credits.did.withdrawn' }),
      invalid: back,
    }),
  ];
}

function deskRoutes({ credits, proposals, i18n }: CreditRouteParts): Route[] {
  return [
    route({
      name: 'credits/desk',
      method: 'get',
      path: '/credits/reviews',
      access: 'credits:see',
      tenant: 'member',
      summary: 'Claims that wait for an officer’s word, oldest first.',
      input: { query: deskFilter },
      output: creditPage,
      async run({ account, query }) {
        const page = await credits.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('credits/desk', {
          claims: data.map((one) => ({
            ...one,
            activity: worded({ i18n, locale }, 'activity', one.activity),
          })),
          next: nextCursor ? `/credits/reviews?cursor=${encodeURIComponent(nextCursor)}` : null,
          first: query.cursor ? '/credits/reviews' : null,
          count: data.length,
        }),
    }),
    route({
      name: 'credits/show',
      method: 'get',
      path: '/credits/:id',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One claim of credit hours: one’s own, or one to review.',
      input: { params: idParams },
      output: creditDetail,
      async run({ actor, params }) {
        const row = await credits.access(actor, params.id);
        return { ...toView(row), scans: (await credits.scans.of(row)).map(toAttachment) };
      },
      async page(_one, { actor, account, params, locale }) {
        const row = await credits.access(actor, params.id);
        const [scans, choices] = await sideBySide([
          () => credits.scans.of(row),
          () => credits.choicesFor(String(row.personId)),
        ]);
        return view('credits/show', {
          ...showModel({ i18n, locale }, row, scans, account, choices),
          proposal: can(account, 'credits:reverse')
            ? await proposals.openOn('credits/reversal', params.id)
            : null,
        });
      },
    }),
    route({
      name: 'credits/review',
      method: 'post',
      path: '/credits/:id/review',
      access: 'credits:review',
      tenant: 'member',
      summary: 'Posts a claim with the evidence that was seen, sends it back or rejects it; never one’s own.',
      status: 200,
      input: { params: idParams, body: reviewBody },
      output: creditView,
      run: async ({ account, params, body }) => toView(await credits.review(account, params.id, body)),
      page: ({ state }) => seeOther('/credits/reviews', { kind: 'success', key: `credits.did.${state}` }),
      invalid: back,
    }),
    route({
      name: 'credits/reverse',
      method: 'post',
      path: '/credits/:id/reversal',
      access: 'credits:reverse',
      tenant: 'member',
      summary:
        'Proposes to take a posting back by a linked reversal; it is done when a second person confirms it. Never one’s own.',
      input: { params: idParams, body: reasonBody },
      output: proposalView,
      run: async ({ account, params, body, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'credits/reversal', params.id, body.reason),
          tenant?.id ?? null,
        ),
      page: (_proposal, { params }) =>
        seeOther(`/credits/${params.id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: back,
    }),
  ];
}

/** Pictures of the evidence: the person adds and removes them while the claim is open, officers look at them. */
const scanRoutes = ({ credits }: CreditRouteParts): Route[] =>
  fileRoutes({
    names: { add: 'credits/add-scan', show: 'credits/show-scan', remove: 'credits/remove-scan' },
    path: '/credits',
    folder: 'scans',
    param: 'pictureId',
    access: 'credits:claim-own',
    files: credits.scans,
    summaries: {
      show: 'One picture, for the person and for whoever may review the claim.',
      remove: 'Removes a picture of one’s own claim while nobody has decided.',
    },
    told: { added: 'credits.scans.added', removed: 'credits.scans.removed' },
  });
