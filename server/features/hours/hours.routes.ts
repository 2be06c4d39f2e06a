import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import { countText } from '../../db/pagination.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import type { UnitService } from '../units/index.ts';
import { claimRoutes } from './claim.routes.ts';
import { claimsOfRecord } from './claim.view.ts';
import type { HoursRow } from './hours.model.ts';
import {
  approvalOutcomes,
  approvals,
  entriesFilter,
  hoursFilter,
  hoursPage,
  hoursStory,
  hoursView,
  ledgerPage,
  logBody,
  memberHours,
  ownHours,
  reasonNeeded,
} from './hours.schema.ts';
import { backEntryRoutes, heldRoutes, unsaidAt } from './held.routes.ts';
import { mayClaimOn } from './hours.policy.ts';
import type { HoursService } from './hours.service.ts';
import { yearlyRoutes } from './yearly.routes.ts';
import {
  listModel,
  logModel,
  memberModel,
  queueModel,
  showModel,
  toEntryView,
  toHoursView,
  unitTextOf,
  toStepView,
} from './hours.view.ts';

export interface HoursRouteParts {
  readonly hours: HoursService;
  readonly units: UnitService;
  readonly proposals: ProposalService;
  readonly i18n: I18n;
}

export function hoursRoutes(parts: HoursRouteParts): Route[] {
  return [
    ...ownRoutes(parts),
    ...deskRoutes(parts),
    ...heldRoutes(parts),
    ...backEntryRoutes(parts),
    ...claimRoutes(parts),
    ...yearlyRoutes(parts),
  ];
}

/** Null where nothing waits. */
const waitingText = (count: number): string | null => (count > 0 ? countText(count) : null);

/** The one field of these forms stands on the record's own page. */
const reasonMissing = (_failure: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/hours/${params.id}`, { kind: 'error', key: 'hours.show.reasonNeeded' });

function ownRoutes({ hours, units, proposals, i18n }: HoursRouteParts): Route[] {
  return [
    route({
      name: 'hours/list-own',
      method: 'get',
      path: '/hours',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One’s own hours: totals, months, what the year asks for, records with their states.',
      input: { query: hoursFilter },
      output: ownHours,
      async run({ account, query }) {
        const [page, given] = await sideBySide([
          () => hours.own(account, query.limit, query.cursor),
          () => hours.given(account.personId),
        ]);
        const yearly = await hours.yearly.own(account, given.yearMinutes);
        return { data: page.data.map(toHoursView), nextCursor: page.nextCursor, ...given, yearly };
      },
      async page(own, { account, query, locale }) {
        const over = account.membership?.over ?? null;
        return view('hours/list', {
          ...listModel(own, { i18n, locale }, query),
          mayLog: can(account, 'hours:log-own'),
          over: over && i18n.t(locale, `memberships.${over}.text`),
          mayClaim: await hours.claims.mayClaim(account),
          // No table of nothing.
          anything: own.data.length > 0 || own.totalMinutes > 0 || own.waitingMinutes > 0,
          timeBank: can(account, 'memberships:step-back-own') && (await hours.keepsTimeBank()),
        });
      },
    }),
    route({
      name: 'hours/of-member',
      method: 'get',
      path: '/memberships/:id/hours',
      access: 'hours:see',
      tenant: 'member',
      summary: 'The hours of a member within reach: totals, months, records with their evidence and states.',
      input: { params: idParams, query: hoursFilter },
      output: memberHours,
      async run({ account, params, query }) {
        const { member, ...page } = await hours.ofMember(account, params.id, query.limit, query.cursor);
        return {
          data: page.data.map(toHoursView),
          nextCursor: page.nextCursor,
          ...(await hours.given(String(member.personId))),
          personName: member.personName,
        };
      },
      page: (given, { params, query, locale }) =>
        view('hours/of-member', memberModel(given, { i18n, locale }, { membershipId: params.id, query })),
    }),
    route({
      name: 'hours/entries',
      method: 'get',
      path: '/hours/entries',
      doors: ['api'],
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'Entries of one’s own ledger account, or of a member within reach, newest first.',
      input: { query: entriesFilter },
      output: ledgerPage,
      async run({ account, query }) {
        const page = await hours.entries(
          account,
          query.personId ?? account.personId,
          query.limit,
          query.cursor,
        );
        return { data: page.data.map(toEntryView), nextCursor: page.nextCursor };
      },
    }),
    route({
      name: 'hours/log-form',
      method: 'get',
      path: '/hours/new',
      doors: ['page'],
      access: 'hours:log-own',
      tenant: 'member',
      summary: 'The form for service that nobody scheduled.',
      input: {},
      output: z.object({ unitId: z.string().nullable() }),
      run: async ({ account }) => ({ unitId: await hours.unitOf(account) }),
      page: async ({ unitId }, { locale, now, zone }) =>
        view(
          'hours/new',
          logModel({
            i18n,
            locale,
            units: await units.all(),
            values: { date: localDate(now, zone), unitId },
            issues: [],
          }),
        ),
    }),
    route({
      name: 'hours/log',
      method: 'post',
      path: '/hours',
      access: 'hours:log-own',
      tenant: 'member',
      summary:
        'Logs service that nobody scheduled; somebody else confirms it. `submit: false` keeps a draft.',
      input: { body: logBody },
      output: hoursView,
      run: async ({ account, body, door }) =>
        toHoursView(await hours.log(account, { ...body, nature: body.nature ?? unsaidAt(door) })),
      page: ({ id: recordId }) => seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.log.done' }),
      invalid: async ({ issues, values }, { locale }) =>
        view('hours/new', logModel({ i18n, locale, units: await units.all(), values, issues })),
    }),
    route({
      name: 'hours/show',
      method: 'get',
      path: '/hours/:id',
      access: 'hours:see-own',
      tenant: 'member',
      summary:
        'One record: planned, attended, recorded, and how it came about: who took each step, when and how.',
      input: { params: idParams },
      output: hoursStory,
      async run({ account, params }) {
        const row = await hours.access(account, params.id);
        const story = await hours.story(account, row, (ids) => proposals.on('hours/reversal', ids));
        return { ...toHoursView(row), story: story.map(toStepView) };
      },
      async page(record, { actor, account, params, locale, zone }) {
        const row = await hours.access(actor, params.id);
        const claims = await hours.claims.ofRecord(row);
        const unit = (await units.names([String(row.unitId)])).get(String(row.unitId));
        return view('hours/show', {
          ...showModel(record, row, { account, locale, i18n, zone }),
          unitText: unitTextOf(row.activity.unitName, unit, locale),
          claims: claimsOfRecord(claims, i18n, locale),
          mayClaim: mayClaimOn(account, row) && !claims.some(({ state }) => state === 'claimed'),
          proposal: can(account, 'hours:reverse')
            ? await proposals.openOn('hours/reversal', params.id)
            : null,
        });
      },
    }),
    route({
      name: 'hours/submit',
      method: 'post',
      path: '/hours/:id/submit',
      access: 'hours:log-own',
      tenant: 'member',
      summary: 'Hands in a draft of one’s own.',
      status: 200,
      input: { params: idParams },
      output: hoursView,
      run: async ({ account, params }) => toHoursView(await hours.submit(account, params.id)),
      page: ({ id: recordId }) => seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.log.done' }),
    }),
    route({
      name: 'hours/appeal',
      method: 'post',
      path: '/hours/:id/appeal',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'Contests a rejection; somebody else answers.',
      status: 200,
      input: { params: idParams, body: reasonNeeded },
      output: hoursView,
      run: async ({ account, params, body }) =>
        toHoursView(await hours.appeal(account, params.id, body.reason)),
      page: ({ id: recordId }) =>
        seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.did.appealed' }),
      invalid: reasonMissing,
    }),
  ];
}

function deskRoutes({ hours, proposals }: Pick<HoursRouteParts, 'hours' | 'proposals'>): Route[] {
  const decide = (
    name: 'approve' | 'reject',
    path: string,
    access: 'hours:confirm',
    summary: string,
    act: (account: AccountActor, recordId: string, reason: string) => Promise<HoursRow>,
  ): Route =>
    route({
      name: `hours/${name}`,
      method: 'post',
      path,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: {
        params: idParams,
        body: name === 'approve' ? z.strictObject({ reason: z.string().max(0).optional() }) : reasonNeeded,
      },
      output: hoursView,
      run: async ({ account, params, body }) => toHoursView(await act(account, params.id, body.reason ?? '')),
      page: ({ state }) => seeOther('/hours/queue', { kind: 'success', key: `hours.did.${state}` }),
      invalid: reasonMissing,
    });
  return [
    route({
      name: 'hours/queue',
      method: 'get',
      path: '/hours/queue',
      access: 'hours:confirm',
      tenant: 'member',
      summary: 'What waits for confirmation, oldest first.',
      input: { query: hoursFilter },
      output: hoursPage,
      async run({ account, query }) {
        const page = await hours.queue(account, query.limit, query.cursor);
        return { data: page.data.map(toHoursView), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { account, query }) =>
        view('hours/queue', {
          ...queueModel(data, nextCursor, query),
          claims: waitingText(await hours.claims.waiting(account)),
        }),
    }),
    decide(
      'approve',
      '/hours/:id/approve',
      'hours:confirm',
      'Confirms and posts hours; never one’s own.',
      (account, recordId) => hours.approve(account, recordId),
    ),
    decide(
      'reject',
      '/hours/:id/reject',
      'hours:confirm',
      'Rejects hours with a reason.',
      (account, recordId, reason) => hours.reject(account, recordId, reason),
    ),
    route({
      name: 'hours/reverse',
      method: 'post',
      path: '/hours/:id/reversal',
      access: 'hours:reverse',
      tenant: 'member',
      summary:
        'Proposes to take a posting back by a linked reversal; it is done when a second person confirms it.',
      input: { params: idParams, body: reasonNeeded },
      output: proposalView,
      run: async ({ account, params, body, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'hours/reversal', params.id, body.reason),
          tenant?.id ?? null,
        ),
      page: (_proposal, { params }) =>
        seeOther(`/hours/${params.id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: (failure, { params }) =>
        failure.error.code === 'invalid'
          ? reasonMissing(failure, { params })
          : seeOther(`/hours/${params.id}`, { kind: 'error', key: `errors.${failure.error.code}` }),
    }),
    route({
      name: 'hours/approve-many',
      method: 'post',
      path: '/hours/approvals',
      access: 'hours:confirm',
      tenant: 'member',
      summary: 'Confirms several records, each on its own; says what came of each.',
      status: 200,
      // Each record is its own transaction: one refusal must not undo the others.
      transaction: false,
      idempotent: false,
      input: { body: approvals },
      output: approvalOutcomes,
      run: async ({ account, body }) => ({ outcomes: await hours.approveMany(account, body.ids) }),
      page: ({ outcomes }) => {
        const failed = outcomes.filter((outcome) => outcome.refusal !== null);
        const done = outcomes.length - failed.length;
        if (failed.length === 0)
          return seeOther('/hours/queue', {
            kind: 'success',
            key: 'hours.queue.confirmed',
            params: { count: done },
          });
        return view('hours/outcomes', {
          done,
          failed: failed.map((outcome) => ({
            href: `/hours/${outcome.id}`,
            code: `errors.${outcome.refusal ?? 'unknown'}`,
          })),
        });
      },
      invalid: () => seeOther('/hours/queue', { kind: 'error', key: 'hours.queue.nothingChosen' }),
    }),
  ];
}
