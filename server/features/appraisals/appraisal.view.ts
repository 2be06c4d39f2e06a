import { createForm } from '../../i18n/index.ts';
import type { Field, Reader, Typed } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import type { AppraisalRow } from './appraisal.model.ts';
import { COMPLETIONS, FEEDBACKS, QUALITIES } from './appraisal.rules.ts';
import type { ForAll, Said, SheetLine } from './appraisal.rules.ts';
import type { AppraisalView, SheetBody, SheetView } from './appraisal.schema.ts';

export const toAppraisalView = (row: AppraisalRow): AppraisalView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  unitId: String(row.unitId),
  shiftId: String(row.shiftId),
  assignmentId: String(row.assignmentId),
  title: row.title,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  quality: row.quality,
  completion: row.completion,
  note: row.note,
  feedback: row.feedback,
  feedbackText: row.feedbackText,
  appraisedOn: row.appraisedOn,
  dueOn: row.dueOn,
  late: row.late,
  contest: row.contest,
  answer: row.answer,
});

/** What was typed of all, and of each. */
export const toSheet = (body: SheetBody): { readonly all: ForAll; readonly lines: readonly SheetLine[] } => ({
  all: {
    quality: body.quality || null,
    completion: body.completion || null,
    feedback: body.feedback || null,
    feedbackText: body.feedbackText,
  },
  lines: body.rows.map((row) => ({
    ...row,
    quality: row.quality || null,
    completion: row.completion || null,
  })),
});

/** What was typed of one. */
export const toSaid = (
  body: Pick<SheetBody, 'completion' | 'feedback' | 'feedbackText'> & Pick<Said, 'quality' | 'note'>,
): Said => ({ ...body, completion: body.completion || null, feedback: body.feedback || null });

const wordsOf = ({ i18n, locale }: Reader, row: AppraisalView) => ({
  qualityText: row.quality ? i18n.t(locale, `appraisals.quality.${row.quality}`) : '',
  completionText: row.completion ? i18n.t(locale, `appraisals.completion.${row.completion}`) : '',
  feedbackSaid: row.feedback ? i18n.t(locale, `appraisals.feedback.${row.feedback}`) : '',
});

interface Listing {
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly nextCursor: string | null;
}

/** Model of lists of what was said: one's own, a member's, what is contested. */
export const listModel = (reader: Reader, data: readonly AppraisalView[], of: Listing): object => ({
  data: data.map((row) => ({ ...row, ...wordsOf(reader, row), heading: row.title })),
  ...pagerOf(of.path, of.query, of.nextCursor),
  count: data.length,
});

/** Model of the desk: people of one shift, who stand together in the list, are one line. */
export function deskModel(data: readonly AppraisalView[], today: string, of: Listing): object {
  const lines = new Map<string, { names: string[]; row: AppraisalView }>();
  for (const row of data) {
    const key = `${row.dueOn} ${row.shiftId}`;
    const line = lines.get(key) ?? { names: [], row };
    line.names.push(row.personName);
    lines.set(key, line);
  }
  return {
    data: [...lines.values()].map(({ names, row }) => ({
      heading: row.title,
      shiftId: row.shiftId,
      startsAt: row.startsAt,
      endsAt: row.endsAt,
      dueOn: row.dueOn,
      overdue: row.dueOn < today,
      people: names.length,
      names: names.slice(0, 6).join(' · '),
    })),
    ...pagerOf(of.path, of.query, of.nextCursor),
    count: lines.size,
  };
}

type Form = ReturnType<typeof createForm>;

/** Fields of what is said; the quality of all may be left to each. */
function saidFields(
  form: Form,
  { i18n, locale }: Reader,
  required: boolean,
): Readonly<Record<string, Field>> {
  const t = i18n.in(locale);
  const none = { value: '', label: t('appraisals.unsaid') };
  return {
    quality: form.radios(
      'quality',
      QUALITIES.map((value) => ({ value, label: t(`appraisals.quality.${value}`) })),
      { required },
    ),
    completion: form.select('completion', [
      none,
      ...COMPLETIONS.map((value) => ({ value, label: t(`appraisals.completion.${value}`) })),
    ]),
    feedback: form.select('feedback', [
      none,
      ...FEEDBACKS.map((value) => ({ value, label: t(`appraisals.feedback.${value}`) })),
    ]),
    feedbackText: form.textarea('feedbackText', { maxLength: 500, rows: 2 }),
  };
}

export interface SheetPlace {
  readonly shiftId: string;
  /** The reader also keeps the shift's list of people. */
  readonly runs: boolean;
}

/** Model of `appraisals/sheet`. */
export function sheetModel(
  reader: Reader,
  { shiftId, runs }: SheetPlace,
  { title, startsAt, endsAt, data, due: dueIds }: SheetView,
  typed: Typed = { values: {}, issues: [] },
): object {
  const { i18n, locale } = reader;
  const t = i18n.in(locale);
  const form = createForm({ i18n, locale, messages: 'appraisals.form', ...typed });
  const words = (name: string) => ({
    label: t(`appraisals.form.${name}.label` as 'appraisals.form.note.label'),
  });
  const asAll = { value: '', label: t('appraisals.asAll') };
  const isDue = ({ id }: AppraisalView): boolean => dueIds.includes(id);
  const due = data.filter(isDue);
  return {
    heading: title,
    startsAt,
    endsAt,
    shiftId,
    runs,
    dueOn: due[0]?.dueOn ?? null,
    fields: saidFields(form, reader, false),
    due: due.map((row, n) => ({
      id: row.id,
      name: `rows.${n}.id`,
      personName: row.personName,
      fields: {
        quality: form.select(
          `rows.${n}.quality`,
          [
            asAll,
            ...QUALITIES.map((value) => ({ value, label: t(`appraisals.quality.${value}`) })),
            { value: 'later', label: t('appraisals.later') },
          ],
          words('quality'),
        ),
        completion: form.select(
          `rows.${n}.completion`,
          [asAll, ...COMPLETIONS.map((value) => ({ value, label: t(`appraisals.completion.${value}`) }))],
          words('completion'),
        ),
        note: form.input(`rows.${n}.note`, 'text', { ...words('note'), maxLength: 300 }),
      },
    })),
    others: data.filter((row) => !isDue(row)).map((row) => ({ ...row, ...wordsOf(reader, row) })),
    errors: form.errors,
  };
}

/** Model of `appraisals/show`. */
export function showModel(
  reader: Reader,
  of: {
    readonly row: AppraisalRow;
    readonly own: boolean;
    readonly can: { readonly contest: boolean; readonly correct: boolean };
    readonly typed?: Typed;
  },
): object {
  const { i18n, locale } = reader;
  const { row, own, typed = { values: {}, issues: [] } } = of;
  const one = toAppraisalView(row);
  const t = i18n.in(locale);
  const form = createForm({
    i18n,
    locale,
    messages: 'appraisals.form',
    values: { ...one, completion: one.completion ?? '', feedback: one.feedback ?? '', ...typed.values },
    issues: typed.issues,
  });
  return {
    ...one,
    ...wordsOf(reader, one),
    heading: row.title,
    own,
    can: of.can,
    crumb: own
      ? { href: '/appraisals', label: t('appraisals.title') }
      : { href: `/memberships/${String(row.membershipId)}/appraisals`, label: row.personName },
    fields: {
      ...saidFields(form, reader, true),
      note: form.input('note', 'text', { maxLength: 300 }),
      reason: form.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
    },
    errors: of.can.correct ? form.errors : [],
    timeline: row.history.map((entry) => ({
      title: t(`states.appraisal.${entry.to}` as 'states.appraisal.made'),
      at: entry.at,
      by: null,
      text: entry.reason,
      icon: null,
    })),
  };
}
