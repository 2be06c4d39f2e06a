import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { addDays, localDate, localMinutes } from '../../core/time.ts';
import { formatDistance } from '../../i18n/format.ts';
import { createForm, formatDate, formatMinutes } from '../../i18n/index.ts';
import type { Field, OptionInput, Reader } from '../../i18n/index.ts';
import { CATEGORIES, DIMENSIONS, MODES } from '../credits/index.ts';
import type { CourseRow } from './course.model.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import type { SessionRow } from './session.model.ts';
import { SESSION_ADMISSIONS, TRACKS } from './training.catalogue.ts';
import type { CourseView, EnrolmentView, SessionView } from './training.schema.ts';

type Values = Readonly<Record<string, unknown>>;
/** Rows of the table of materials in the form; more can be sent by the API. */
const MATERIAL_ROWS = 3;

/** `planning`: the reader plans, and may know who is to teach it. */
export const toCourse = (
  row: CourseRow,
  titles: ReadonlyMap<string, string>,
  planning: boolean,
): CourseView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  title: row.title,
  content: row.content,
  dimension: row.dimension,
  tracks: row.tracks,
  category: row.category,
  mode: row.mode,
  minutes: row.minutes,
  passMark: row.passMark,
  validMonths: row.validMonths,
  materials: row.materials.map(({ title, url }) => ({ title, url })),
  prerequisites: row.prerequisites.map((id) => ({ id: String(id), title: titles.get(String(id)) ?? '' })),
  instructors: planning
    ? row.instructors.map(({ personId, name }) => ({ personId: String(personId), name }))
    : [],
});

/** `inside`: the reader has a place, teaches it or plans it, and may know where it is held online. */
export const toSession = (row: SessionRow, inside = false): SessionView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  courseId: String(row.courseId),
  unitId: String(row.unitId),
  title: row.title,
  dimension: row.dimension,
  tracks: row.tracks,
  category: row.category,
  mode: row.mode,
  minutes: row.minutes,
  passMark: row.passMark,
  host: row.host,
  place: { label: row.place.label, address: row.place.address },
  onlineUrl: inside && row.onlineUrl !== '' ? row.onlineUrl : null,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  enrolUntil: row.enrolUntil.toISOString(),
  capacity: row.capacity,
  taken: row.taken,
  admission: row.admission,
  instructors: row.instructors.map(({ name }) => name),
  seriesId: row.seriesId ? String(row.seriesId) : null,
  cancelReason: row.state === 'cancelled' ? (row.history.at(-1)?.reason ?? null) : null,
});

export const toEnrolment = (
  row: EnrolmentRow,
  more: { placeInLine?: number | undefined; answerBy?: Date | undefined } = {},
): EnrolmentView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  sessionId: String(row.sessionId),
  courseId: String(row.courseId),
  personName: row.personName,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  placeInLine: more.placeInLine ?? null,
  answerBy: more.answerBy?.toISOString() ?? null,
  attendedAt: row.attendance?.at.toISOString() ?? null,
  score: row.score,
  passedOn: row.passedOn,
  validTo: row.validTo,
  creditId: row.creditId ? String(row.creditId) : null,
  rating: row.feedback?.rating ?? null,
  reason: row.history.at(-1)?.reason ?? null,
  why: (row.why ?? []).map(({ code, params }) => ({ code, params: { ...params } })),
});

/** Words of a course or session that lists and pages share. */
export function termsOf(
  { i18n, locale }: Reader,
  one: Pick<SessionView, 'dimension' | 'tracks' | 'category' | 'mode' | 'passMark'>,
): { dimension: string; tracks: string; category: string | null; mode: string | null; assessment: string } {
  const t = i18n.in(locale);
  return {
    dimension: t(`credits.dimension.${one.dimension}`),
    tracks: one.tracks.map((track) => t(`training.track.${track}`)).join(t('credits.listSeparator')),
    category: one.category === '' ? null : t(`credits.category.${one.category}`),
    mode: one.mode === '' ? null : t(`credits.mode.${one.mode}`),
    assessment:
      one.passMark === null ? t('training.attendanceOnly') : t('training.passMark', { mark: one.passMark }),
  };
}

/** The fields of a course; `values` is what was typed or what is stored. */
export function courseFields(
  reader: Reader,
  choices: { readonly others: readonly CourseRow[]; readonly instructors: readonly OptionInput[] },
  values: Values,
  issues: readonly FieldIssue[],
): { fields: Record<string, Field>; materials: object[]; errors: readonly object[] } {
  const form = createForm({ ...reader, messages: 'training.form', values, issues });
  const t = reader.i18n.in(reader.locale);
  const options = (group: string, names: readonly string[]): OptionInput[] =>
    names.map((value) => ({ value, label: t(`credits.${group}.${value}`) }));
  const none = { value: '', label: t('credits.form.none') };
  const number = { inputMode: 'numeric', width: 'short' } as const;
  const fields = {
    title: form.input('title', 'text', { required: true, maxLength: 80 }),
    content: form.textarea('content', { rows: 5, maxLength: 4_000 }),
    dimension: form.radios('dimension', options('dimension', DIMENSIONS), { required: true }),
    tracks: form.checkboxes(
      'tracks',
      TRACKS.map((value) => ({ value, label: t(`training.track.${value}`) })),
      { required: true },
    ),
    minutes: form.input('minutes', 'number', {
      ...number,
      required: true,
      min: 15,
      unit: t('training.form.minutesUnit'),
    }),
    passMark: form.input('passMark', 'number', { ...number, min: 1, max: 100 }),
    validMonths: form.input('validMonths', 'number', { ...number, min: 1, max: 240 }),
    category: form.select('category', [none, ...options('category', CATEGORIES)]),
    mode: form.select('mode', [none, ...options('mode', MODES)]),
    ...(choices.instructors.length > 0
      ? { instructors: form.checkboxes('instructors', choices.instructors) }
      : {}),
    ...(choices.others.length > 0
      ? {
          prerequisites: form.checkboxes(
            'prerequisites',
            choices.others.map((course) => ({ value: String(course._id), label: course.title })),
          ),
        }
      : {}),
  };
  const materials = Array.from({ length: MATERIAL_ROWS }, (_unused, row) => ({
    title: form.input(`materials.${row}.title`, 'text', {
      label: t('training.form.materialTitle'),
      maxLength: 80,
    }),
    url: form.input(`materials.${row}.url`, 'url', { label: t('training.form.materialUrl'), maxLength: 300 }),
  }));
  return { fields, materials, errors: form.errors };
}

/** A course's stored values under the names of its form. */
export const courseValues = (course: CourseView): Values => ({
  ...course,
  prerequisites: course.prerequisites.map(({ id }) => id),
  instructors: course.instructors.map(({ personId }) => personId),
  ...Object.fromEntries(
    course.materials.flatMap(({ title, url }, row) => [
      [`materials.${row}.title`, title],
      [`materials.${row}.url`, url],
    ]),
  ),
});

export interface SessionChoices {
  readonly units: readonly OptionInput[];
  readonly instructors: readonly OptionInput[];
  readonly today: string;
  /** Only a new session can be repeated. */
  readonly isNew: boolean;
}

export function sessionFields(
  reader: Reader,
  choices: SessionChoices,
  values: Values,
  issues: readonly FieldIssue[],
): { fields: Record<string, Field>; errors: readonly object[] } {
  const form = createForm({ ...reader, messages: 'training.session', values, issues });
  const t = reader.i18n.in(reader.locale);
  const number = { inputMode: 'numeric', width: 'short' } as const;
  const fields = {
    date: form.input('date', 'date', { required: true, width: 'short', min: choices.today }),
    startTime: form.input('startTime', 'time', { required: true, width: 'short' }),
    endTime: form.input('endTime', 'time', { required: true, width: 'short' }),
    placeLabel: form.input('place.label', 'text', {
      label: t('common.word.place'),
      required: true,
      maxLength: 80,
    }),
    placeAddress: form.input('place.address', 'text', {
      label: t('assignments.show.address'),
      maxLength: 120,
    }),
    onlineUrl: form.input('onlineUrl', 'url', { maxLength: 300 }),
    capacity: form.input('capacity', 'number', { ...number, required: true, min: 1, max: 2_000 }),
    enrolUntil: form.input('enrolUntil', 'date', { width: 'short' }),
    admission: form.radios(
      'admission',
      SESSION_ADMISSIONS.map((value) => ({ value, label: t(`training.admission.${value}`) })),
      { required: true },
    ),
    host: form.input('host', 'text', { maxLength: 80 }),
    unitId: form.select('unitId', choices.units),
    ...(choices.instructors.length > 0
      ? { instructors: form.checkboxes('instructors', choices.instructors) }
      : {}),
    ...(choices.isNew
      ? {
          times: form.input('times', 'number', { ...number, min: 1, max: 26 }),
          everyWeeks: form.input('everyWeeks', 'number', { ...number, min: 1, max: 26 }),
        }
      : {}),
  };
  return { fields, errors: form.errors };
}

const clockOf = (at: Date, zone: string): string => {
  const minutes = localMinutes(at, zone);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
};

/** A session's stored values under the names of its form. */
export const sessionValues = (row: SessionRow, zone: string): Values => ({
  date: localDate(row.startsAt, zone),
  startTime: clockOf(row.startsAt, zone),
  endTime: clockOf(row.endsAt, zone),
  'place.label': row.place.label,
  'place.address': row.place.address,
  onlineUrl: row.onlineUrl,
  capacity: row.capacity,
  enrolUntil:
    row.enrolUntil.getTime() === row.startsAt.getTime() ? '' : addDays(localDate(row.enrolUntil, zone), -1),
  admission: row.admission,
  host: row.host,
  unitId: String(row.unitId),
  instructors: row.instructors.map(({ personId }) => String(personId)),
});

/** One line of the calendar. */
export function sessionRow(reader: Reader, one: SessionView, state: string | null): object {
  return {
    id: one.id,
    title: one.title,
    startsAt: one.startsAt,
    endsAt: one.endsAt,
    place: one.place.label,
    minutes: one.minutes,
    dimension: reader.i18n.t(reader.locale, `credits.dimension.${one.dimension}`),
    taken: one.taken,
    capacity: one.capacity,
    kind: state ? 'training' : 'session',
    // Announced is what one expects; where one stands oneself says more.
    state: state ?? (one.state === 'published' ? null : one.state),
  };
}

/** What the reader may do with a session and with their own place in it. */
export function sessionAbilities(
  actor: AccountActor,
  session: SessionRow,
  own: EnrolmentRow | null,
  parts: { now: Date; refusals: number; plans: boolean; teaches: boolean },
): Record<string, boolean> {
  const ahead = session.startsAt > parts.now;
  const runs =
    parts.plans || (parts.teaches && can(actor as Actor, 'training:teach-own', String(session.unitId)));
  return {
    signUp: !own && parts.refusals === 0,
    answer: own?.state === 'invited',
    leave: ahead && own !== null && ['applied', 'waitlisted', 'enrolled'].includes(own.state),
    come: own?.state === 'enrolled' && session.state === 'published',
    feedback: own !== null && ['attended', 'assessed', 'passed', 'failed', 'credited'].includes(own.state),
    run: runs && session.state !== 'draft',
    edit: parts.plans && ahead && ['draft', 'published'].includes(session.state),
    publish: parts.plans && ahead && session.state === 'draft',
    cancel: parts.plans && ['draft', 'published'].includes(session.state) && session.endsAt > parts.now,
  };
}

/** Why somebody was asked to come, in a sentence; `title` is what the session teaches. */
export function reasonText(
  { i18n, locale }: Reader,
  { code, params }: { readonly code: string; readonly params: Readonly<Record<string, string | number>> },
  title: string,
): string {
  const category = String(params['what'] ?? '');
  const key = `credits.category.${category}`;
  return i18n.t(locale, `training.why.${code}`, {
    title,
    time: formatMinutes(Number(params['minutes'] ?? 0), locale),
    date: params['dueOn'] ? formatDate(String(params['dueOn']), { locale, zone: 'UTC' }) : '',
    category: i18n.has(locale, key) ? i18n.t(locale, key) : category,
    count: Number(params['pieces'] ?? 0),
    way: formatDistance(Number(params['metres'] ?? 0), locale),
  });
}
