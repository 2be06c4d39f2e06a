import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { route, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { formatNumber } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { exclusionForm } from '../matching/index.ts';
import type { MatchingService, Pair } from '../matching/index.ts';
import {
  changeSchema,
  countedPlanSchema,
  findingSchema,
  neededSchema,
  positionParams,
} from './assignment.schema.ts';
import { changesModel, plainFinding, reckoningRows, refusalsModel } from './assignment.view.ts';
import { planModel, toCountedPlan, wordNeeded } from './needed.view.ts';

const pairView = z.object({
  title: z.string(),
  position: z.string(),
  shiftId: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  /** Null for people from outside, and where there is nobody. */
  name: z.string().nullable(),
  weightsVersion: z.number(),
  eligible: z.boolean(),
  score: z.number(),
  most: z.number(),
  distanceMetres: z.number().nullable(),
  /** points = ⌊most × of ÷ from + ½⌋; they sum to the score. */
  parts: z.array(
    z.object({
      rule: z.string(),
      points: z.number(),
      most: z.number(),
      of: z.number(),
      from: z.number(),
      finding: findingSchema.nullable(),
      /** What the share is reckoned from. */
      inputs: z.array(findingSchema),
    }),
  ),
  refusals: z.array(findingSchema.extend({ rule: z.string() })),
  changes: z.array(changeSchema).nullable(),
});
type PairView = z.infer<typeof pairView>;
interface Ranked {
  readonly worth: number;
  readonly needed: z.infer<typeof neededSchema>;
  readonly plan: z.infer<typeof countedPlanSchema>;
  readonly membershipId: string | null;
}

/** How one person fits one position, so that a reader can reckon it again. */
export function fitRoutes({ matching, i18n }: { matching: MatchingService; i18n: I18n }): Route[] {
  return [
    route({
      name: 'matching/own',
      method: 'get',
      path: '/positions/:positionId/fit',
      access: 'opportunities:see',
      tenant: 'member',
      summary:
        'How the position fits the person who asks: every part of the score, why not, the smallest change.',
      input: { params: positionParams },
      output: pairView,
      run: async ({ account, params }) => toView(await matching.own(account, params.positionId), null),
      page: (pair, { locale, zone }) =>
        pairPage(pair, { i18n, locale, zone, back: '/opportunities', own: true }),
    }),
    route({
      name: 'matching/candidate',
      method: 'get',
      path: '/positions/:positionId/candidates/reckoning',
      access: 'positions:candidates',
      tenant: 'member',
      summary: 'How one candidate fits the position, the best one unless another is named.',
      input: {
        params: positionParams,
        query: z.strictObject({ handle: z.string().max(40).optional() }),
      },
      output: z.object({
        handle: z.string().nullable(),
        pair: pairView.nullable(),
        /** What a standing plan wants of them: `worth` ranks, the score less the price. */
        ranking: z
          .object({
            worth: z.number(),
            needed: neededSchema,
            plan: countedPlanSchema,
            membershipId: z.string().nullable(),
          })
          .nullable(),
      }),
      async run({ actor, params, query }) {
        const {
          pair,
          name,
          handle,
          needed,
          plan,
          membershipId = null,
        } = await matching.candidate(actor, params.positionId, query.handle ?? null);
        const counted = toCountedPlan(plan ?? null);
        return {
          handle,
          pair: pair ? toView(pair, name) : null,
          ranking:
            pair && needed && counted
              ? { worth: pair.fit.score - needed.price, needed, plan: counted, membershipId }
              : null,
        };
      },
      page: ({ handle, pair, ranking }, { account, locale, params, zone }) =>
        pairPage(pair, {
          i18n,
          locale,
          zone,
          back: `/positions/${params.positionId}/candidates`,
          own: false,
          ranking: ranking && { ...ranking, positionId: params.positionId },
          // Only members can be kept from a task, and only by whoever may.
          exclude:
            handle !== null && pair?.name && can(account, 'exclusions:edit')
              ? { handle, action: `/positions/${params.positionId}/exclusions` }
              : null,
        }),
    }),
  ];
}

const toView = ({ position, shift, fit, ...pair }: Pair, name: string | null): PairView => ({
  title: shift.title,
  position: position.name,
  shiftId: String(shift._id),
  startsAt: shift.startsAt.toISOString(),
  endsAt: shift.endsAt.toISOString(),
  name,
  weightsVersion: pair.weightsVersion,
  eligible: fit.eligible,
  score: fit.score,
  most: pair.most,
  distanceMetres: fit.distanceMetres,
  parts: fit.parts.map((part) => ({
    ...part,
    finding: part.finding ? plainFinding(part.finding) : null,
    inputs: (pair.inputs[part.rule] ?? []).map(plainFinding),
  })),
  refusals: fit.refusals.map((one) => ({ ...plainFinding(one), rule: one.rule })),
  changes: pair.changes?.map(({ code, params, way }) => ({ code, params: { ...params }, way })) ?? null,
});

function pairPage(
  pair: PairView | null,
  parts: {
    i18n: I18n;
    locale: Locale;
    zone: RouteContext['zone'];
    back: string;
    own: boolean;
    ranking?: (Ranked & { readonly positionId: string }) | null;
    exclude?: { readonly handle: string; readonly action: string } | null;
  },
): PageResult {
  const { i18n, locale, zone, back, own, exclude = null, ranking = null } = parts;
  const t = i18n.in(locale);
  const number = (value: number): string => formatNumber(value, locale);
  return view('matching/pair', {
    back,
    own,
    ranking: ranking && {
      ...planModel(ranking.plan, ranking.positionId, ranking.needed.here ? null : ranking.membershipId),
      needed: wordNeeded(i18n, locale, ranking.needed),
      sum:
        pair &&
        t('assignments.candidates.worth', {
          score: number(pair.score),
          price: number(ranking.needed.price),
          worth: number(ranking.worth),
        }),
    },
    exclude: exclude && { ...exclude, ...exclusionForm(i18n, locale) },
    backLabel: own ? t('nav.opportunities') : t('assignments.candidates.title'),
    pair: pair && {
      ...pair,
      label: own ? null : (pair.name ?? t('assignments.candidates.nameless')),
      total: t('matching.pair.total', { score: number(pair.score), most: number(pair.most) }),
      weights: t('matching.pair.weights', { version: pair.weightsVersion }),
      refusals: refusalsModel(i18n, locale, pair.refusals, zone),
      changes: own && pair.changes ? changesModel(i18n, locale, pair.changes) : [],
      parts: reckoningRows(
        i18n,
        locale,
        pair.parts.map(({ of, from, ...part }) => ({ ...part, share: { of, from } })),
        zone,
      ),
    },
  });
}
