import { z } from 'zod';
import { route, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import { lineOf } from './plan.explain.ts';
import type { DeskRouteParts } from './plan.desk.routes.ts';
import { lineParams } from './plan.schema.ts';

/** Members that a search for a name shows: whoever is not among them is named more fully. */
const MOST_SHOWN = 20;

const memberQuery = z.strictObject({ q: z.string().trim().max(60).default('') });
const memberList = z.object({
  data: z.array(z.object({ membershipId: z.string(), name: z.string() })),
  nextCursor: z.null(),
});

/** "Why not this member?": finds a member by name, and leads to why the plan has them here or not. */
export function planMemberRoute({ plans, memberships, i18n }: DeskRouteParts): Route {
  return route({
    name: 'plans/members',
    method: 'get',
    path: '/plans/:id/positions/:positionId/members',
    access: 'plans:see',
    tenant: 'member',
    summary: 'Members within reach by name, to be asked why a plan has them on a position or not.',
    input: { params: lineParams, query: memberQuery },
    output: memberList,
    async run({ actor, params, query }) {
      await lineOf(await plans.access(actor, params.id), params.positionId);
      if (query.q === '') return { data: [], nextCursor: null };
      const { data } = await memberships.list(
        actor,
        { state: 'approved', q: query.q },
        MOST_SHOWN,
        undefined,
      );
      return {
        data: data.map((row) => ({ membershipId: row.id, name: row.personName })),
        nextCursor: null,
      };
    },
    async page({ data }, { actor, params, query, locale }) {
      const row = await plans.access(actor, params.id);
      const line = await lineOf(row, params.positionId);
      const here = `/plans/${params.id}/positions/${params.positionId}`;
      const form = createForm({ i18n, locale, messages: 'plans.members', values: query });
      return view('plans/members', {
        title: line.title,
        planHref: `/plans/${params.id}`,
        createdAt: row.createdAt,
        lineHref: here,
        action: `${here}/members`,
        asked: query.q !== '',
        field: form.input('q', 'search', { required: true, maxLength: 60 }),
        members: data.map((one) => ({ ...one, href: `${here}/why?membershipId=${one.membershipId}` })),
      });
    },
  });
}
