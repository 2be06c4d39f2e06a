import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { fileRoutes, toAttachment } from '../attachments/index.ts';
import {
  answerBody,
  claimDetail,
  claimFilter,
  claimPage,
  claimView,
  gapClaimBody,
  gapFormQuery,
  recordClaimBody,
} from './claim.schema.ts';
import {
  claimFormModel,
  claimListModel,
  claimModel,
  toClaimInput,
  toClaimView,
  typedOf,
  typedTime,
} from './claim.view.ts';
import { unsaidAt } from './held.routes.ts';
import type { HoursRouteParts } from './hours.routes.ts';

type Parts = Pick<HoursRouteParts, 'hours' | 'i18n'>;
type Typed = Pick<FormFailure, 'issues' | 'values'>;
type Reading = Pick<RouteContext, 'locale' | 'zone'> & { readonly account: AccountActor };

const nothing = z.object({});
/** What a refusal of the whole form is said beside: its first field. */
const issuesOf = ({ issues, error }: FormFailure, field: string): readonly FieldIssue[] =>
  issues.length > 0 ? issues : [{ path: field, code: error.code }];
/** Small forms on the claim's own page tell their fault there. */
const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/hours/claims/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });
/** The verdict is which of two buttons was pressed: no field to stand beside. */
const besideReason = (issue: FieldIssue): FieldIssue =>
  issue.path === 'verdict' ? { ...issue, path: 'reason' } : issue;
const claimed = ({ id }: { id: string }): PageResult =>
  seeOther(`/hours/claims/${id}`, { kind: 'success', key: 'hours.claims.did.claimed' });

/** Claims that recorded hours are wrong or missing: made, shown, answered. */
export function claimRoutes(parts: Parts): Route[] {
  return [
    ...recordRoutes(parts),
    ...gapRoutes(parts),
    ...memberRoutes(parts),
    ...listRoutes(parts),
    ...oneRoutes(parts),
    ...evidenceRoutes(parts),
  ];
}

/** A claim on a record that stands. */
function recordRoutes({ hours, i18n }: Parts): Route[] {
  const form = async (
    id: string,
    { account, locale, zone }: Reading,
    typed: Typed = { issues: [], values: {} },
  ): Promise<PageResult> => {
    const record = await hours.claims.recordFor(account, id);
    const own = String(record.personId) === account.personId;
    const time = { from: record.servedFrom, to: record.servedTo, breakMinutes: record.breakMinutes };
    return view(
      'hours/claim-new',
      claimFormModel(
        { i18n, locale, zone },
        {
          action: `/hours/${id}/claims`,
          back: `/hours/${id}`,
          record: { name: record.activity.name, minutes: record.recordedMinutes, time },
          places: await hours.claims.placesOf(String(record.personId)),
          member: own ? null : record.personName,
          ...typed,
          values: { ...typedOf(time, zone), ...typed.values },
        },
      ),
    );
  };
  return [
    route({
      name: 'hours/claim-form',
      method: 'get',
      path: '/hours/:id/claims/new',
      doors: ['page'],
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'The form of a claim that a record is wrong.',
      input: { params: idParams },
      output: nothing,
      async run({ account, params }) {
        await hours.claims.recordFor(account, params.id);
        return {};
      },
      page: (_nothing, { params, account, locale, zone }) => form(params.id, { account, locale, zone }),
    }),
    route({
      name: 'hours/claim',
      method: 'post',
      path: '/hours/:id/claims',
      access: 'records:speak-own',
      tenant: 'member',
      summary:
        'Claims that a posted record is wrong (R-1.23): one’s own, or in a member’s or their guardian’s name; somebody who had no part in it answers.',
      input: { params: idParams, body: recordClaimBody },
      output: claimView,
      async run({ account, params, body, door }) {
        const { wrong, ...rest } = body;
        const input = toClaimInput(rest, wrong, unsaidAt(door));
        return toClaimView(await hours.claims.claim(account, params.id, input));
      },
      page: claimed,
      invalid: (failure, { params, account, locale, zone }) =>
        form(
          params.id,
          { account, locale, zone },
          { issues: issuesOf(failure, 'wrong'), values: failure.values },
        ),
    }),
  ];
}

/** A claim that service is missing. */
function gapRoutes({ hours, i18n }: Parts): Route[] {
  const form = async (
    { account, locale, zone }: Reading,
    typed: Typed = { issues: [], values: {} },
  ): Promise<PageResult> =>
    view(
      'hours/claim-new',
      claimFormModel(
        { i18n, locale, zone },
        {
          action: '/hours/claims',
          back: '/hours/claims',
          record: null,
          places: await hours.claims.placesOf(account.personId),
          member: null,
          issues: typed.issues,
          values: { breakMinutes: 0, ...typed.values },
        },
      ),
    );
  return [
    route({
      name: 'hours/claim-gap-form',
      method: 'get',
      path: '/hours/claims/new',
      doors: ['page'],
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'The form of a claim that service is missing; `assignment` chooses a place.',
      input: { query: gapFormQuery },
      output: nothing,
      async run({ account }) {
        await hours.claims.assertMayClaim(account);
        return {};
      },
      page: (_nothing, { query, account, locale, zone }) =>
        form({ account, locale, zone }, { issues: [], values: { assignmentId: query.assignment ?? '' } }),
    }),
    route({
      name: 'hours/claim-gap',
      method: 'post',
      path: '/hours/claims',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'Claims that service of one’s own is missing (R-1.23), on a place that is over or on none.',
      input: { body: gapClaimBody },
      output: claimView,
      run: async ({ account, body, door }) =>
        toClaimView(
          await hours.claims.claimGap(account, null, toClaimInput(body, 'missing', unsaidAt(door))),
        ),
      page: claimed,
      invalid: (failure, { account, locale, zone }) =>
        form(
          { account, locale, zone },
          { issues: issuesOf(failure, 'assignmentId'), values: failure.values },
        ),
    }),
  ];
}

/** The same, taken down for a member: at the desk, by telephone, for whoever has no phone, or as their guardian says. */
function memberRoutes({ hours, i18n }: Parts): Route[] {
  const form = async (
    id: string,
    { account, locale, zone }: Reading,
    typed: Typed = { issues: [], values: {} },
  ): Promise<PageResult> => {
    const member = await hours.claims.memberFor(account, id);
    return view(
      'hours/claim-new',
      claimFormModel(
        { i18n, locale, zone },
        {
          action: `/memberships/${id}/hours-claims`,
          back: `/memberships/${id}`,
          record: null,
          places: await hours.claims.placesOf(String(member.personId)),
          member: member.personName,
          issues: typed.issues,
          values: { breakMinutes: 0, ...typed.values },
        },
      ),
    );
  };
  return [
    route({
      name: 'hours/claim-for-form',
      method: 'get',
      path: '/memberships/:id/hours-claims/new',
      doors: ['page'],
      access: 'hours:back-enter',
      tenant: 'member',
      summary: 'The form with which a member’s claim that service is missing is taken down.',
      input: { params: idParams },
      output: nothing,
      async run({ account, params }) {
        await hours.claims.memberFor(account, params.id);
        return {};
      },
      page: (_nothing, { params, account, locale, zone }) => form(params.id, { account, locale, zone }),
    }),
    route({
      name: 'hours/claim-for',
      method: 'post',
      path: '/memberships/:id/hours-claims',
      access: 'hours:back-enter',
      tenant: 'member',
      summary: 'Takes down that service of a member is missing, in their or their guardian’s name.',
      input: { params: idParams, body: gapClaimBody },
      output: claimView,
      run: async ({ account, params, body, door }) =>
        toClaimView(
          await hours.claims.claimGap(account, params.id, toClaimInput(body, 'missing', unsaidAt(door))),
        ),
      page: claimed,
      invalid: (failure, { params, account, locale, zone }) =>
        form(
          params.id,
          { account, locale, zone },
          { issues: issuesOf(failure, 'saidBy'), values: failure.values },
        ),
    }),
  ];
}

function listRoutes({ hours, i18n }: Parts): Route[] {
  return [
    route({
      name: 'hours/claims-own',
      method: 'get',
      path: '/hours/claims',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One’s own claims that hours are wrong or missing, newest first.',
      input: { query: claimFilter },
      output: claimPage,
      async run({ account, query }) {
        const page = await hours.claims.own(account, query.limit, query.cursor);
        return { data: page.data.map(toClaimView), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { account, locale, query }) =>
        view('hours/claims', {
          ...claimListModel(data, { i18n, locale, path: '/hours/claims', query, nextCursor }),
          mayClaim: await hours.claims.mayClaim(account),
        }),
    }),
    route({
      name: 'hours/claims-desk',
      method: 'get',
      path: '/hours/claims/desk',
      access: 'hours:answer-claims',
      tenant: 'member',
      summary: 'Claims that wait for the reader’s answer, the soonest due first.',
      input: { query: claimFilter },
      output: claimPage,
      async run({ account, query }) {
        const page = await hours.claims.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toClaimView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view(
          'hours/claims-desk',
          claimListModel(data, { i18n, locale, path: '/hours/claims/desk', query, nextCursor }),
        ),
    }),
  ];
}

const showClaim = async (
  { hours, i18n }: Parts,
  id: string,
  { actor, account, locale, zone }: Reading & { readonly actor: Actor },
  typed: Partial<Typed> = {},
): Promise<PageResult> => {
  const row = await hours.claims.access(actor, id);
  const { before, after } = await hours.claims.recordsOf(row);
  const seen = async (recordId: string | undefined): Promise<string | null> =>
    recordId !== undefined && (await hours.access(actor, recordId).catch(() => null)) ? recordId : null;
  const { may, whyNot } = await hours.claims.answering(account, row);
  return view(
    'hours/claim',
    claimModel(
      { i18n, locale, zone },
      {
        row,
        recordId: await seen(before?._id.toString()),
        correctedId: await seen(after?._id.toString()),
        evidence: (await hours.claims.evidence.of(row)).map(toAttachment),
        own: String(row.personId) === account.personId,
        can: {
          withdraw:
            row.state === 'claimed' &&
            hours.claims.speaksFor(account, row) &&
            can(account, 'records:speak-own'),
          answer: may,
        },
        whyNot: String(row.personId) === account.personId ? null : whyNot,
        ...typed,
      },
    ),
  );
};

function oneRoutes({ hours, i18n }: Parts): Route[] {
  return [
    route({
      name: 'hours/claim-show',
      method: 'get',
      path: '/hours/claims/:id',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One claim: what is recorded, what is said to be right, what was answered.',
      input: { params: idParams },
      output: claimDetail,
      async run({ actor, params }) {
        const row = await hours.claims.access(actor, params.id);
        const { before, after } = await hours.claims.recordsOf(row);
        return {
          ...toClaimView(row),
          recordId: before?._id.toString() ?? null,
          correctedId: after?._id.toString() ?? null,
          evidence: (await hours.claims.evidence.of(row)).map(toAttachment),
        };
      },
      page: (_one, { params, actor, account, locale, zone }) =>
        showClaim({ hours, i18n }, params.id, { actor, account, locale, zone }),
    }),
    route({
      name: 'hours/claim-withdraw',
      method: 'post',
      path: '/hours/claims/:id/withdrawal',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'Takes a claim back while nobody has answered.',
      status: 200,
      input: { params: idParams },
      output: claimView,
      run: async ({ account, params }) => toClaimView(await hours.claims.withdraw(account, params.id)),
      page: ({ id }) =>
        seeOther(`/hours/claims/${id}`, { kind: 'success', key: 'hours.claims.did.withdrawn' }),
      invalid: back,
    }),
    route({
      name: 'hours/claim-answer',
      method: 'post',
      path: '/hours/claims/:id/answer',
      access: 'hours:answer-claims',
      tenant: 'member',
      summary:
        'Answers a claim with a reason: founded, and the hours are corrected at once, or refused; never one’s own, nor by who had a part in it.',
      status: 200,
      input: { params: idParams, body: answerBody },
      output: claimView,
      run: async ({ account, params, body }) =>
        toClaimView(
          await hours.claims.answer(account, params.id, {
            verdict: body.verdict,
            reason: body.reason,
            time: body.verdict === 'founded' ? typedTime(body, false) : null,
          }),
        ),
      page: ({ state }) =>
        seeOther('/hours/claims/desk', {
          kind: 'success',
          key: state === 'founded' ? 'hours.claims.did.founded' : 'hours.claims.did.refused',
        }),
      invalid(failure, context) {
        const { params, actor, account, locale, zone } = context;
        // Somebody was faster: there is no form to say it in any more.
        if (failure.error.code === 'wrong-state') return back(failure, context);
        return showClaim(
          { hours, i18n },
          params.id,
          { actor, account, locale, zone },
          { issues: issuesOf(failure, 'reason').map(besideReason), values: failure.values },
        );
      },
    }),
  ];
}

/** Pictures and documents: whoever claims adds and removes them while the claim is open, whoever sees it looks at them. */
const evidenceRoutes = ({ hours }: Pick<Parts, 'hours'>): Route[] =>
  fileRoutes({
    names: {
      add: 'hours/claim-add-evidence',
      show: 'hours/claim-show-evidence',
      remove: 'hours/claim-remove-evidence',
    },
    path: '/hours/claims',
    folder: 'evidence',
    param: 'evidenceId',
    access: { show: 'hours:see-own', change: 'records:speak-own' },
    files: hours.claims.evidence,
    summaries: {
      show: 'One picture or document, for whoever sees the claim.',
      remove: 'Removes one while nobody has answered.',
    },
    told: { added: 'hours.claims.evidence.added', removed: 'hours.claims.evidence.removed' },
  });
