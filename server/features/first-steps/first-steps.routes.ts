import { z } from 'zod';
import { Invalid } from '../../core/errors.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { empty } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { STEPS_OF, STEPS_SHOWN } from './first-steps.rules.ts';
import type { FirstSteps, FirstStepService } from './first-steps.service.ts';

const firstSteps = z.object({
  role: z.enum(STEPS_OF),
  done: z.number(),
  /** Whether they stand on the home page. */
  shown: z.boolean(),
  steps: z.array(z.object({ key: z.string(), href: z.string(), done: z.boolean(), look: z.boolean() })),
});

export interface FirstStepRouteParts {
  readonly firstSteps: FirstStepService;
  readonly i18n: I18n;
}

/** The list as the card shows it: worded, with the first open step marked. */
export function firstStepsModel(
  i18n: I18n,
  locale: Locale,
  { role, steps, done, shown }: FirstSteps,
): object {
  const next = steps.find((step) => !step.done)?.key ?? null;
  return {
    done,
    count: steps.length,
    shown,
    complete: next === null,
    steps: steps.map((step) => ({
      ...step,
      // One button stands out: the next thing to do.
      tone: step.key === next ? 'btn-primary' : 'btn-outline-primary',
      text: i18n.t(locale, `firstSteps.${role}.${step.key}.text`),
      hint: i18n.t(locale, `firstSteps.${role}.${step.key}.hint`),
    })),
  };
}

/** What to do first, for each role; closed and opened again by its owner, on every device alike. */
export function firstStepRoutes({ firstSteps: service, i18n }: FirstStepRouteParts): Route[] {
  return [
    route({
      name: 'first-steps/show',
      method: 'get',
      path: '/first-steps',
      apiPath: '/me/first-steps',
      access: 'home:see',
      tenant: 'member',
      summary: 'The first steps of the reader’s role, ticked by what was done.',
      input: {},
      output: firstSteps,
      run: async ({ account }) => {
        const { steps, ...rest } = await service.of(account);
        return { ...rest, steps: [...steps] };
      },
      page: (found, { locale }) =>
        view('first-steps/show', { list: firstStepsModel(i18n, locale, found), shown: found.shown }),
    }),
    route({
      name: 'first-steps/set-shown',
      method: 'post',
      path: '/first-steps/shown',
      apiPath: '/me/first-steps/shown',
      access: 'home:see',
      tenant: 'member',
      summary: 'Takes the first steps off the home page, or puts them back.',
      status: 200,
      input: { body: z.strictObject({ shown: z.enum(STEPS_SHOWN) }) },
      output: empty,
      async run({ account, body }) {
        await service.setShown(account, body.shown);
        return {};
      },
      page: (_output, { body }) =>
        seeOther('/', body.shown === 'closed' ? { kind: 'info', key: 'firstSteps.closed' } : undefined),
    }),
    route({
      name: 'first-steps/follow',
      method: 'post',
      path: '/first-steps/followed',
      apiPath: '/me/first-steps/followed',
      access: 'home:see',
      tenant: 'member',
      summary: 'Notes that a step which only leads somewhere was followed, and says where it leads.',
      status: 200,
      input: { body: z.strictObject({ step: z.string().max(40) }) },
      output: z.object({ href: z.string() }),
      async run({ account, body }) {
        const href = await service.follow(account, body.step);
        if (href === null) throw Invalid.field('step', 'not-a-choice');
        return { href };
      },
      page: ({ href }) => seeOther(href),
      invalid: () => seeOther('/first-steps'),
    }),
  ];
}
