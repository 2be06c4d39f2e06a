import type { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { minutesBetween } from '../../core/time.ts';
import { createForm, formatDateTime, formatDistance, formatMonth } from '../../i18n/index.ts';
import type { LocalText } from '../../db/fields.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { natureChoices } from '../shifts/index.ts';
import { findServiceArea, SERVICE_AREAS } from '../skills/index.ts';
import type { Unit } from '../units/index.ts';
import type { HoursRow, ListedHours } from './hours.model.ts';
import { abilitiesFor } from './hours.policy.ts';
import type {
  HoursStory,
  HoursView,
  ledgerPage,
  memberHours,
  ownHours,
  StoryStepView,
} from './hours.schema.ts';
import type { ToldStep } from './hours.story.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { pagerOf } from '../../http/paging.ts';

type Paging = Readonly<Record<string, unknown>>;

interface Words {
  readonly i18n: I18n;
  readonly locale: Locale;
}

/** What somebody has given, at one glance, then every record with how it is evidenced. */
const givenModel = (
  given: Pick<z.output<typeof ownHours>, 'data' | 'months'>,
  { i18n, locale }: Words,
): object => ({
  ...given,
  data: given.data.map((record) => ({
    ...record,
    gradeText: i18n.t(locale, `hours.grade.${record.grade}`),
    // Why, at one glance; a later confirmation makes it history.
    told: ['rejected', 'appealed'].includes(record.state) ? record.rejectionReason : null,
  })),
  bars: given.months.map(({ month, minutes }) => ({
    label: formatMonth(month, locale),
    value: Math.round(minutes / 6) / 10,
  })),
  count: given.data.length,
});

/** Model of `hours/of-member`. */
export const memberModel = (
  given: z.output<typeof memberHours>,
  words: Words,
  { membershipId, query }: { readonly membershipId: string; readonly query: Paging },
): object => ({
  ...givenModel(given, words),
  membershipId,
  ...pagerOf(`/memberships/${membershipId}/hours`, query, given.nextCursor),
});

/** Model of `hours/list`. */
export const listModel = (own: z.output<typeof ownHours>, words: Words, query: Paging): object => ({
  ...givenModel(own, words),
  yearly: own.yearly && {
    ...own.yearly,
    // A bar is full at most, and empty at least.
    shownMinutes: within(own.yearly.minutes, own.yearly.neededMinutes),
  },
  ...pagerOf('/hours', query, own.nextCursor),
});

const within = (value: number, most: number): number => Math.max(0, Math.min(value, most));

/** Model of `hours/queue`: one card a shift, so that a shift is confirmed as one piece of work. */
export const queueModel = (data: readonly HoursView[], nextCursor: string | null, query: Paging): object => ({
  groups: [...Map.groupBy(data, (record) => record.shiftId ?? record.id).values()].map((records) => ({
    name: records[0]?.activity.name ?? '',
    startsAt: records[0]?.activity.startsAt ?? null,
    endsAt: records[0]?.activity.endsAt ?? null,
    records,
  })),
  ...pagerOf('/hours/queue', query, nextCursor),
  count: data.length,
});

/** Model of `hours/show`. */
export function showModel(
  { story, ...record }: HoursStory,
  row: HoursRow,
  { account, locale, i18n, zone }: { account: AccountActor; locale: Locale; i18n: I18n; zone: string },
): object {
  const own = String(row.personId) === account.personId;
  return {
    ...record,
    own,
    rejectionReason: ['rejected', 'appealed'].includes(row.state) ? record.rejectionReason : null,
    // What the person says against it, for whoever answers.
    appeal: row.state === 'appealed' ? (row.history.at(-1)?.reason ?? null) : null,
    crumbs: crumbsFor(account, own).map(({ href, key }) => ({ href, label: i18n.t(locale, key) })),
    can: abilitiesFor(account, row),
    noteTexts: record.notes.map((note) => i18n.t(locale, `hours.note.${note}`)),
    areaText: findServiceArea(record.category)?.[locale] ?? '',
    originText: row.origin
      ? i18n.t(locale, 'hours.show.origin', { organisation: row.origin.recordedBy[locale] })
      : null,
    gradeText: i18n.t(locale, `hours.grade.${record.grade}`),
    anomalyTexts: anomalyTexts(record, i18n, locale),
    story: story.map((step) => storyItem(step, { i18n, locale, zone })),
  };
}

/**
 * The unit that recorded it, in the reader's language: the record keeps the name that the unit had, in the language of whoever
 * wrote it, which is what is certified; only while the unit still has that name is it the same in another language.
 */
export const unitTextOf = (recorded: string, unit: LocalText | undefined, locale: Locale): string =>
  unit && Object.values(unit).includes(recorded) ? unit[locale] : recorded;

/** One step of the story as the timeline shows it. */
function storyItem(step: StoryStepView, { i18n, locale, zone }: Words & { readonly zone: string }): object {
  const t = i18n.in(locale);
  const { what, way, by, organisation } = step;
  const said = [
    way && t(`hours.story.way.${way}`),
    step.counted && t('hours.story.counted', { at: formatDateTime(step.counted, { locale, zone }) }),
    step.distanceMetres !== null &&
      t('hours.story.distance', { distance: formatDistance(step.distanceMetres, locale) }),
    step.reason && t('hours.story.reason', { reason: step.reason }),
  ].filter((part): part is string => typeof part === 'string' && part !== '');
  const part = t(`hours.story.by.${by.part}`);
  return {
    title: organisation
      ? t('hours.story.with', { what: t(`hours.story.what.${what}`), organisation: organisation[locale] })
      : t(`hours.story.what.${what}`),
    at: step.at,
    by: by.name === null ? part : t('hours.story.named', { name: by.name, part }),
    text: said.join(t('hours.story.between')),
    icon: STORY_ICONS[what] ?? null,
  };
}

const STORY_ICONS: Readonly<Partial<Record<StoryStepView['what'], string>>> = {
  'checked-in': 'login',
  'checked-out': 'logout',
  held: 'eye',
  confirmed: 'check',
  released: 'check',
  rejected: 'x',
  reversed: 'arrow-back-up',
};

export const toStepView = (step: ToldStep): StoryStepView => ({
  ...step,
  at: step.at.toISOString(),
  counted: step.counted?.toISOString() ?? null,
});

/** The way back: one's own list, the queue for who has one, nothing for who only looks on. */
const crumbsFor = (
  account: AccountActor,
  own: boolean,
): { href: string; key: 'nav.hours' | 'hours.queue.title' | 'hours.held.title' }[] =>
  own
    ? [{ href: '/hours', key: 'nav.hours' }]
    : can(account, 'hours:confirm')
      ? [{ href: '/hours/queue', key: 'hours.queue.title' }]
      : can(account, 'hours:inspect')
        ? [{ href: '/hours/held', key: 'hours.held.title' }]
        : [];

const areaChoices = (i18n: I18n, locale: Locale): { value: string; label: string }[] => [
  { value: '', label: i18n.t(locale, 'hours.log.category.none') },
  ...SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] })),
];

/** Model of `hours/new`. */
export function logModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly units: readonly Unit[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly FieldIssue[];
}): object {
  const { i18n, locale, units, values, issues } = parts;
  const form = createForm({ i18n, locale, messages: 'hours.log', values, issues });
  const choices = units.map((unit) => ({
    value: unit.id,
    label: `${'　'.repeat(unit.depth)}${unit.name[locale]}`,
  }));
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 80 }),
    date: form.input('date', 'date', { required: true, width: 'short' }),
    startTime: form.input('startTime', 'time', { required: true, width: 'short' }),
    endTime: form.input('endTime', 'time', { required: true, width: 'short' }),
    witness: form.input('witness', 'text', { required: true, maxLength: 60 }),
    category: form.select('category', areaChoices(i18n, locale)),
    place: form.input('place', 'text', { maxLength: 120 }),
    unitId: choices.length > 1 ? form.select('unitId', choices, { required: true }) : form.hidden('unitId'),
    content: form.textarea('content', { maxLength: 500, rows: 3 }),
    nature: form.radios('nature', natureChoices(i18n, locale), { required: true }),
  };
  return { fields, errors: form.errors };
}

export const toHoursView = (row: ListedHours): HoursView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  unitId: String(row.unitId),
  shiftId: row.shiftId ? String(row.shiftId) : null,
  activity: {
    name: row.activity.name,
    content: row.activity.content,
    place: row.activity.place,
    startsAt: row.activity.startsAt.toISOString(),
    endsAt: row.activity.endsAt.toISOString(),
    unitName: row.activity.unitName,
    leaderName: row.activity.leaderName,
  },
  category: row.category ?? '',
  recordedBy: row.origin?.recordedBy ?? null,
  attendedFrom: row.attendedFrom?.toISOString() ?? null,
  attendedTo: row.attendedTo?.toISOString() ?? null,
  plannedMinutes: minutesBetween(row.activity.startsAt, row.activity.endsAt),
  recordedMinutes: row.recordedMinutes,
  policyVersion: row.policyVersion,
  notes: row.notes,
  grade: row.grade,
  witness: row.witness,
  dueOn: row.dueOn,
  late: row.late,
  appealDueOn: row.state === 'appealed' ? row.appealDueOn : null,
  entryReason: row.entryReason,
  anomalies: row.anomalies.map(({ code, facts }) => ({ code, facts })),
  rejectionReason: row.rejectionReason,
  postedAt: row.postedAt?.toISOString() ?? null,
});

export const toEntryView = (row: LedgerEntryRow): z.input<typeof ledgerPage>['data'][number] => ({
  id: String(row._id),
  account: row.account,
  seq: row.seq,
  minutes: row.minutes,
  cause: row.cause,
  hoursId: String(row.hoursId),
  serviceDate: row.serviceDate,
  postedAt: row.postedAt.toISOString(),
  reversalOf: row.reversalOf,
  hash: row.hash,
});

/** What each finding says in words, with what was counted. */
const anomalyTexts = (record: Pick<HoursView, 'anomalies'>, i18n: I18n, locale: Locale): readonly string[] =>
  record.anomalies.map(({ code, facts }) => i18n.t(locale, `hours.anomaly.${code}`, facts));

/** Model of `hours/held`: the desk of what is worth a second look, each with its reasons. */
export const heldModel = (
  data: readonly HoursView[],
  parts: {
    readonly i18n: I18n;
    readonly locale: Locale;
    readonly nextCursor: string | null;
    readonly query: Paging;
  },
): object => ({
  data: data.map((record) => ({
    ...record,
    anomalyTexts: anomalyTexts(record, parts.i18n, parts.locale),
  })),
  ...pagerOf('/hours/held', parts.query, parts.nextCursor),
  count: data.length,
});

/** Model of `hours/back-entry`. */
export function backEntryModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly membershipId: string;
  readonly name: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}): object {
  const { i18n, locale, membershipId, values = {}, issues = [] } = parts;
  const form = createForm({ i18n, locale, messages: 'hours.backEntry', values, issues });
  const fields = {
    name: form.input('name', 'text', { required: true, maxLength: 80 }),
    date: form.input('date', 'date', { required: true, width: 'short' }),
    startTime: form.input('startTime', 'time', { required: true, width: 'short' }),
    endTime: form.input('endTime', 'time', { required: true, width: 'short' }),
    place: form.input('place', 'text', { maxLength: 120 }),
    category: form.select('category', areaChoices(i18n, locale)),
    content: form.textarea('content', { maxLength: 500, rows: 3 }),
    nature: form.radios('nature', natureChoices(i18n, locale), { required: true }),
    reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
  };
  return {
    fields,
    errors: form.errors,
    id: membershipId,
    personName: parts.name,
    action: `/memberships/${membershipId}/back-entries`,
  };
}
