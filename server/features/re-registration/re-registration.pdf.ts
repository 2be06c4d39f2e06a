import type { I18n } from '../../i18n/index.ts';
import { formatDate, formatMinutesExactly } from '../../i18n/index.ts';
import type { Locale } from '../../core/locale.ts';
import {
  COLOUR,
  CONTENT_WIDTH,
  MARGIN,
  newDocument,
  PAGE,
  textHeight,
  write,
} from '../certificates/index.ts';
import type { TextStyle } from '../certificates/index.ts';
import type { PackageView } from './re-registration.schema.ts';

export interface PackageWords {
  readonly i18n: I18n;
  readonly locale: Locale;
  /** Names of the level, the programme and each activity, worded. */
  readonly level: string;
  readonly programme: string;
  readonly activity: (name: string) => string;
  readonly item: (item: PackageView['checklist'][number]) => string;
}

const BOTTOM = PAGE.height - 60;
const SMALL: TextStyle = { size: 9, colour: COLOUR.quiet };
const PLAIN: TextStyle = { size: 10 };

/**
 * The application as a PDF to hand in: who, which registration, what counts and why, and what is still missing. Text is drawn
 * with the fonts of the certificates; the same facts always give the same bytes.
 */
export async function renderPackage(facts: PackageView, words: PackageWords): Promise<Buffer> {
  const { i18n, locale } = words;
  const t = i18n.in(locale);
  const date = (day: string): string => formatDate(day, { locale, zone: 'UTC' });
  const doc = newDocument({
    lang: locale,
    title: t('re-registration.pdf.title'),
    author: facts.organisation,
    subject: t('re-registration.pdf.title'),
    keywords: '',
    createdAt: new Date(`${facts.preparedOn}T00:00:00Z`),
  });
  let y = 64;
  const line = (text: string, style: TextStyle, kind = 'P', indent = 0): void => {
    const width = CONTENT_WIDTH - indent;
    const height = textHeight(text, width, style);
    if (y + height > BOTTOM) {
      doc.addPage();
      y = 56;
    }
    doc.leaf(doc.root, kind, () => write(doc, text, MARGIN + indent, y, width, style));
    y += height + 4;
  };
  const heading = (text: string): void => {
    y += 10;
    line(text, { font: 'bold', size: 12 }, 'H2');
  };
  line(t('re-registration.pdf.title'), { font: 'serif', size: 20, colour: COLOUR.red }, 'H1');
  line(
    t('re-registration.pdf.prepared', { date: date(facts.preparedOn), organisation: facts.organisation }),
    SMALL,
  );
  heading(t('re-registration.pdf.person'));
  for (const text of [
    t('re-registration.pdf.name', { name: facts.name }),
    t('re-registration.pdf.level', { level: words.level }),
    t('re-registration.pdf.number', { number: facts.registration.number }),
    t('re-registration.pdf.valid', {
      from: date(facts.registration.validFrom),
      to: facts.registration.validTo === null ? '–' : date(facts.registration.validTo),
    }),
    t('re-registration.pdf.window', { from: date(facts.cycle.windowStart), to: date(facts.cycle.windowEnd) }),
  ])
    line(text, PLAIN);
  heading(words.programme);
  line(
    t('re-registration.pdf.total', {
      total: formatMinutesExactly(facts.totalMinutes, locale),
      of: formatMinutesExactly(facts.requiredMinutes, locale),
    }),
    { font: 'bold', size: 11 },
  );
  line(facts.source, SMALL);
  for (const entry of facts.entries) {
    y += 3;
    line(`${date(entry.date)}\u3000${entry.title}`, PLAIN);
    line(
      t('re-registration.pdf.entry', {
        activity: words.activity(entry.activity),
        host: entry.host || '–',
        raw: formatMinutesExactly(entry.minutes, locale),
        counted: formatMinutesExactly(entry.countedMinutes, locale),
      }),
      SMALL,
      'P',
      12,
    );
  }
  if (facts.entries.length === 0) line(t('re-registration.pdf.nothing'), PLAIN);
  heading(t('re-registration.checklist.title'));
  for (const item of facts.checklist) line(`${item.done ? '√' : '×'} ${words.item(item)}`, PLAIN);
  y += 24;
  line(t('re-registration.pdf.signature'), PLAIN);
  return doc.end();
}
