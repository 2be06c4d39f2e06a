import type { z } from 'zod';
import { formatNumber } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import type { Locale } from '../../core/locale.ts';
import type { Ranking } from '../matching/index.ts';
import type { countedPlanSchema, neededSchema } from './assignment.schema.ts';

type Needed = z.infer<typeof neededSchema>;
type CountedPlan = z.infer<typeof countedPlanSchema>;

export const toCountedPlan = (plan: Ranking['plan']): CountedPlan | null =>
  plan && { ...plan, madeAt: plan.madeAt.toISOString() };

/** What a plan wants of somebody, in words; null where it gives up nothing by losing them. */
export function wordNeeded(i18n: I18n, locale: Locale, { price, here, elsewhere }: Needed): string | null {
  if (here) return i18n.t(locale, 'assignments.candidates.plannedHere');
  if (price === 0) return null;
  const count = formatNumber(price, locale);
  return elsewhere?.title
    ? i18n.t(locale, 'assignments.candidates.neededAt', { title: elsewhere.title, price: count })
    : i18n.t(locale, 'assignments.candidates.neededElsewhere', { price: count });
}

/** The plan that ranks, with the way to it for whoever may read it; of one person, to what choosing them would cost. */
export const planModel = (
  { id, madeAt, covers }: CountedPlan,
  positionId: string,
  membershipId: string | null = null,
): { madeAt: string; href: string | null; whyHref: string | null } => ({
  madeAt,
  href: id && `/plans/${id}`,
  whyHref:
    id && covers && membershipId
      ? `/plans/${id}/positions/${positionId}/why?membershipId=${membershipId}`
      : null,
});
