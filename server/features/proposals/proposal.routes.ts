import { z } from 'zod';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, TenantInfo } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import type { ProposalKind } from './proposal.rules.ts';
import {
  declineBody,
  proposalDetail,
  proposalFilter,
  proposalPage,
  proposalView,
  toProposalView,
} from './proposal.schema.ts';
import type { ProposalAnswer } from './proposal.schema.ts';
import type { ProposalService } from './proposal.service.ts';

/** Where the thing has its page, for kinds whose subject has one. */
const PAGES: Partial<Record<ProposalKind, string>> = {
  'hours/reversal': '/hours',
  'hours/merge': '/memberships',
  'credits/reversal': '/credits',
  'certificates/revocation': '/certificates',
  'certificates/print': '/certificate-batches',
};

/** Where what came of it is found, once it was confirmed, for kinds whose subject has no page. */
const OUTCOMES: Partial<Record<ProposalKind, string>> = { 'inspection/export': '/inspections' };

const refused = ({ error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/proposals/${params.id}`, {
    kind: 'error',
    key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
  });

/** Acts that need two persons: what waits for a second one, and what came of it. */
export function proposalRoutes({ proposals, i18n }: { proposals: ProposalService; i18n: I18n }): Route[] {
  const titled = (one: ProposalAnswer, locale: Locale) => ({
    ...one,
    act: i18n.t(locale, `proposals.kind.${one.kind}`),
    href: `/proposals/${one.id}`,
  });
  const hereOf = (tenant: TenantInfo | null): string | null => tenant?.id ?? null;
  return [
    route({
      name: 'proposals/list',
      method: 'get',
      path: '/proposals',
      access: 'proposals:see',
      tenant: 'member',
      summary:
        'Acts that need two persons, newest first: those that wait, those that are over (`show=past`), those that organisations below have nobody else for (`show=below`).',
      input: { query: proposalFilter },
      output: proposalPage,
      async run({ account, query, tenant }) {
        const page = await proposals.list(account, query.show, query.limit, query.cursor);
        return {
          data: page.data.map((row) => toProposalView(row, hereOf(tenant))),
          nextCursor: page.nextCursor,
        };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('proposals/list', {
          data: data.map((one) => titled(one, locale)),
          tabs: (['open', 'below', 'past'] as const).map((show) => ({
            label: i18n.t(locale, `proposals.show.${show}`),
            href: show === 'open' ? '/proposals' : `/proposals?show=${show}`,
            current: show === query.show,
          })),
          // All that wait are in one state: only of what is over it says something.
          isOver: query.show === 'past',
          none: i18n.t(locale, `proposals.none.${query.show}`),
          ...pagerOf('/proposals', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'proposals/show',
      method: 'get',
      path: '/proposals/:id',
      access: 'proposals:see',
      tenant: 'member',
      summary: 'One act that needs two persons: who proposed it and why, and what the second one said.',
      input: { params: idParams },
      output: proposalDetail,
      async run({ account, params, tenant }) {
        const row = await proposals.access(account, params.id);
        const [{ why, ...can }, until] = await sideBySide([
          () => proposals.abilities(account, row),
          () => proposals.fileUntil(row),
        ]);
        return {
          ...toProposalView(row, hereOf(tenant)),
          can,
          why,
          fileUntil: until?.toISOString() ?? null,
        };
      },
      page: async (one, { account, locale, params, tenant }) => {
        const row = await proposals.access(account, params.id);
        const here = String(row.tenantId) === hereOf(tenant);
        const page = here ? PAGES[one.kind] : undefined;
        const outcome = here && one.state === 'confirmed' ? OUTCOMES[one.kind] : undefined;
        return view('proposals/show', {
          ...titled(one, locale),
          open: one.state === 'open',
          thing: page ? `${page}/${one.subjectId}` : (outcome ?? null),
          whyText: one.why ? i18n.t(locale, `errors.${one.why}` as 'errors.wrong-state') : null,
          fileReady: one.fileUntil !== null && one.kind === 'certificates/print',
          sure: i18n.t(locale, `proposals.sure.${one.kind}`),
        });
      },
    }),
    route({
      name: 'proposals/confirm',
      method: 'post',
      path: '/proposals/:id/confirmation',
      access: 'proposals:see',
      tenant: 'member',
      summary:
        'The second person agrees, and it is done: another human than who proposed it, with the same right, from another hand.',
      status: 200,
      input: { params: idParams },
      output: proposalView,
      run: async ({ account, params, tenant }) =>
        toProposalView(await proposals.confirm(account, params.id), hereOf(tenant)),
      page: ({ id }) => seeOther(`/proposals/${id}`, { kind: 'success', key: 'proposals.did.confirmed' }),
      invalid: refused,
    }),
    route({
      name: 'proposals/decline',
      method: 'post',
      path: '/proposals/:id/refusal',
      access: 'proposals:see',
      tenant: 'member',
      summary: 'The second person does not agree, with a reason; nothing happens.',
      status: 200,
      input: { params: idParams, body: declineBody },
      output: proposalView,
      run: async ({ account, params, body, tenant }) =>
        toProposalView(await proposals.decline(account, params.id, body.reason), hereOf(tenant)),
      page: ({ id }) => seeOther(`/proposals/${id}`, { kind: 'success', key: 'proposals.did.declined' }),
      invalid: refused,
    }),
    route({
      name: 'proposals/withdraw',
      method: 'post',
      path: '/proposals/:id/withdrawal',
      access: 'proposals:see',
      tenant: 'member',
      summary: 'Whoever proposed it takes it back before it is confirmed.',
      status: 200,
      input: { params: idParams },
      output: proposalView,
      run: async ({ account, params, tenant }) =>
        toProposalView(await proposals.withdraw(account, params.id), hereOf(tenant)),
      page: ({ id }) => seeOther(`/proposals/${id}`, { kind: 'success', key: 'proposals.did.withdrawn' }),
      invalid: refused,
    }),
    route({
      name: 'proposals/file',
      fresh: true,
      method: 'post',
      path: '/proposals/:id/files',
      access: 'proposals:see',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'The copy that two agreed to, for whoever proposed it, while the time lasts; that it was taken is in the trail.',
      status: 200,
      idempotent: false,
      input: { params: idParams },
      output: z.object({}),
      async run({ account, params }) {
        const { bytes, contentType, fileName } = await proposals.file(account, params.id);
        return file(bytes, contentType, fileName);
      },
      page: () => seeOther('/proposals'),
      invalid: refused,
    }),
  ];
}
