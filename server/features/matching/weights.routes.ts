import { z } from 'zod';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { FieldInput, I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import type { Tenant } from '../tenants/index.ts';
import { BOUNDS, ruleSettings, SWITCHABLE, WEIGHED } from './matching.settings.rules.ts';
import type { WeightsService } from './weights.service.ts';

const whole = ({ min, max }: { min: number; max: number }) => z.number().int().min(min).max(max);
const MINUTES_OF_HOUR = 60;

const weightsBody = z.strictObject({
  /** Points by name of the rule; those left out stay. */
  weights: z
    .strictObject(Object.fromEntries(WEIGHED.map((name) => [name, whole(BOUNDS.weight).optional()])))
    .optional(),
  /** Names of the rules that are switched off. */
  off: z
    .array(z.enum(SWITCHABLE as [string, ...string[]]))
    .max(SWITCHABLE.length)
    .optional(),
  dailyCapMinutes: whole(BOUNDS.dailyCapMinutes).optional(),
  weeklyCapMinutes: whole(BOUNDS.weeklyCapMinutes).optional(),
  restMinutes: whole(BOUNDS.restMinutes).optional(),
  reachMetres: whole(BOUNDS.reachMetres).optional(),
});

const weightsView = z.object({
  version: z.number(),
  /** Counted up with every change; 0 as shipped. */
  matchingVersion: z.number(),
  rules: z.array(
    z.object({
      name: z.string(),
      level: z.enum(['hard', 'soft']),
      weight: z.number().nullable(),
      usual: z.number().nullable(),
      on: z.boolean(),
      fixed: z.boolean(),
    }),
  ),
  dailyCapMinutes: z.number(),
  weeklyCapMinutes: z.number(),
  restMinutes: z.number(),
  reachMetres: z.number(),
  bounds: z.record(z.string(), z.object({ min: z.number(), max: z.number() })),
  versions: z.array(
    z.object({
      version: z.number(),
      setAt: z.string(),
      setBy: z.string(),
      weights: z.record(z.string(), z.number()),
      off: z.array(z.string()),
      dailyCapMinutes: z.number(),
      weeklyCapMinutes: z.number(),
      restMinutes: z.number(),
      reachMetres: z.number(),
    }),
  ),
});
type WeightsView = z.infer<typeof weightsView>;

/** How the organisation weighs: the whole list of constraints in words, its numbers, and who changed them when. */
export function weightsRoutes({ weights, i18n }: { weights: WeightsService; i18n: I18n }): Route[] {
  const shown = async (tenant: Tenant): Promise<WeightsView> => ({
    version: tenant.version,
    matchingVersion: tenant.matching.version,
    rules: ruleSettings(tenant.matching),
    dailyCapMinutes: tenant.settings.dailyCapMinutes,
    weeklyCapMinutes: tenant.matching.weeklyCapMinutes,
    restMinutes: tenant.matching.restMinutes,
    reachMetres: tenant.matching.reachMetres,
    bounds: { ...BOUNDS },
    versions: (await weights.versions()).map((row) => ({
      version: row.version,
      setAt: row.setAt.toISOString(),
      setBy: row.setByName,
      weights: row.weights,
      off: row.off,
      dailyCapMinutes: row.dailyCapMinutes,
      weeklyCapMinutes: row.weeklyCapMinutes,
      restMinutes: row.restMinutes,
      reachMetres: row.reachMetres,
    })),
  });
  return [
    route({
      name: 'matching/weights',
      method: 'get',
      path: '/matching/weights',
      access: 'matching:weigh',
      whole: true,
      tenant: 'member',
      summary: 'Every constraint of matching, what it weighs, and the versions before.',
      input: {},
      output: weightsView,
      run: async () => shown(await weights.current()),
      page: (set, { locale }) => weightsPage(i18n, locale, set),
    }),
    route({
      name: 'matching/set-weights',
      method: 'patch',
      path: '/matching/weights',
      access: 'matching:weigh',
      whole: true,
      tenant: 'member',
      summary: 'Changes weights, switches and caps; what is left out stays. Kept as a new version.',
      versioned: true,
      input: { body: weightsBody },
      output: weightsView,
      async run({ account, body, version, door }) {
        const { matching, settings } = await weights.current();
        const { weights: points, off, ...caps } = body;
        const given = Object.fromEntries(
          Object.entries(points ?? {}).filter(([, value]) => value !== undefined),
        ) as Record<string, number>;
        const after = await weights.set(
          account,
          {
            weights: { ...matching.weights, ...given },
            // A browser leaves a list with nothing ticked out.
            off: off ?? (door === 'page' ? [] : matching.off),
            dailyCapMinutes: caps.dailyCapMinutes ?? settings.dailyCapMinutes,
            weeklyCapMinutes: caps.weeklyCapMinutes ?? matching.weeklyCapMinutes,
            restMinutes: caps.restMinutes ?? matching.restMinutes,
            reachMetres: caps.reachMetres ?? matching.reachMetres,
          },
          version,
        );
        return shown(after);
      },
      page: () => seeOther('/matching/weights', { kind: 'success', key: 'matching.weights.saved' }),
      invalid: async ({ issues, values, error }, { locale }) =>
        weightsPage(i18n, locale, await shown(await weights.current()), {
          values,
          issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
        }),
    }),
  ];
}

function weightsPage(
  i18n: I18n,
  locale: Locale,
  set: WeightsView,
  again?: { values: Readonly<Record<string, unknown>>; issues: readonly FieldIssue[] },
): PageResult {
  const t = i18n.in(locale);
  const stored = {
    ...set,
    off: set.rules.filter(({ on }) => !on).map(({ name }) => name),
    ...Object.fromEntries(set.rules.map(({ name, weight }) => [`weights.${name}`, weight])),
  };
  const form = createForm({
    i18n,
    locale,
    messages: 'matching.weights',
    values: { ...stored, ...again?.values },
    issues: again?.issues ?? [],
  });
  const number = (name: keyof typeof BOUNDS & keyof WeightsView, unit: string, more: FieldInput = {}) =>
    form.input(name, 'number', { ...BOUNDS[name], required: true, width: 'short', unit, ...more });
  const minutes = (name: 'dailyCapMinutes' | 'weeklyCapMinutes' | 'restMinutes') =>
    number(name, t('matching.weights.minutes'), { savedMinutes: set[name] });
  const soft = set.rules.filter(({ level }) => level === 'soft');
  return view('matching/weights', {
    version: set.version,
    matchingVersion: set.matchingVersion,
    total: soft.reduce((sum, { weight, on }) => sum + (on ? (weight ?? 0) : 0), 0),
    soft: soft.map(({ name, usual }) =>
      form.input(`weights.${name}`, 'number', {
        ...BOUNDS.weight,
        required: true,
        width: 'short',
        label: t(`matching.rule.${name}`),
        hint: `${t(`matching.explain.${name}`)} ${t('matching.weights.usual', { points: usual ?? 0 })}`,
      }),
    ),
    hard: set.rules
      .filter(({ level }) => level === 'hard')
      .map(({ name, on, fixed }) => ({
        label: t(`matching.rule.${name}`),
        text: t(`matching.explain.${name}`),
        fixed,
        on,
      })),
    fields: {
      off: form.checkboxes(
        'off',
        SWITCHABLE.map((value) => ({ value, label: t(`matching.rule.${value}`) })),
      ),
      dailyCapMinutes: minutes('dailyCapMinutes'),
      weeklyCapMinutes: minutes('weeklyCapMinutes'),
      restMinutes: minutes('restMinutes'),
      reachMetres: number('reachMetres', t('matching.weights.metres')),
    },
    errors: form.errors,
    versions: set.versions.map((one) => ({
      title: t('matching.weights.version', { version: one.version }),
      at: one.setAt,
      by: one.setBy || null,
      text: t('matching.weights.was', {
        weights: Object.entries(one.weights)
          .map(([name, points]) => `${t(`matching.rule.${name}`)} ${points}`)
          .join(' · '),
        off: one.off.map((name) => t(`matching.rule.${name}`)).join(' · ') || '–',
        day: one.dailyCapMinutes / MINUTES_OF_HOUR,
        week: one.weeklyCapMinutes / MINUTES_OF_HOUR,
        rest: one.restMinutes / MINUTES_OF_HOUR,
        reach: one.reachMetres / 1_000,
      }),
      icon: null,
    })),
  });
}
