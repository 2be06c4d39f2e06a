import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { localDate, minutesBetween } from '../../core/time.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { id } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import type { HoursRow } from './hours.model.ts';
import {
  approvalOutcomes,
  approvals,
  hoursFilter,
  hoursPage,
  hoursView,
  ledgerPage,
  logBody,
  ownHours,
  reasonNeeded,
} from './hours.schema.ts';
import type { HoursView } from './hours.schema.ts';
import type { HoursService } from './hours.service.ts';
import type { LedgerEntryRow } from './ledger.model.ts';

const idParams = z.strictObject({ id });

export interface HoursRouteParts {
  readonly hours: HoursService;
  readonly i18n: I18n;
}

export function hoursRoutes(parts: HoursRouteParts): Route[] {
  return [...ownRoutes(parts), ...deskRoutes(parts)];
}

function ownRoutes({ hours, i18n }: HoursRouteParts): Route[] {
  return [
    route({
      name: 'hours/list-own',
      method: 'get',
      path: '/hours',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One’s own hours: totals, months, records with their states.',
      input: { query: hoursFilter },
      output: ownHours,
      async run({ account, query }) {
        const [page, given] = await Promise.all([
          hours.own(account, query.limit, query.cursor),
          hours.given(account.personId),
        ]);
        return { data: page.data.map(toHoursView), nextCursor: page.nextCursor, ...given };
      },
      page: (own, { query, locale }) =>
        view('hours/list', {
          ...own,
          bars: own.months.map(({ month, minutes }) => ({
            label: new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' }).format(
              new Date(`${month}-01T00:00:00Z`),
            ),
            value: Math.round(minutes / 6) / 10,
          })),
          next: own.nextCursor ? `/hours?cursor=${encodeURIComponent(own.nextCursor)}` : null,
          first: query.cursor ? '/hours' : null,
          count: own.data.length,
        }),
    }),
    route({
      name: 'hours/entries',
      method: 'get',
      path: '/hours/entries',
      doors: ['api'],
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'Entries of one’s own ledger account, newest first.',
      input: { query: hoursFilter },
      output: ledgerPage,
      async run({ account, query }) {
        const page = await hours.entries(account.personId, query.limit, query.cursor);
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
      output: z.object({}),
      run: async () => ({}),
      page: (_output, { locale, now, zone }) =>
        view('hours/new', logModel(i18n, locale, { date: localDate(now, zone) }, [])),
    }),
    route({
      name: 'hours/log',
      method: 'post',
      path: '/hours',
      access: 'hours:log-own',
      tenant: 'member',
      summary: 'Logs service that nobody scheduled; somebody else confirms it.',
      input: { body: logBody },
      output: hoursView,
      run: async ({ account, body }) => toHoursView(await hours.log(account, body)),
      page: ({ id: recordId }) => seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.log.done' }),
      invalid: ({ issues, values }, { locale }) => view('hours/new', logModel(i18n, locale, values, issues)),
    }),
    route({
      name: 'hours/show',
      method: 'get',
      path: '/hours/:id',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'One record: planned, attended, recorded, and how it came about.',
      input: { params: idParams },
      output: hoursView,
      run: async ({ actor, params }) => toHoursView(await hours.access(actor, params.id)),
      page: (record, context) => showPage(record, context, { hours, i18n }),
    }),
    route({
      name: 'hours/appeal',
      method: 'post',
      path: '/hours/:id/appeal',
      access: 'hours:see-own',
      tenant: 'member',
      summary: 'Contests a rejection; somebody else answers.',
      status: 200,
      input: { params: idParams, body: reasonNeeded },
      output: hoursView,
      run: async ({ account, params, body }) =>
        toHoursView(await hours.appeal(account, params.id, body.reason)),
      page: ({ id: recordId }) =>
        seeOther(`/hours/${recordId}`, { kind: 'success', key: 'hours.did.appealed' }),
    }),
  ];
}

function deskRoutes({ hours }: Pick<HoursRouteParts, 'hours'>): Route[] {
  const decide = (
    name: 'approve' | 'reject' | 'reverse',
    path: string,
    access: 'hours:confirm' | 'hours:reverse',
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
      page: ({ id: recordId, state }) =>
        seeOther(name === 'reverse' ? `/hours/${recordId}` : '/hours/queue', {
          kind: 'success',
          key: `hours.did.${state}`,
        }),
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
      page: ({ data, nextCursor }, { query }) =>
        view('hours/queue', {
          groups: [...Map.groupBy(data, (record) => record.shiftId ?? record.id).values()].map((records) => ({
            name: records[0]?.activity.name ?? '',
            startsAt: records[0]?.activity.startsAt ?? null,
            endsAt: records[0]?.activity.endsAt ?? null,
            records,
          })),
          next: nextCursor ? `/hours/queue?cursor=${encodeURIComponent(nextCursor)}` : null,
          first: query.cursor ? '/hours/queue' : null,
          count: data.length,
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
    decide(
      'reverse',
      '/hours/:id/reversal',
      'hours:reverse',
      'Takes a posting back by a linked reversal.',
      (account, recordId, reason) => hours.reverse(account, recordId, reason),
    ),
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

async function showPage(
  record: HoursView,
  { actor, account, params, locale }: RouteContext<{ id: string }>,
  { hours, i18n }: HoursRouteParts,
): Promise<PageResult> {
  const row = await hours.access(actor, params.id);
  const own = String(row.personId) === account.personId;
  const confirms =
    !own &&
    can(actor, 'hours:confirm', String(row.unitId)) &&
    ['submitted', 'under_check', 'appealed'].includes(row.state);
  return view('hours/show', {
    ...record,
    own,
    can: {
      confirm: confirms,
      appeal: own && row.state === 'rejected',
      reverse: !own && row.state === 'posted' && can(actor, 'hours:reverse', String(row.unitId)),
    },
    noteTexts: record.notes.map((note) => i18n.t(locale, `hours.note.${note}`)),
    gradeText: i18n.t(locale, `hours.grade.${record.grade}`),
    history: row.history.map((entry) => ({
      title: i18n.t(locale, `states.hours.${entry.to}`),
      at: entry.at,
      by: null,
      text: entry.reason,
      icon: null,
    })),
  });
}

function logModel(
  i18n: I18n,
  locale: Locale,
  values: Readonly<Record<string, unknown>>,
  issues: readonly FieldIssue[],
): object {
  const form = createForm({ i18n, locale, messages: 'hours.log', values, issues });
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 80 }),
    date: form.input('date', 'date', { required: true, width: 'short' }),
    startTime: form.input('startTime', 'time', { required: true, width: 'short' }),
    endTime: form.input('endTime', 'time', { required: true, width: 'short' }),
    witness: form.input('witness', 'text', { required: true, maxLength: 60 }),
    place: form.input('place', 'text', { maxLength: 120 }),
    content: form.textarea('content', { maxLength: 500, rows: 3 }),
  };
  return { fields, errors: form.errors };
}

export const toHoursView = (row: HoursRow): HoursView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  unitId: String(row.unitId),
  shiftId: row.shiftId ? String(row.shiftId) : null,
  activity: {
    name: row.activity.name,
    content: row.activity.content,
    place: row.activity.place,
    startsAt: row.activity.startsAt.toISOString(),
    endsAt: row.activity.endsAt.toISOString(),
    unitName: row.activity.unitName,
    leaderName: row.activity.leaderName,
  },
  attendedFrom: row.attendedFrom?.toISOString() ?? null,
  attendedTo: row.attendedTo?.toISOString() ?? null,
  plannedMinutes: minutesBetween(row.activity.startsAt, row.activity.endsAt),
  recordedMinutes: row.recordedMinutes,
  policyVersion: row.policyVersion,
  notes: row.notes,
  grade: row.grade,
  witness: row.witness,
  rejectionReason: row.rejectionReason,
  postedAt: row.postedAt?.toISOString() ?? null,
});

const toEntryView = (row: LedgerEntryRow): z.input<typeof ledgerPage>['data'][number] => ({
  id: String(row._id),
  account: row.account,
  seq: row.seq,
  minutes: row.minutes,
  cause: row.cause,
  hoursId: String(row.hoursId),
  serviceDate: row.serviceDate,
  postedAt: row.postedAt.toISOString(),
  reversalOf: row.reversalOf,
  hash: row.hash,
});
