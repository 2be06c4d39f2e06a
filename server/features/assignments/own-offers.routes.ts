import type { AccountActor } from '../../core/actor.ts';
import { asTenant } from '../../core/context.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import type { Page } from '../../db/pagination.ts';
import type { I18n } from '../../i18n/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { OfferService } from '../offers/index.ts';
import { noHoursText } from '../shifts/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { assignmentView, fullId, ownFilter, ownOffers, reasonBody } from './assignment.schema.ts';
import type { AssignmentView, OwnOffer } from './assignment.schema.ts';
import type { AssignmentService } from './assignment.service.ts';
import { refusedPage, viewsOf } from './assignment.routes.ts';

export interface OwnOfferParts {
  readonly assignments: AssignmentService;
  readonly offers: OfferService;
  readonly shifts: ShiftService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
}

/** What one is asked for, by whatever tenant, member there or not, and the answer to it. */
export function ownOfferRoutes(parts: OwnOfferParts): Route[] {
  const { assignments, memberships, i18n } = parts;
  const answer = (name: 'accept' | 'decline', summary: string, flash: 'accepted' | 'declined'): Route =>
    route({
      name: `offers/${name}`,
      method: 'post',
      path: `/offers/:id/${name}`,
      apiPath: `/me/offers/:id/${name}`,
      access: 'signed-in',
      tenant: 'none',
      summary,
      status: 200,
      queue: ({ id }) => assignments.queueOf(id),
      input: { params: fullId, body: reasonBody },
      output: assignmentView,
      async run({ account, params, body }) {
        const row = await assignments.answer(account, params.id, name, body.reason);
        return asTenant(String(row.tenantId), async () => (await viewsOf([row], parts))[0] as AssignmentView);
      },
      page: () => seeOther('/offers', { kind: 'success', key: `assignments.did.${flash}` }),
      invalid: (failure, context) => refusedPage(failure, context, i18n),
    });
  return [
    route({
      name: 'offers/list-own',
      method: 'get',
      path: '/offers',
      apiPath: '/me/offers',
      access: 'signed-in',
      tenant: 'none',
      summary:
        'Open offers made to the person by any tenant, and the places they have in others than the one they act in.',
      input: { query: ownFilter },
      output: ownOffers,
      run: ({ account, query }) => ownOffersOf(account, query, parts),
      async page({ data, nextCursor }, { account, locale, query }) {
        const choices = new Map(
          (await memberships.choicesOf(account.accountId)).map((own) => [own.tenantId, own.id]),
        );
        const named = (one: OwnOffer) => ({
          ...one,
          tenantName: one.tenant.name[locale],
          noHours: noHoursText(one, i18n, locale),
        });
        return view('assignments/offers', {
          offered: data.filter((one) => one.state === 'offered').map(named),
          expected: data
            .filter((one) => one.state !== 'offered')
            .map((one) => ({ ...named(one), membershipId: choices.get(one.tenant.id) ?? null })),
          // A page of places elsewhere is no page without offers: those may be on the one before or the next.
          whole: nextCursor === null && query.cursor === undefined,
          ...pagerOf('/offers', query, nextCursor),
          count: data.length,
        });
      },
    }),
    answer('accept', 'Accepts an offer of any tenant; who is no member there becomes one.', 'accepted'),
    answer('decline', 'Declines an offer of any tenant.', 'declined'),
  ];
}

/** Own rows of all tenants with their words, soonest over first; four queries a tenant that asks. */
async function ownOffersOf(
  account: AccountActor,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  parts: Pick<OwnOfferParts, 'assignments' | 'offers' | 'shifts' | 'tenants'>,
): Promise<Page<OwnOffer>> {
  const { data: rows, nextCursor } = await parts.assignments.everywhere(account, limit, cursor);
  const found = new Map<string, OwnOffer>();
  for (const [tenantId, own] of Map.groupBy(rows, (row) => String(row.tenantId)))
    await asTenant(tenantId, async () => {
      const { id, slug, name, active } = await parts.tenants.current();
      // What an organisation offered that has closed since is over.
      if (!active) return;
      for (const [at, one] of (await viewsOf(own, parts)).entries())
        found.set(one.id, {
          ...one,
          tenant: { id, slug, name },
          joins: own[at]?.membershipId === null,
        });
    });
  return { data: rows.flatMap((row) => found.get(String(row._id)) ?? []), nextCursor };
}
