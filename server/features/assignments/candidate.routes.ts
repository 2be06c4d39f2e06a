import { z } from 'zod';
import type { I18n } from '../../i18n/index.ts';
import { pageOf, paging, prose } from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { markOf } from '../matching/index.ts';
import type { MatchingService } from '../matching/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import { countedPlanSchema, findingSchema, neededSchema, positionParams } from './assignment.schema.ts';
import type { AssignmentService } from './assignment.service.ts';
import { wordFinding } from './assignment.view.ts';
import { planModel, toCountedPlan, wordNeeded } from './needed.view.ts';

const SHOWN = 30;
const EXCLUDED_SHOWN = 20;

const candidate = z.object({
  handle: z.string(),
  name: z.string().nullable(),
  membershipId: z.string().nullable(),
  score: z.number(),
  /** What they are ranked by: the score less what the plan gives up by losing them. */
  worth: z.number(),
  needed: neededSchema,
  distanceMetres: z.number().nullable(),
  parts: z.array(
    z.object({
      rule: z.string(),
      points: z.number(),
      most: z.number(),
      of: z.number(),
      from: z.number(),
      finding: findingSchema.nullable(),
    }),
  ),
});
const ranking = pageOf(candidate).extend({
  total: z.number(),
  /** The plan whose prices were counted. */
  plan: countedPlanSchema.nullable(),
  looked: z.number(),
  complete: z.boolean(),
  ofAtMost: z.number().nullable(),
  funnel: z.array(z.object({ rule: z.string(), remaining: z.number() })),
  excluded: z.array(
    z.object({ name: z.string(), membershipId: z.string(), refusals: z.array(findingSchema) }),
  ),
});
const outcomes = z.object({
  outcomes: z.array(
    z.object({ handle: z.string(), assignmentId: z.string().nullable(), refusal: z.string().nullable() }),
  ),
});

export interface CandidateRouteParts {
  readonly assignments: AssignmentService;
  readonly matching: MatchingService;
  readonly shifts: ShiftService;
  readonly i18n: I18n;
}

/** Who fits a position, and offering it to them. */
export function candidateRoutes({ assignments, matching, shifts, i18n }: CandidateRouteParts): Route[] {
  return [
    route({
      name: 'positions/candidates',
      method: 'get',
      path: '/positions/:positionId/candidates',
      access: 'positions:candidates',
      tenant: 'member',
      summary:
        'Who fits the position, best first by score less what a standing plan needs them for elsewhere, with every reason, the funnel, and why the own others do not.',
      input: {
        params: positionParams,
        query: z.strictObject({ ...paging, limit: z.coerce.number().int().min(1).max(100).default(SHOWN) }),
      },
      output: ranking,
      async run({ actor, params, query }) {
        const found = await matching.candidates(actor, params.positionId, query.limit, query.cursor);
        return {
          data: found.candidates.map(({ handle, name, membershipId, fit, worth, needed }) => ({
            handle,
            name,
            membershipId,
            score: fit.score,
            worth,
            needed,
            distanceMetres: fit.distanceMetres,
            parts: fit.parts.map((part) => ({
              ...part,
              finding: part.finding ? { ...part.finding, params: { ...part.finding.params } } : null,
            })),
          })),
          nextCursor: found.nextCursor,
          total: found.eligible,
          plan: toCountedPlan(found.plan),
          looked: found.looked,
          complete: found.ofAtMost === null,
          ofAtMost: found.ofAtMost,
          funnel: [...found.funnel],
          excluded: found.excluded.slice(0, EXCLUDED_SHOWN).map((one) => ({
            ...one,
            refusals: one.refusals.map(({ code, params: more }) => ({ code, params: { ...more } })),
          })),
        };
      },
      async page(found, { actor, params, query, locale }) {
        const { position, shift } = await shifts.accessPosition(
          actor,
          params.positionId,
          'positions:candidates',
        );
        return view('matching/candidates', {
          title: shift.title,
          startsAt: shift.startsAt,
          endsAt: shift.endsAt,
          shiftHref: `/shifts/${String(shift._id)}`,
          position: position.name,
          taken: position.taken,
          maximum: position.maximum,
          action: `/positions/${params.positionId}/offers`,
          looked: found.looked,
          partly: found.complete ? null : { looked: found.looked, most: found.ofAtMost },
          hereHref: `/positions/${params.positionId}/candidates`,
          ...pagerOf(
            `/positions/${params.positionId}/candidates`,
            query.limit === SHOWN ? { cursor: query.cursor } : query,
            found.nextCursor,
          ),
          count: found.data.length,
          funnel: found.funnel.map((step) => ({
            label: i18n.t(locale, `matching.rule.${step.rule}`),
            remaining: step.remaining,
          })),
          plan: found.plan && planModel(found.plan, params.positionId),
          candidates: found.data.map((one) => ({
            ...one,
            neededText: wordNeeded(i18n, locale, one.needed),
            label: one.name ?? i18n.t(locale, 'assignments.candidates.marked', { mark: markOf(one.handle) }),
            href: one.membershipId ? `/memberships/${one.membershipId}` : null,
            whyHref: `/positions/${params.positionId}/candidates/reckoning?handle=${one.handle}`,
            reasons: one.parts.flatMap((part) =>
              part.finding ? [wordFinding(i18n, locale, part.finding)] : [],
            ),
          })),
          excluded: found.excluded.map((one) => ({
            name: one.name,
            href: `/memberships/${one.membershipId}`,
            reasons: one.refusals.map((finding) => wordFinding(i18n, locale, finding)),
          })),
        });
      },
    }),
    route({
      name: 'positions/offer',
      method: 'post',
      path: '/positions/:positionId/offers',
      access: 'offers:make',
      tenant: 'member',
      summary: 'Offers the position to one or many candidates; one refusal does not stop the others.',
      input: {
        params: positionParams,
        body: z.strictObject({
          handles: z
            .array(z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'not-a-choice'))
            .min(1)
            .max(100),
          note: prose(500).default(''),
        }),
      },
      output: outcomes,
      run: async ({ account, params, body }) => ({
        outcomes: await assignments.offerTo(account, params.positionId, body.handles, body.note),
      }),
      page: (result, { params }) => {
        const made = result.outcomes.filter((one) => one.refusal === null).length;
        const failed = result.outcomes.length - made;
        const flash =
          made > 0
            ? ({ kind: 'success', key: 'assignments.candidates.offered', params: { count: made } } as const)
            : ({ kind: 'error', key: 'assignments.candidates.failed', params: { count: failed } } as const);
        return seeOther(`/positions/${params.positionId}/candidates`, flash);
      },
      invalid: (_failure, { params }) =>
        seeOther(`/positions/${params.positionId}/candidates`, {
          kind: 'error',
          key: 'assignments.candidates.failed',
          params: { count: 0 },
        }),
    }),
  ];
}
