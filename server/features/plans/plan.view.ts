import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { formatDateTime, formatDistance, formatNumber } from '../../i18n/format.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { wordFinding } from '../assignments/index.ts';
import { bandOf, markOf } from '../matching/index.ts';
import type { Unit } from '../units/index.ts';
import type { PlanPair, PlanPlace, PlanRow } from './plan.model.ts';
import type { Reckoned } from './plan.judge.ts';
import type { LineView, PairView, PlanView, ReckonedPart } from './plan.schema.ts';
import type { Outcome, PlanPart } from './plan.types.ts';

const toPlace = (place: PlanPlace | null) =>
  place && {
    positionId: place.positionId,
    title: place.title,
    startsAt: place.startsAt.toISOString(),
  };

/** A plan as programs and pages are told of it; names of units, and of members among those who moved, from the caller. */
export function toPlanView(
  row: PlanRow,
  names: ReadonlyMap<string, string> = new Map(),
  members: ReadonlyMap<string, { name: string; membershipId: string }> = new Map(),
): PlanView {
  const { inputs, proof, progress, comparison } = row;
  return {
    id: String(row._id),
    version: row.version,
    state: row.state,
    unitId: String(row.unitId),
    below: row.below,
    tenants: row.tenants,
    settings: row.settings,
    progress: progress && { phase: progress.phase, done: progress.done, total: progress.total },
    failure: row.failure,
    inputs: inputs && { ...inputs, at: inputs.at.toISOString() },
    weights: row.weights,
    proof: proof && { ...proof, fitting: proof.fitting ?? null },
    comparison: comparison && {
      ...comparison,
      units: comparison.units.map((unit) => ({ ...unit, name: names.get(unit.unitId) ?? '' })),
    },
    revision: row.revision,
    moved: row.moved,
    moves: (row.moves ?? []).map(({ personId, from, to }) => ({
      name: members.get(personId)?.name ?? null,
      membershipId: members.get(personId)?.membershipId ?? null,
      from: toPlace(from),
      to: toPlace(to),
    })),
    pins: row.pins.length,
    wishes: row.wishes.length,
    waves: row.waves.map(({ n, at, offered, refused, reason, endedAt }) => ({
      n,
      at: at.toISOString(),
      offered,
      refused,
      reason,
      endedAt: endedAt?.toISOString() ?? null,
    })),
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** Parts that rest on what an organisation saw somebody do. */
const PRIVATE_PARTS = new Set(['reliability', 'continuity', 'load', 'idle']);

export const toPart = (
  { rule, points, most, code, params }: PlanPart,
  nameless: boolean,
): PairView['parts'][number] => {
  const finding = code === null ? null : { code, params: { ...params } };
  // Of people from elsewhere a band of distance: plans made before the rules knew no more than that say it in metres.
  if (nameless && finding?.code === 'distance')
    return {
      rule,
      points,
      most,
      finding: { code: 'distance-within', params: { metres: bandOf(Number(finding.params['metres'] ?? 0)) } },
    };
  return { rule, points, most, finding };
};

/**
 * The parts of a score with what each is reckoned from. Of people from elsewhere nobody learns what another organisation
 * knows of them.
 */
export function toReckonedParts({ fit, inputs }: Reckoned, nameless: boolean): ReckonedPart[] {
  return fit.parts.map(({ of, from, ...one }) => {
    const { rule, points, most, finding } = one;
    const told = toPart(
      { rule, points, most, code: finding?.code ?? null, params: finding?.params ?? null },
      nameless,
    );
    const own = nameless && PRIVATE_PARTS.has(rule) ? [] : (inputs[rule] ?? []);
    return {
      ...told,
      share: { of, from },
      inputs: own.map(({ code, params }) => ({ code, params: { ...params } })),
    };
  });
}

/** A pair as whoever runs the plan may see it: people from elsewhere have no name until they accept. */
export function toPairView(
  pair: PlanPair,
  handle: string,
  member: { name: string; membershipId: string } | null,
): PairView {
  return {
    handle,
    name: member?.name ?? null,
    membershipId: member?.membershipId ?? null,
    score: pair.score,
    price: pair.price,
    certified: pair.certified,
    distanceMetres:
      pair.distanceMetres === null
        ? null
        : member
          ? Math.round(pair.distanceMetres)
          : bandOf(pair.distanceMetres),
    parts: pair.parts.map((part) => toPart(part, member === null)),
    pinned: pair.pinned,
    moved: pair.moved,
    state: pair.state,
    assignmentId: pair.assignmentId ? String(pair.assignmentId) : null,
    refusal: pair.refusal,
  };
}

export interface Words {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly zone: string;
}

/** A pair with its reasons in words, for templates. */
export function wordPair(pair: PairView, { i18n, locale, zone }: Words): object {
  return {
    ...pair,
    label: pair.name ?? i18n.t(locale, 'assignments.candidates.marked', { mark: markOf(pair.handle) }),
    href: pair.membershipId ? `/memberships/${pair.membershipId}` : null,
    reasons: pair.parts.flatMap((one) => (one.finding ? [wordFinding(i18n, locale, one.finding, zone)] : [])),
  };
}

/** A position with its people, for templates. */
export const wordLine = (line: LineView, planId: string, words: Words): object => ({
  ...line,
  href: `/plans/${planId}/positions/${line.positionId}`,
  open: Math.max(0, line.slots - line.pairs.length),
  pairs: line.pairs.map((pair) => wordPair(pair, words)),
});

const SHOWN_UNITS = 12;

/** Rows of the table that sets first come, first served beside the plan. */
function comparisonRows(view: PlanView, { i18n, locale }: Words): object[] {
  const { comparison } = view;
  if (!comparison) return [];
  const { before, after, slots, positions } = comparison;
  const share = (part: number, whole: number): string =>
    `${formatNumber(part, locale)} / ${formatNumber(whole, locale)}`;
  const row = (key: string, of: (outcome: Outcome) => string, better: boolean | null) => ({
    label: i18n.t(locale, `plans.measure.${key}`),
    before: of(before),
    after: of(after),
    better,
  });
  const metres = ({ meanMetres }: Outcome): string =>
    meanMetres === null ? '–' : formatDistance(meanMetres, locale);
  return [
    row('filled', ({ filled }) => share(filled, slots), after.filled > before.filled),
    row('served', ({ served }) => share(served, positions), after.served > before.served),
    row('full', ({ full }) => share(full, positions), after.full > before.full),
    row('people', ({ people }) => formatNumber(people, locale), null),
    row('metres', metres, (after.meanMetres ?? 0) < (before.meanMetres ?? 0)),
    row(
      'gini',
      ({ giniThousandths }) => (giniThousandths / 1_000).toFixed(2),
      after.giniThousandths < before.giniThousandths,
    ),
  ];
}

/** Model of `plans/show`. */
export function showModel(view: PlanView, words: Words, more: object): object {
  const { proof, comparison } = view;
  const base = `/plans/${view.id}`;
  return {
    ...view,
    ...more,
    base,
    isWorking: ['queued', 'running', 'sending', 'withdrawing'].includes(view.state),
    isMaking: ['queued', 'running'].includes(view.state),
    measures: comparisonRows(view, words),
    moveRows: view.moves.map((one) => moveRow(one, base, words)),
    worseUnits: comparison?.units.filter((unit) => unit.after < unit.before).slice(0, SHOWN_UNITS) ?? [],
    unitRows: comparison?.units.slice(0, SHOWN_UNITS) ?? [],
    moreUnits: Math.max(0, (comparison?.units.length ?? 0) - SHOWN_UNITS),
    isOptimal: proof?.status === 'optimal',
    gapShare: proof ? gapShareOf(proof.objective, proof.bound) : null,
    worth: proof ? formatNumber(BigInt(proof.objective), words.locale) : null,
    mostWorth: proof ? formatNumber(BigInt(proof.bound), words.locale) : null,
  };
}

/** Somebody who moved, with the place they come to and the one they were proposed for. */
function moveRow(
  { name, from, to }: PlanView['moves'][number],
  base: string,
  { i18n, locale, zone }: Words,
): object {
  const worded = (place: PlanView['moves'][number]['to']) =>
    place && {
      href: `${base}/positions/${place.positionId}`,
      text: i18n.t(locale, 'plans.moves.place', {
        title: place.title,
        when: formatDateTime(place.startsAt, { locale, zone }),
      }),
    };
  return {
    label: name ?? i18n.t(locale, 'assignments.candidates.nameless'),
    to: worded(to),
    from: worded(from),
  };
}

/** How far below the bound a plan is at most, in hundredths of a per cent. */
function gapShareOf(objective: string, bound: string): string {
  const [have, most] = [BigInt(objective), BigInt(bound)];
  if (most <= 0n) return '0.00';
  return (Number(((most - have) * 10_000n) / most) / 100).toFixed(2);
}

/** The form that sends a wave. */
export function waveForm(
  { i18n, locale }: Pick<Words, 'i18n' | 'locale'>,
  worse: boolean,
  failure?: { issues: readonly FieldIssue[]; values: Readonly<Record<string, unknown>> },
): object {
  const form = createForm({ i18n, locale, messages: 'plans.wave', ...failure });
  return {
    fields: [
      form.input('withinDays', 'number', { width: 'short', min: 1, max: 60 }),
      form.textarea('note', {}),
      ...(worse ? [form.textarea('reason', { required: true })] : []),
    ],
    errors: form.errors,
  };
}

/** Model of `plans/new`. */
export function newModel(input: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly units: readonly Unit[];
  readonly mayGoBelow: boolean;
  readonly today: string;
  readonly until: string;
  readonly issues?: readonly FieldIssue[];
  readonly values?: Readonly<Record<string, unknown>>;
}): object {
  const { i18n, locale, units } = input;
  const form = createForm({
    i18n,
    locale,
    messages: 'plans.form',
    ...(input.issues ? { issues: input.issues } : {}),
    values: {
      unitId: units[0]?.id ?? '',
      from: input.today,
      to: input.until,
      perWeek: 1,
      fill: 'required',
      certifiedFrom: 0,
      seconds: 20,
      ...input.values,
    },
  });
  const choice = (name: string, values: readonly string[]) =>
    values.map((value) => ({ value, label: i18n.t(locale, `plans.form.${name}.${value}`) }));
  return {
    fields: {
      unitId:
        units.length > 1
          ? form.select(
              'unitId',
              units.map((unit) => ({
                value: unit.id,
                label: `${'　'.repeat(unit.depth)}${unit.name[locale]}`,
              })),
              { required: true },
            )
          : form.hidden('unitId'),
      below: input.mayGoBelow ? form.checkbox('below') : null,
      from: form.input('from', 'date', { required: true, width: 'short' }),
      to: form.input('to', 'date', { required: true, width: 'short' }),
      perWeek: form.input('perWeek', 'number', { required: true, width: 'short', min: 1, max: 7 }),
      fill: form.radios('fill', choice('fill', ['required', 'maximum']), { required: true }),
      certifiedFrom: form.input('certifiedFrom', 'number', {
        required: true,
        width: 'short',
        min: 0,
        max: 50,
      }),
      seconds: form.input('seconds', 'number', { required: true, width: 'short', min: 1, max: 60 }),
    },
    errors: form.errors,
  };
}
