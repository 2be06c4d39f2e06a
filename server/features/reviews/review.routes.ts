import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import type { I18n } from '../../i18n/index.ts';
import { route, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';

/** Something that waits for a word. */
export interface Waiting {
  readonly id: string;
  readonly personName: string;
  readonly title: string;
  readonly state: string;
  readonly since: string;
}
/** One kind of thing to review: who may, where its desk is, what waits in it for this reader, oldest first. */
export interface ReviewSource {
  readonly kind: 'credential' | 'pool' | 'credit' | 'hoursClaim' | 'award' | 'appraisal' | 'proposal';
  readonly href: string;
  readonly hrefOf: (id: string) => string;
  readonly may: (actor: AccountActor) => boolean;
  readonly waiting: (
    actor: AccountActor,
    limit: number,
    locale: 'zh-CN' | 'en',
  ) => Promise<readonly Waiting[]>;
}

/** Counted no further: whoever has more waiting has enough to do. */
const MOST_COUNTED = 100;
const MOST_SHOWN = 8;

const desk = z.object({
  total: z.number(),
  queues: z.array(
    z.object({
      kind: z.enum(['credential', 'pool', 'credit', 'hoursClaim', 'award', 'appraisal', 'proposal']),
      href: z.string(),
      count: z.number(),
      /** There are more than were counted. */
      more: z.boolean(),
      waiting: z.array(
        z.object({
          id: z.string(),
          href: z.string(),
          personName: z.string(),
          title: z.string(),
          state: z.string(),
          since: z.string(),
        }),
      ),
    }),
  ),
});

/** One desk for everything that waits for a reviewer's word: what they may not decide is not in it. */
export const reviewRoutes = ({
  sources,
  i18n,
}: {
  sources: readonly ReviewSource[];
  i18n: I18n;
}): Route[] => [
  route({
    name: 'reviews/desk',
    method: 'get',
    path: '/reviews',
    access: 'credits:see',
    tenant: 'member',
    summary: 'Everything that waits for the reader’s word, by kind, oldest first, with counts.',
    input: {},
    output: desk,
    async run({ account, locale }) {
      const queues = await Promise.all(
        sources
          .filter(({ may }) => may(account))
          .map(async ({ kind, href, hrefOf, waiting }) => {
            const rows = await waiting(account, MOST_COUNTED + 1, locale);
            return {
              kind,
              href,
              count: Math.min(rows.length, MOST_COUNTED),
              more: rows.length > MOST_COUNTED,
              waiting: rows.slice(0, MOST_SHOWN).map((row) => ({ ...row, href: hrefOf(row.id) })),
            };
          }),
      );
      return { total: queues.reduce((sum, { count }) => sum + count, 0), queues };
    },
    page: ({ total, queues }, { locale }) =>
      view('reviews/desk', {
        total,
        queues: queues.map((queue) => ({
          ...queue,
          name: i18n.t(locale, `reviews.kind.${queue.kind}`),
          countText: queue.more ? `${queue.count}+` : String(queue.count),
          further: Math.max(0, queue.count - queue.waiting.length),
        })),
      }),
  }),
];
