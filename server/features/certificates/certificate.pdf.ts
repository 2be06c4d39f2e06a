import type { I18n, MessageParams } from '../../i18n/index.ts';
import { formatDate } from '../../i18n/index.ts';
import {
  COLOUR,
  CONTENT_WIDTH,
  drawDivider,
  drawFrame,
  drawQr,
  drawRosette,
  fittingSize,
  MARGIN,
  newDocument,
  ornament,
  PAGE,
  textHeight,
  textWidth,
  undrawable,
  write,
} from './certificate.drawing.ts';
import type { Sheet, TextStyle } from './certificate.drawing.ts';
import { groupedCode } from './certificate.rules.ts';
import { drawRecords } from './certificate.table.ts';
import type { StatementDraft } from './certificate.types.ts';

/** Top of what stands at the foot of the first page: verification and issuer. */
const ISSUER_TOP = 660;
const FOOT_TOP = 776;

/**
 * The certificate as a PDF: A4, tagged, only embedded Noto glyphs, text drawn as text and nothing fetched (S-44). The same
 * draft always gives the same bytes. Language is the draft's; the words come from `certificate-pdf` of the locale files.
 */
export const renderCertificatePdf = async (draft: StatementDraft, options: { i18n: I18n }): Promise<Buffer> =>
  (await renderCertificates([draft], options)).pdf;

/**
 * Several certificates one after the other in one document, to be printed: the same pages as of each by itself, without the
 * signed statement that only a file of its own can carry. The document's language and title are those of the first.
 * @returns the file and how many pages it has
 * @throws RangeError when there is none
 */
export async function renderCertificates(
  drafts: readonly StatementDraft[],
  { i18n }: { i18n: I18n },
): Promise<{ readonly pdf: Buffer; readonly pages: number }> {
  const [first] = drafts;
  if (!first) throw new RangeError('Nothing to draw.');
  const doc = newDocument({ ...factsOf(first, wordsOf(first, i18n)), createdAt: new Date(first.issuedAt) });
  for (const draft of drafts) {
    if (draft !== first) doc.addPage();
    drawCertificate(newSheet(doc, draft, wordsOf(draft, i18n)));
    // Pages that are done need not wait in memory for the last.
    if (drafts.length > 1) doc.flushPages();
  }
  return { pdf: doc.end(), pages: doc.pages };
}

function drawCertificate(sheet: Sheet): void {
  decorate(sheet, true);
  drawHeading(sheet);
  const end = drawStatement(sheet);
  drawRecords(sheet, { top: end + 8, bottom: ISSUER_TOP - 8, onNewPage: () => decorate(sheet, false) });
  const { doc, firstPage } = sheet;
  doc.switchToPage(firstPage);
  drawVerification(sheet);
  drawIssuer(sheet);
  drawFeet(sheet);
}

type Words = Sheet['t'];

const wordsOf =
  (draft: StatementDraft, i18n: I18n): Words =>
  (key: string, params?: MessageParams): string =>
    i18n.t(draft.locale, `certificate-pdf.${key}`, params);

const factsOf = (draft: StatementDraft, t: Words) => ({
  lang: draft.locale,
  title: t('documentTitle', { number: draft.number }),
  author: draft.issuer.unit,
  subject: t('title'),
  keywords: t('keywords'),
});

function newSheet(doc: Sheet['doc'], draft: StatementDraft, t: Words): Sheet {
  const { root } = doc;
  const tag: Sheet['tag'] = (type, draw, alt) => doc.leaf(root, type, draw, alt === undefined ? {} : { alt });
  return { doc, draft, t, tag, root, firstPage: doc.pages - 1 };
}

function decorate({ doc, draft, t }: Sheet, first: boolean): void {
  ornament(doc, () => {
    if (first) drawRosette(doc, PAGE.width / 2, PAGE.height / 2 - 20, 215);
    drawFrame(doc);
  });
  if (!draft.demo) return;
  ornament(doc, () => {
    doc.rotate(-32, PAGE.width / 2, PAGE.height / 2);
    const style: TextStyle = { font: 'bold', size: 64, colour: COLOUR.warning, align: 'center', spacing: 6 };
    const size = fittingSize(t('demo.watermark'), 520, style, 20);
    write(doc, t('demo.watermark'), 0, PAGE.height / 2 - size * 0.72, PAGE.width, { ...style, size });
  });
}

function drawHeading({ doc, draft, t, tag }: Sheet): void {
  const zh = draft.locale === 'zh-CN';
  const line = (text: string, y: number, style: TextStyle): void =>
    write(doc, text, MARGIN, y, CONTENT_WIDTH, { align: 'center', ...style });
  tag('P', () => line(tenantName(draft), 56, { font: 'serif', size: 13, spacing: zh ? 2.5 : 0.6, lines: 1 }));
  tag('H1', () =>
    line(t('title'), zh ? 80 : 84, {
      font: 'serif',
      size: zh ? 33 : 27,
      colour: COLOUR.red,
      spacing: zh ? 7 : 0.4,
    }),
  );
  tag('P', () => line(t('subtitle'), 130, { size: 8.5, colour: COLOUR.quiet, spacing: zh ? 2.2 : 6 }));
  ornament(doc, () => drawDivider(doc, 153, 130));
  tag('P', () =>
    line(t('number', { number: draft.number }), 161, { size: 8.5, colour: COLOUR.quiet, lines: 1 }),
  );
}

/** Who served, when, for whom and how long; returns where it ends. */
function drawStatement(sheet: Sheet): number {
  const { doc, draft, t, tag } = sheet;
  const body: TextStyle = { size: 11.5, align: 'center', lines: 3 };
  const place = { locale: draft.locale, zone: draft.period.zone };
  tag('P', () => write(doc, t('certifies'), MARGIN, 183, CONTENT_WIDTH, { ...body, colour: COLOUR.quiet }));
  let y = drawName(sheet, 201);
  const facts = {
    from: formatDate(draft.period.from, place),
    to: formatDate(draft.period.to, place),
    tenant: tenantName(draft),
    count: draft.services,
  };
  const { scope } = draft;
  const lead = scope?.kind === 'activity' ? [t('activity', scope)] : [];
  for (const text of [...lead, t('served', facts), t('amounting', facts)]) {
    // A little smaller is better than one word alone on a second line.
    const style = { ...body, size: fittingSize(text, CONTENT_WIDTH, body, 9.5) };
    tag('P', () => write(doc, text, MARGIN, y, CONTENT_WIDTH, style));
    y += textHeight(text, CONTENT_WIDTH, style) + 2;
  }
  tag('P', () => drawHours(sheet, y - 2));
  return y + 47;
}

const tenantName = (draft: StatementDraft): string =>
  draft.tenant.name[draft.locale] || draft.tenant.name['zh-CN'];

function drawName({ doc, draft, t, tag }: Sheet, y: number): number {
  const { displayName, volunteerNumber } = draft.person;
  const style: TextStyle = { font: 'serif', size: 30, align: 'center', lines: 1 };
  const size = fittingSize(displayName, CONTENT_WIDTH - 40, style, 8);
  tag('P', () => write(doc, displayName, MARGIN, y + (30 - size) * 0.9, CONTENT_WIDTH, { ...style, size }));
  const ruleY = y + 46;
  const half = Math.min(Math.max(90, textWidth(displayName, { ...style, size }) / 2 + 24), CONTENT_WIDTH / 2);
  ornament(doc, () => {
    doc.lineWidth(0.7).strokeColour(COLOUR.gold);
    doc
      .moveTo(PAGE.width / 2 - half, ruleY)
      .lineTo(PAGE.width / 2 + half, ruleY)
      .stroke();
  });
  const notes: string[] = [];
  if (volunteerNumber) notes.push(t('volunteerNumber', { number: volunteerNumber }));
  const boxes = undrawable(displayName).map((c) => `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase()}`);
  if (boxes.length > 0) notes.push(t('missingGlyph', { codes: boxes.join(', ') }));
  const note = notes.join('　');
  if (note === '') return ruleY + 12;
  tag('P', () =>
    write(doc, note, MARGIN, ruleY + 5, CONTENT_WIDTH, {
      size: 8.5,
      colour: COLOUR.quiet,
      align: 'center',
      lines: 1,
    }),
  );
  return ruleY + 26;
}

/** Hours and minutes as large figures with small units, centred together on one line. */
function drawHours({ doc, draft, t }: Sheet, y: number): void {
  const [hours, minutes] = [Math.floor(draft.totalMinutes / 60), draft.totalMinutes % 60];
  const figure: TextStyle = { font: 'serif', size: 36, colour: COLOUR.red };
  const unit: TextStyle = { font: 'serif', size: 14, colour: COLOUR.red };
  const parts: [string, TextStyle][] = [];
  if (hours > 0) parts.push([String(hours), figure], [t('hoursUnit'), unit]);
  if (minutes > 0) parts.push([String(minutes), figure], [t('minutesUnit'), unit]);
  const gap = 7;
  const widths = parts.map(([text, style]) => textWidth(text, style));
  let x = (PAGE.width - widths.reduce((sum, width) => sum + width, 0) - gap * (parts.length - 1)) / 2;
  parts.forEach(([text, style], index) => {
    const width = widths[index] ?? 0;
    write(doc, text, x, style === figure ? y : y + 25, width + 2, style);
    x += width + gap;
  });
}

function drawVerification({ doc, draft, t, tag }: Sheet): void {
  const side = 104;
  tag(
    'Figure',
    () => drawQr(doc, draft.verifyUrl, MARGIN - 6, ISSUER_TOP + 4, side),
    t('verify.qrAlt', { url: draft.verifyUrl }),
  );
  const [x, width] = [MARGIN + side + 4, 176];
  const small: TextStyle = { size: 7.5, colour: COLOUR.quiet, lineGap: 1 };
  tag('P', () => write(doc, t('verify.title'), x, ISSUER_TOP + 8, width, { font: 'bold', size: 9 }));
  let y = ISSUER_TOP + 23;
  for (const text of [t('verify.scan'), draft.verifyUrl.replace(draft.verificationCode, '')]) {
    tag('P', () => write(doc, text, x, y, width, { ...small, lines: 4 }));
    y += textHeight(text, width, { ...small, lines: 4 }) + 2;
  }
  tag('P', () => write(doc, t('verify.code'), x, y, width, small));
  tag('P', () =>
    write(doc, groupedCode(draft.verificationCode), x, y + 11, width + 20, {
      font: 'bold',
      size: 8,
      spacing: 0.3,
      lines: 1,
    }),
  );
}

/** Issuer and date on the right, where a seal is put if the volunteer needs one. */
function drawIssuer({ doc, draft, t, tag }: Sheet): void {
  const [x, width] = [PAGE.width - MARGIN - 190, 190];
  const centre = { x: x + width - 46, y: ISSUER_TOP + 54 };
  ornament(doc, () => {
    doc.dash(2.5, 2.5).lineWidth(0.6).strokeColour(COLOUR.line);
    doc.circle(centre.x, centre.y, 42).stroke();
    const style: TextStyle = { size: 7.5, colour: COLOUR.line, align: 'center' };
    write(doc, t('seal'), centre.x - 40, centre.y + 15, 80, style);
    write(doc, t('sealNote'), centre.x - 40, centre.y + 25, 80, { ...style, size: 6 });
  });
  const issued = formatDate(draft.issuedAt, { locale: draft.locale, zone: draft.period.zone });
  const unit: TextStyle = { font: 'serif', size: 11.5, lines: 2, align: 'center' };
  tag('P', () => write(doc, t('closing'), x, ISSUER_TOP + 6, width, { size: 9.5, lines: 1 }));
  const unitHeight = textHeight(draft.issuer.unit, width, unit);
  const unitTop = ISSUER_TOP + 46 - unitHeight / 2;
  tag('P', () => write(doc, draft.issuer.unit, x, unitTop, width, unit));
  tag('P', () =>
    write(doc, issued, x, unitTop + unitHeight + 4, width, { font: 'serif', size: 10.5, align: 'center' }),
  );
  const people = [
    draft.issuer.handler && t('handler', { name: draft.issuer.handler }),
    draft.issuer.contact && t('contact', { contact: draft.issuer.contact }),
  ].filter((text) => text !== '');
  const small: TextStyle = { size: 7.5, colour: COLOUR.quiet, lines: 1 };
  const smallSize = fittingSize(people.join('　·　'), width, small, 5.5);
  tag('P', () => write(doc, people.join('　·　'), x, ISSUER_TOP + 100, width, { ...small, size: smallSize }));
}

/** On every page: how the file is signed, which ledger it comes from, number and page. */
function drawFeet({ doc, draft, t, firstPage }: Sheet): void {
  const count = doc.pages - firstPage;
  const style: TextStyle = { size: 6.8, colour: COLOUR.quiet, align: 'center', lines: 1 };
  for (let page = 0; page < count; page++) {
    doc.switchToPage(firstPage + page);
    const lines = [
      draft.demo ? t('demo.note') : t('foot.free'),
      t('verify.offline', { keyId: draft.keyId }),
      [
        draft.number,
        t('foot.ledger', { head: draft.ledger.head.slice(0, 16), sequence: draft.ledger.sequence }),
        t('foot.rule', { versions: draft.ruleVersions.join(', ') }),
        t('foot.page', { page: page + 1, pages: count }),
      ].join('　·　'),
    ];
    doc.artifact('Pagination', () =>
      lines.forEach((text, index) =>
        write(doc, text, MARGIN - 20, FOOT_TOP + index * 10, CONTENT_WIDTH + 40, style),
      ),
    );
  }
}
