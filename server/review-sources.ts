import { can } from './core/actor.ts';
import type { I18n } from './i18n/index.ts';
import type { AppraisalService } from './features/appraisals/index.ts';
import type { AwardService } from './features/awards/index.ts';
import type { CredentialService, CredentialTypeService } from './features/credentials/index.ts';
import type { CreditService } from './features/credits/index.ts';
import type { HoursService } from './features/hours/index.ts';
import type { ProposalService } from './features/proposals/index.ts';
import type { ReviewSource } from './features/reviews/index.ts';
import { knownPools } from './features/talent-pools/index.ts';
import type { PoolMemberQueries } from './features/talent-pools/index.ts';

/** What waits for a reviewer, kind by kind: each feature's own desk, so that nothing is seen here that is not seen there. */
export function createReviewSources(parts: {
  readonly appraisals: AppraisalService;
  readonly awards: AwardService;
  readonly credentials: CredentialService;
  readonly credits: CreditService;
  readonly pools: PoolMemberQueries;
  readonly proposals: ProposalService;
  readonly types: CredentialTypeService;
  readonly hours: HoursService;
  readonly i18n: I18n;
}): ReviewSource[] {
  const { appraisals, awards, credentials, credits, hours, pools, proposals, types, i18n } = parts;
  return [
    {
      kind: 'credential',
      href: '/credentials/reviews',
      hrefOf: (id) => `/credentials/${id}`,
      may: (actor) => can(actor, 'credentials:review') || can(actor, 'credentials:decide'),
      async waiting(actor, limit, locale) {
        const [{ data }, known] = await Promise.all([credentials.desk(actor, limit, undefined), types.all()]);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: known.get(row.type)?.name[locale] ?? row.type,
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
    {
      kind: 'pool',
      href: '/talent-pools/reviews',
      hrefOf: (id) => `/pool-memberships/${id}`,
      may: (actor) => can(actor, 'talent-pools:review') || can(actor, 'talent-pools:decide'),
      async waiting(actor, limit, locale) {
        const [{ data }, known] = await Promise.all([pools.desk(actor, limit, undefined), knownPools()]);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: known.get(String(row.poolId))?.[locale] ?? '',
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
    {
      kind: 'credit',
      href: '/credits/reviews',
      hrefOf: (id) => `/credits/${id}`,
      may: (actor) => can(actor, 'credits:review'),
      async waiting(actor, limit) {
        const { data } = await credits.desk(actor, limit, undefined);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: row.title,
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
    {
      kind: 'hoursClaim',
      href: '/hours/claims/desk',
      hrefOf: (id) => `/hours/claims/${id}`,
      may: (actor) => can(actor, 'hours:answer-claims'),
      async waiting(actor, limit) {
        const { data } = await hours.claims.desk(actor, limit, undefined);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: row.claimed?.name ?? row.recorded?.name ?? '',
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
    {
      kind: 'award',
      href: '/awards/desk',
      hrefOf: (id) => `/awards/${id}`,
      may: (actor) => can(actor, 'awards:decide'),
      async waiting(actor, limit) {
        const { data } = await awards.desk(actor, limit, undefined);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: row.name,
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
    {
      kind: 'appraisal',
      href: '/appraisals/contested',
      hrefOf: (id) => `/appraisals/${id}`,
      may: (actor) => can(actor, 'appraisals:answer'),
      async waiting(actor, limit) {
        const { data } = await appraisals.contested(actor, limit, undefined);
        return data.map((row) => ({
          id: String(row._id),
          personName: row.personName,
          title: row.title,
          state: row.state,
          since: (row.history.at(-1)?.at ?? row.createdAt).toISOString(),
        }));
      },
    },
    {
      kind: 'proposal',
      href: '/proposals',
      hrefOf: (id) => `/proposals/${id}`,
      may: (actor) => can(actor, 'proposals:see'),
      async waiting(actor, limit, locale) {
        return (await proposals.waiting(actor, limit)).map((row) => ({
          id: String(row._id),
          personName: row.what.personName,
          title: [i18n.t(locale, `proposals.kind.${row.kind}`), row.what.title].filter(Boolean).join(' · '),
          state: row.state,
          since: row.createdAt.toISOString(),
        }));
      },
    },
  ];
}
