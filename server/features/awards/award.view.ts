import { createForm } from '../../i18n/index.ts';
import type { Field, Reader, Typed } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { ACCEPTED_FILES } from '../attachments/index.ts';
import type { AwardRow } from './award.model.ts';
import { AWARD_ORIGINS, checksFor, GOVERNMENT_LEVELS } from './award.rules.ts';
import type { AwardFacts } from './award.rules.ts';
import type { AwardView, ClaimBody } from './award.schema.ts';

export const toAwardView = (row: AwardRow): AwardView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  origin: row.origin,
  level: row.level,
  name: row.name,
  awardedOn: row.awardedOn,
  awardedBy: row.awardedBy,
  personName: row.personName,
  unitId: String(row.unitId),
  text: row.text,
  check: row.check,
  answer: row.answer,
  contest: row.contest,
  decidedAt: row.decidedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});

/** Facts as they were typed. */
export const toFacts = <T extends Pick<ClaimBody, 'level'>>(
  body: T,
): Omit<T, 'level'> & Pick<AwardFacts, 'level'> => ({ ...body, level: body.level || null });

/** Whose award it is, with the government's level where it has one. */
const originText = (
  { i18n, locale }: Reader,
  { origin, level }: Pick<AwardFacts, 'origin' | 'level'>,
): string =>
  level === null ? i18n.t(locale, `awards.origin.${origin}`) : i18n.t(locale, `awards.level.${level}`);

const lineOf = (reader: Reader, award: AwardView): object => ({
  ...award,
  title: award.name,
  originText: originText(reader, award),
});

/** Model of lists of awards: one's own, a member's, the desk's. */
export const listModel = (
  reader: Reader,
  data: readonly AwardView[],
  of: {
    readonly path: string;
    readonly query: Readonly<Record<string, unknown>>;
    readonly nextCursor: string | null;
  },
): object => ({
  data: data.map((award) => lineOf(reader, award)),
  ...pagerOf(of.path, of.query, of.nextCursor),
  count: data.length,
});

type Form = ReturnType<typeof createForm>;

/** Fields of the award itself. */
function factFields(form: Form, { i18n, locale }: Reader): Readonly<Record<string, Field>> {
  return {
    level: form.select(
      'level',
      [
        { value: '', label: i18n.t(locale, 'awards.form.level.none') },
        ...GOVERNMENT_LEVELS.map((value) => ({ value, label: i18n.t(locale, `awards.level.${value}`) })),
      ],
      {},
    ),
    name: form.input('name', 'text', { required: true, maxLength: 120 }),
    awardedOn: form.input('awardedOn', 'date', { required: true, width: 'short' }),
    awardedBy: form.input('awardedBy', 'text', { maxLength: 120 }),
  };
}

/** Model of `awards/new`: the person asks, or the desk records; `member` is in whose name, null for one's own. */
export function formModel(
  reader: Reader,
  of: {
    readonly action: string;
    readonly back: string;
    readonly member: string | null;
    /** Where one adds the pictures afterwards. */
    readonly typed: Typed;
  },
): object {
  const { i18n, locale } = reader;
  const form = createForm({ i18n, locale, messages: 'awards.form', ...of.typed });
  return {
    ...of,
    fields: {
      origin: form.radios(
        'origin',
        AWARD_ORIGINS.map((value) => ({
          value,
          label: i18n.t(locale, `awards.origin.${value}`),
          hint: i18n.t(
            locale,
            of.member ? `awards.originHint.desk.${value}` : `awards.originHint.own.${value}`,
          ),
        })),
        { required: true },
      ),
      ...factFields(form, reader),
      text: form.textarea('text', { maxLength: 500, rows: 3 }),
    },
    errors: form.errors,
  };
}

/** Model of `awards/show`. */
export function showModel(
  reader: Reader,
  of: {
    readonly row: AwardRow;
    readonly evidence: readonly object[];
    readonly own: boolean;
    readonly can: {
      readonly change: boolean;
      readonly contest: boolean;
      readonly decide: boolean;
      readonly correct: boolean;
    };
    /** Where whoever looks after it comes from; null for others. */
    readonly crumb: { readonly href: string; readonly label: string };
    readonly typed?: Typed;
  },
): object {
  const { i18n, locale } = reader;
  const { row, typed = { values: {}, issues: [] } } = of;
  const t = i18n.in(locale);
  const upload = createForm({ i18n, locale, messages: 'awards.evidence' });
  const decision = createForm({ i18n, locale, messages: 'awards.decision', ...typed });
  const correction = createForm({
    i18n,
    locale,
    messages: 'awards.form',
    idPrefix: 'c',
    values: { ...toAwardView(row), level: row.level ?? '', ...typed.values },
    issues: typed.issues,
  });
  return {
    ...lineOf(reader, toAwardView(row)),
    own: of.own,
    can: of.can,
    crumb: of.crumb,
    evidence: of.evidence,
    checkText: row.check ? t(`awards.check.${row.check}`) : '',
    fileField: upload.input('file', 'file', { accept: ACCEPTED_FILES }),
    checkField: decision.radios(
      'check',
      checksFor(row.origin).map((value) => ({ value, label: t(`awards.check.${value}`) })),
      { required: true },
    ),
    decisionErrors: of.can.decide ? decision.errors : [],
    fields: {
      ...factFields(correction, reader),
      reason: correction.textarea('reason', { required: true, maxLength: 300, rows: 2 }),
    },
    correctionErrors: of.can.correct ? correction.errors : [],
    timeline: row.history.map((entry) => ({
      title: t(`states.award.${entry.to}` as 'states.award.recorded'),
      at: entry.at,
      by: null,
      text: entry.reason === 'recorded-twice' ? t('awards.recordedTwice') : entry.reason,
      icon: null,
    })),
  };
}
