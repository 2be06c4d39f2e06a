import type { FieldIssue } from '../../core/errors.ts';
import { localDate, localMinutes } from '../../core/time.ts';
import { createForm, formatMinutes, formatNumber } from '../../i18n/index.ts';
import type { I18n, Locale, OptionInput } from '../../i18n/index.ts';
import { reasonText } from '../training/index.ts';
import { reasonsOf } from './outcome.rules.ts';
import type { PlannedSessionRow, TrainingPlanRow } from './training-plan.model.ts';
import type { PlannedView, PlanView } from './training-plan.schema.ts';
import { WINDOW_NAMES } from './training-plan.types.ts';

export interface Words {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly zone: string;
}
/** Rows of rooms in the form; more can be sent by the API. */
const ROOM_ROWS = 4;

export const toPlan = (row: TrainingPlanRow, names: ReadonlyMap<string, string> = new Map()): PlanView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  unitId: String(row.unitId),
  settings: {
    ...row.settings,
    windows: [...row.settings.windows],
    onHolidays: row.settings.onHolidays ?? false,
    courseIds: [...row.settings.courseIds],
    instructorIds: [...row.settings.instructorIds],
    rooms: row.settings.rooms.map((room) => ({ ...room })),
  },
  progress: row.progress && { phase: row.progress.phase, share: row.progress.share },
  failure: row.failure,
  inputs: row.inputs,
  proof: row.proof,
  outcome: row.outcome,
  pins: row.edits.pins.length,
  excluded: row.edits.excluded.map((personId) => ({ personId, name: names.get(personId) ?? '' })),
  createdAt: row.createdAt.toISOString(),
});

export const toPlanned = (row: PlannedSessionRow): PlannedView => ({
  id: String(row._id),
  courseId: String(row.courseId),
  title: row.title,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  room: row.room,
  place: row.label,
  instructor: row.instructor?.name ?? null,
  seats: row.seats,
  costCents: row.costCents,
  minutes: row.minutes,
  pinned: row.pinned,
  reach: row.reach,
  worth: row.worth,
  state: row.state,
  refusal: row.refusal,
  sessionId: row.state === 'published' ? String(row.sessionId) : null,
  invitations: row.invitations.map((one) => ({
    personId: String(one.personId),
    personName: one.personName,
    minutes: one.minutes,
    reasons: reasonsOf(one).map(({ code, params }) => ({ code, params: { ...params } })),
    refusal: one.refusal,
    enrolmentId: one.enrolmentId ? String(one.enrolmentId) : null,
  })),
});

/** The form that asks for a plan. */
export function newModel(input: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly courses: readonly OptionInput[];
  readonly instructors: readonly OptionInput[];
  readonly pools: readonly OptionInput[];
  readonly units: readonly OptionInput[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly FieldIssue[];
}): object {
  const { i18n, locale, values, issues } = input;
  const t = i18n.in(locale);
  const form = createForm({ i18n, locale, messages: 'training-plans.form', values, issues });
  const number = { inputMode: 'numeric', width: 'short', required: true } as const;
  const none = { value: '', label: t('training-plans.form.nowhere') };
  return {
    fields: [
      form.input('from', 'date', { required: true, width: 'short' }),
      form.input('to', 'date', { required: true, width: 'short' }),
      form.input('budget', 'number', { ...number, min: 0, unit: t('training-plans.form.money') }),
      form.input('hourFee', 'number', { ...number, min: 0, unit: t('training-plans.form.money') }),
      form.input('mostEach', 'number', { ...number, min: 1, max: 6 }),
      form.checkboxes(
        'windows',
        WINDOW_NAMES.map((value) => ({ value, label: t(`training-plans.window.${value}`) })),
        { required: true },
      ),
      form.checkbox('onHolidays'),
      ...(input.courses.length > 0 ? [form.checkboxes('courseIds', input.courses)] : []),
      ...(input.instructors.length > 0 ? [form.checkboxes('instructorIds', input.instructors)] : []),
      ...(input.pools.length > 0
        ? [form.select('poolId', [{ value: '', label: t('training-plans.form.everybody') }, ...input.pools])]
        : []),
    ],
    rooms: Array.from({ length: ROOM_ROWS }, (_unused, row) => ({
      // What holds something, or has a fault, is open.
      open:
        row === 0 ||
        ['label', 'address', 'unitId', 'seats', 'cost'].some((name) => values[`rooms.${row}.${name}`]) ||
        issues.some(({ path }) => path.startsWith(`rooms.${row}.`)),
      title: t('training-plans.form.room', { n: row + 1 }),
      fields: [
        form.input(`rooms.${row}.label`, 'text', {
          label: t('training-plans.form.roomLabel'),
          maxLength: 80,
          required: row === 0,
        }),
        form.input(`rooms.${row}.address`, 'text', {
          label: t('assignments.show.address'),
          maxLength: 120,
        }),
        form.select(`rooms.${row}.unitId`, [none, ...input.units], {
          label: t('training-plans.form.roomUnit'),
        }),
        form.input(`rooms.${row}.seats`, 'number', {
          label: t('training.session.capacity.label'),
          inputMode: 'numeric',
          width: 'short',
          min: 1,
          required: row === 0,
        }),
        form.input(`rooms.${row}.cost`, 'number', {
          label: t('training-plans.form.roomCost'),
          inputMode: 'numeric',
          width: 'short',
          min: 0,
          unit: t('training-plans.form.money'),
        }),
      ],
    })),
    errors: form.errors,
  };
}

const money = (cents: number, { i18n, locale }: Pick<Words, 'i18n' | 'locale'>): string =>
  i18n.t(locale, 'training-plans.amount', { money: formatNumber(Math.round(cents / 100), locale) });
/** Weighted hours are no clock time: whole ones say enough. */
const weighted = (minutes: number, locale: Locale): string =>
  formatMinutes(Math.round(Math.max(0, minutes) / 60) * 60, locale);
const WORKING = ['queued', 'running', 'publishing'];

/** Model of one plan: before and after, its sessions, what may be done with it. */
export function showModel(
  { i18n, locale }: Words,
  plan: PlanView,
  rows: readonly PlannedSessionRow[],
  watched: boolean,
): object {
  const t = i18n.in(locale);
  const { outcome, proof } = plan;
  const time = (minutes: number): string => formatMinutes(minutes, locale);
  const share = proof ? (((proof.worth - proof.greedy) * 100) / Math.max(1, proof.greedy)).toFixed(1) : '';
  const measure = (key: string, before: string, after: string, closed: string) => ({
    label: t(`training-plans.measure.${key}`),
    before,
    after,
    closed,
  });
  return {
    ...plan,
    base: `/training-plans/${plan.id}`,
    watched,
    isWorking: WORKING.includes(plan.state),
    isMaking: ['queued', 'running'].includes(plan.state),
    isProposed: plan.state === 'proposed',
    maySolve: ['proposed', 'failed', 'cancelled'].includes(plan.state),
    percent: Math.round(100 * (plan.progress?.share ?? 0)),
    budget: money(plan.settings.budgetCents, { i18n, locale }),
    measures: outcome
      ? (['weighted', 'urgent', 'all'] as const).map((key) =>
          measure(
            key,
            time(outcome.before[key]),
            time(outcome.before[key] - outcome.closed[key]),
            time(outcome.closed[key]),
          ),
        )
      : [],
    totals: outcome && {
      people: t('training-plans.people', { count: outcome.closed.people, of: outcome.before.people }),
      sessions: outcome.sessions,
      invitations: outcome.invitations,
      cost: money(outcome.costCents, { i18n, locale }),
    },
    proofText:
      proof &&
      t(proof.optimal ? 'training-plans.proof.optimal' : 'training-plans.proof.within', {
        share: ((100 * (proof.bound - proof.worth)) / Math.max(1, proof.worth)).toFixed(1),
      }),
    greedyText:
      proof && proof.greedy > 0
        ? t(share === '0.0' ? 'training-plans.proof.noBetter' : 'training-plans.proof.greedy', { share })
        : null,
    sessions: rows.map((row) => ({
      ...toPlanned(row),
      href:
        row.state === 'published'
          ? `/sessions/${String(row.sessionId)}`
          : `/training-plans/${plan.id}/sessions/${String(row._id)}`,
      whyHref: `/training-plans/${plan.id}/sessions/${String(row._id)}`,
      invited: row.invitations.length,
      closes: t('training-plans.closes', { time: weighted(row.worth, locale) }),
      refusalText: row.refusal ? refusalText(i18n, locale, row.refusal) : null,
    })),
  };
}

function refusalText(i18n: I18n, locale: Locale, code: string): string {
  for (const key of [`training.refusal.${code}`, `errors.${code}`])
    if (i18n.has(locale, key)) return i18n.t(locale, key, { courses: '' });
  return i18n.t(locale, 'errors.plan-changed');
}

/** Model of one session of a plan: why there and then, and of everybody why they are asked. */
export function plannedModel(
  words: Words,
  plan: TrainingPlanRow,
  row: PlannedSessionRow,
  planned: PlannedView,
): object {
  const { i18n, locale, zone } = words;
  const t = i18n.in(locale);
  const minute = localMinutes(row.startsAt, zone);
  const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const form = createForm({
    i18n,
    locale,
    messages: 'training-plans.move',
    values: { date: localDate(row.startsAt, zone), startTime: clock, room: String(row.room) },
  });
  return {
    ...planned,
    planId: String(plan._id),
    base: `/training-plans/${String(plan._id)}`,
    action: `/training-plans/${String(plan._id)}/sessions/${planned.id}`,
    mayEdit: plan.state === 'proposed' && row.state === 'proposed',
    cost: money(row.costCents, { i18n, locale }),
    why: t('training-plans.why', {
      reach: row.reach,
      invited: row.invitations.length,
      time: weighted(row.worth, locale),
    }),
    moveFields: [
      form.input('date', 'date', { required: true, width: 'short' }),
      form.input('startTime', 'time', { required: true, width: 'short' }),
      form.select(
        'room',
        plan.settings.rooms.map(({ label }, value) => ({ value: String(value), label })),
        { required: true },
      ),
    ],
    people: planned.invitations.map((one) => ({
      ...one,
      reasons: one.reasons.map((reason) => reasonText({ i18n, locale }, reason, planned.title)),
      refusalText: one.refusal ? refusalText(i18n, locale, one.refusal) : null,
    })),
  };
}
