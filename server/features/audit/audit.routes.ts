import { stringify } from 'csv-stringify/sync';
import type { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { Permission } from '../../core/permissions.ts';
import {
  annualReportLifecycle,
  appraisalLifecycle,
  assignmentLifecycle,
  awardLifecycle,
  courseLifecycle,
  credentialLifecycle,
  creditLifecycle,
  hoursClaimLifecycle,
  hoursLifecycle,
  importLifecycle,
  externalLifecycle,
  inspectionLifecycle,
  kinshipLifecycle,
  membershipLifecycle,
  offerLifecycle,
  planLifecycle,
  poolLifecycle,
  proposalLifecycle,
  recognitionLifecycle,
  redemptionLifecycle,
  requestLifecycle,
  sessionLifecycle,
  shiftLifecycle,
  trainingLifecycle,
  trainingPlanLifecycle,
  transferLifecycle,
} from '../../core/states.ts';
import { AUDIT_VERBS } from '../../db/audit-verbs.ts';
import type { AuditVerb } from '../../db/audit-verbs.ts';
import { sideBySide } from '../../db/transaction.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import { AUDITED_TYPES, auditFilter, auditPage, exportBody, isAuditedType } from './audit.schema.ts';
import type { AuditedType } from './audit.schema.ts';
import type { AuditService, NamedEntry } from './audit.service.ts';
import type { SealService } from './seal.service.ts';

/** Where a thing has its page, and what it takes to open that. */
const PAGES: Readonly<Record<string, readonly [path: string, permission: Permission]>> = {
  Assignment: ['/assignments', 'assignments:see'],
  Appraisal: ['/appraisals', 'appraisals:see'],
  Award: ['/awards', 'awards:see'],
  HoursClaim: ['/hours/claims', 'hours:see'],
  HoursRecord: ['/hours', 'hours:see'],
  Import: ['/imports', 'imports:see'],
  InspectionExport: ['/inspections', 'inspections:export'],
  Membership: ['/memberships', 'memberships:see'],
  Proposal: ['/proposals', 'proposals:see'],
  Request: ['/requests', 'requests:see'],
  Shift: ['/shifts', 'requests:see'],
};

/** Whose states have words: of each kind of thing, its life cycle and where the words are. */
const STATES = {
  AnnualReport: ['annualReport', annualReportLifecycle.states],
  Appraisal: ['appraisal', appraisalLifecycle.states],
  Assignment: ['assignment', assignmentLifecycle.states],
  Award: ['award', awardLifecycle.states],
  Course: ['course', courseLifecycle.states],
  Credential: ['credential', credentialLifecycle.states],
  Credit: ['credit', creditLifecycle.states],
  Enrolment: ['training', trainingLifecycle.states],
  HoursClaim: ['hoursClaim', hoursClaimLifecycle.states],
  HoursRecord: ['hours', hoursLifecycle.states],
  HoursTransfer: ['transfer', transferLifecycle.states],
  Import: ['import', importLifecycle.states],
  ExternalRecord: ['external', externalLifecycle.states],
  InspectionExport: ['inspection', inspectionLifecycle.states],
  Membership: ['membership', membershipLifecycle.states],
  Offer: ['offer', offerLifecycle.states],
  Plan: ['plan', planLifecycle.states],
  PoolMember: ['pool', poolLifecycle.states],
  Proposal: ['proposal', proposalLifecycle.states],
  Recognition: ['recognition', recognitionLifecycle.states],
  Request: ['request', requestLifecycle.states],
  Shift: ['shift', shiftLifecycle.states],
  TimeBankKinship: ['kinship', kinshipLifecycle.states],
  TimeBankRedemption: ['redemption', redemptionLifecycle.states],
  TrainingPlan: ['training-plan', trainingPlanLifecycle.states],
  TrainingSession: ['session', sessionLifecycle.states],
} as const satisfies Partial<Record<AuditedType, readonly [group: string, states: readonly string[]]>>;
const stateText = (i18n: I18n, locale: Locale, type: string, state: string): string => {
  const known = Object.hasOwn(STATES, type) ? STATES[type as keyof typeof STATES] : null;
  return known && (known[1] as readonly string[]).includes(state)
    ? i18n.t(locale, `states.${known[0]}.${state}` as 'states.hours.open')
    : state;
};

/** What was done in words; of an action that earlier versions knew, its name. */
const actionText = (i18n: I18n, locale: Locale, action: string): string => {
  // Chinese has no one word for what is made: an offer is sent, a report drawn up.
  const own = `audit.action.${action.replace('/', '-')}`;
  if (i18n.has(locale, own)) return i18n.t(locale, own);
  const verb = action.slice(action.indexOf('/') + 1);
  return (AUDIT_VERBS as readonly string[]).includes(verb)
    ? i18n.t(locale, `audit.verb.${verb as AuditVerb}`)
    : action;
};

const toView = ({ row, name }: NamedEntry): z.input<typeof auditPage>['data'][number] => ({
  id: String(row._id),
  at: row.at.toISOString(),
  actor: row.actor,
  actorName: name,
  action: row.action,
  subjectType: row.subjectType,
  subjectId: row.subjectId,
  from: row.from,
  to: row.to,
  reason: row.reason,
  facts: row.facts,
  requestId: row.requestId,
});

const hrefOf = (actor: AccountActor, type: string, id: string): string | null => {
  const page = PAGES[type];
  return page && can(actor, page[1]) ? `${page[0]}/${id}` : null;
};

/** A reason that the program gave as a code, in words; what people wrote stays as it is. */
const reasonText = (i18n: I18n, locale: Locale, reason: string): string => {
  const key = `requests.coded.${reason}`;
  return /^[a-z-]+$/.test(reason) && i18n.has(locale, key) ? i18n.t(locale, key) : reason;
};

/** Who did what: the trail of the own organisation, for those who inspect it. */
export function auditRoutes({
  audit,
  proposals,
  seals,
  i18n,
}: {
  audit: AuditService;
  proposals: ProposalService;
  seals: SealService;
  i18n: I18n;
}): Route[] {
  const fieldsOf = (locale: Locale, values: Readonly<Record<string, unknown>>) => {
    const form = createForm({ i18n, locale, messages: 'audit.filter', values });
    return {
      action: form.input('action', 'search', { maxLength: 60 }),
      subjectType: form.select('subjectType', [
        { value: '', label: i18n.t(locale, 'common.word.all') },
        ...AUDITED_TYPES.map((type) => ({ value: type, label: i18n.t(locale, `audit.type.${type}`) })).sort(
          (one, other) => one.label.localeCompare(other.label, locale),
        ),
      ]),
      subjectId: form.input('subjectId', 'text', { maxLength: 60 }),
      from: form.input('from', 'date', { width: 'short' }),
      to: form.input('to', 'date', { width: 'short' }),
    };
  };
  return [
    route({
      name: 'audit/list',
      method: 'get',
      path: '/audit',
      access: 'audit:see',
      tenant: 'member',
      summary: 'The audit trail, newest first: who did what to which thing, with reasons.',
      input: { query: auditFilter },
      output: auditPage,
      async run({ account, query }) {
        const [page, { sealedAt, ...seal }] = await sideBySide([
          () => audit.list(account, query, query.limit, query.cursor),
          () => seals.state(),
        ]);
        return {
          data: page.data.map(toView),
          nextCursor: page.nextCursor,
          seal: { ...seal, sealedAt: sealedAt?.toISOString() ?? null },
        };
      },
      page({ data, nextCursor, seal }, { account, query, locale }) {
        const { cursor: _cursor, limit: _limit, ...wanted } = query;
        const kept = Object.entries(wanted).flatMap(([name, value]): [string, string][] =>
          value ? [[name, value]] : [],
        );
        return view('audit/list', {
          seal,
          entries: data.map((one) => ({
            ...one,
            who: one.actorName ?? i18n.t(locale, `audit.actor.${actorKind(one.actor)}`),
            what: actionText(i18n, locale, one.action),
            reason: one.reason && reasonText(i18n, locale, one.reason),
            type: isAuditedType(one.subjectType)
              ? i18n.t(locale, `audit.type.${one.subjectType}`)
              : one.subjectType,
            href: hrefOf(account, one.subjectType, one.subjectId),
            change: [one.from, one.to]
              .flatMap((state) => (state === null ? [] : [stateText(i18n, locale, one.subjectType, state)]))
              .join(' → '),
            ofThis: `/audit?subjectType=${one.subjectType}&subjectId=${one.subjectId}`,
          })),
          fields: fieldsOf(locale, query),
          kept: Object.fromEntries(kept),
          filtered: kept.length > 0,
          ...pagerOf('/audit', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'audit/export',
      fresh: true,
      method: 'post',
      path: '/audit/exports',
      access: 'audit:see',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Proposes to take the newest entries along as a CSV file; the file is there when a second person has confirmed it.',
      input: { body: exportBody },
      output: proposalView,
      async run({ account, body: { reason, ...filter }, tenant }) {
        const wish = Object.fromEntries(
          Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ) as Record<string, string>;
        return toProposalView(
          await proposals.propose(account, 'audit/export', account.accountId, reason, wish),
          tenant?.id ?? null,
        );
      },
      page: ({ id: proposalId }) =>
        seeOther(`/proposals/${proposalId}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: ({ error }) =>
        seeOther('/audit', {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    }),
  ];
}

const actorKind = (actor: string): 'account' | 'sweep' | 'operator' | 'anonymous' => {
  const [kind = ''] = actor.split(':');
  return kind === 'sweep' || kind === 'operator' || kind === 'anonymous' ? kind : 'account';
};

const COLUMNS = [
  'at',
  'actor',
  'actorName',
  'action',
  'subjectType',
  'subjectId',
  'from',
  'to',
  'reason',
  'requestId',
] as const;

/** For a spreadsheet: UTF-8 with a mark, CRLF, no cell that runs (S-41). */
export function auditCsv(entries: readonly NamedEntry[]): Buffer {
  const rows = entries
    .map(toView)
    .map((one) => COLUMNS.map((column) => (one[column] ?? '').replaceAll('\0', '')));
  return Buffer.from(
    stringify([[...COLUMNS], ...rows], { bom: true, record_delimiter: 'windows', escape_formulas: true }),
    'utf8',
  );
}
