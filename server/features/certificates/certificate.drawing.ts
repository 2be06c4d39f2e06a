import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import QRCode from 'qrcode';
import type { MessageParams } from '../../i18n/index.ts';
import { printable } from './certificate.rules.ts';
import type { StatementDraft } from './certificate.types.ts';

/** The hand that draws certificates: fonts, text that fits, ornament, QR code. Lengths are points from the top left. */
export type Doc = InstanceType<typeof PDFDocument>;
export type FontName = 'sans' | 'bold' | 'serif';

export const PAGE = { width: 595.28, height: 841.89 } as const;
export const MARGIN = 54;
export const CONTENT_WIDTH = PAGE.width - 2 * MARGIN;
export const COLOUR = {
  red: '#9f2424',
  gold: '#b8924a',
  goldTint: '#efe4cd',
  ink: '#1b2129',
  quiet: '#5b6672',
  line: '#d9cdb6',
  band: '#faf6ee',
  pattern: '#f5eee0',
  warning: '#f0c9c6',
} as const;

const FONT_FILES: Record<FontName, string> = {
  sans: 'NotoSansSC-Regular.ttf',
  bold: 'NotoSansSC-Bold.ttf',
  serif: 'NotoSerifSC-SemiBold.ttf',
};
// 36 MB, read once: opening a font from a buffer takes milliseconds, reading it from disk for each certificate does not.
const fontBuffers = new Map<FontName, Buffer>();

function fontBuffer(name: FontName): Buffer {
  let found = fontBuffers.get(name);
  if (!found)
    fontBuffers.set(name, (found = readFileSync(join(import.meta.dirname, 'fonts', FONT_FILES[name]))));
  return found;
}

/** One certificate on its way to paper. */
export interface Sheet {
  readonly doc: Doc;
  readonly draft: StatementDraft;
  /** Words of the certificate's language, below `certificate-pdf`. */
  readonly t: (key: string, params?: MessageParams) => string;
  /** Adds a piece to the document's structure, in reading order; `alt` speaks for pictures. */
  readonly tag: (type: string, draw: () => void, alt?: string) => void;
  readonly root: PDFKit.PDFStructureElement;
}

export interface DocumentFacts {
  readonly lang: string;
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  readonly keywords: string;
  readonly createdAt: Date;
}

/**
 * An empty A4 document: tagged, with its language, and without anything that differs between two runs (the file id is
 * derived from these facts), so that the same statement always gives the same bytes.
 */
export function newDocument(facts: DocumentFacts): Doc {
  const doc = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: 0,
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    lang: facts.lang,
    displayTitle: true,
    info: {
      Title: facts.title,
      Author: facts.author,
      Subject: facts.subject,
      Keywords: facts.keywords,
      Creator: 'Linli',
      Producer: 'Linli',
      CreationDate: facts.createdAt,
      ModDate: facts.createdAt,
    },
  });
  for (const name of Object.keys(FONT_FILES) as FontName[]) doc.registerFont(name, fontBuffer(name));
  return doc;
}

export interface TextStyle {
  readonly font?: FontName;
  readonly size: number;
  readonly colour?: string;
  readonly align?: 'left' | 'center' | 'right';
  /** Extra space after each character. */
  readonly spacing?: number;
  readonly lineGap?: number;
  /** Longer text ends in an ellipsis. */
  readonly lines?: number;
}

/** Characters of `text` that none of our fonts can draw. They are printed as □. */
export function undrawable(doc: Doc, text: string): string[] {
  return [...printable(text)].filter((character) => !hasGlyph(doc, 'sans', character) && character !== '□');
}

function hasGlyph(doc: Doc, name: FontName, character: string): boolean {
  doc.font(name);
  const { font } = (doc as unknown as { _font: { font: { hasGlyphForCodePoint(code: number): boolean } } })
    ._font;
  return font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
}

/** Selects a font that has the whole text and returns the text with boxes for what no font has. */
function prepare(doc: Doc, raw: string, style: TextStyle): string {
  const wanted = style.font ?? 'sans';
  const text = [...printable(raw)]
    .map((c) => (hasGlyph(doc, 'sans', c) || hasGlyph(doc, wanted, c) ? c : '□'))
    .join('');
  const complete = [...text].every((character) => hasGlyph(doc, wanted, character));
  doc.font(complete ? wanted : wanted === 'bold' ? 'bold' : 'sans').fontSize(style.size);
  return text;
}

function textOptions(doc: Doc, width: number, style: TextStyle) {
  const lineGap = style.lineGap ?? 0;
  return {
    width,
    align: style.align ?? 'left',
    lineGap,
    characterSpacing: style.spacing ?? 0,
    ...(style.lines
      ? { height: style.lines * (doc.currentLineHeight(true) + lineGap) - lineGap + 0.01, ellipsis: true }
      : {}),
  } as const;
}

/** Height that `write` will use, in points. */
export function textHeight(doc: Doc, text: string, width: number, style: TextStyle): number {
  const prepared = prepare(doc, text, style);
  if (prepared === '') return 0;
  const lineHeight = doc.currentLineHeight(true) + (style.lineGap ?? 0);
  const full = doc.heightOfString(prepared, {
    width,
    lineGap: style.lineGap ?? 0,
    characterSpacing: style.spacing ?? 0,
  });
  return style.lines ? Math.min(full, style.lines * lineHeight) : full;
}

export function textWidth(doc: Doc, text: string, style: TextStyle): number {
  return doc.widthOfString(prepare(doc, text, style), { characterSpacing: style.spacing ?? 0 });
}

/** Writes text into a column; what can be drawn is decided by `printable` and our fonts, never by the caller. */
export function write(doc: Doc, text: string, x: number, y: number, width: number, style: TextStyle): void {
  const prepared = prepare(doc, text, style);
  if (prepared === '') return;
  doc.fillColor(style.colour ?? COLOUR.ink);
  // The space after the last character counts as width, so centred text would sit half a space too far left.
  const shift = style.align === 'center' ? (style.spacing ?? 0) / 2 : 0;
  doc.text(prepared, x + shift, y, textOptions(doc, width, style));
}

/** The largest size up to `size` at which the text fits on one line of the width, not below `smallest`. */
export function fittingSize(
  doc: Doc,
  text: string,
  width: number,
  style: TextStyle,
  smallest: number,
): number {
  const natural = textWidth(doc, text, style);
  return natural <= width ? style.size : Math.max(smallest, (style.size * width) / natural);
}

/** Draws what is only ornament: a screen reader passes over it. */
export function ornament(doc: Doc, draw: () => void): void {
  doc.markContent('Artifact', { type: 'Layout' });
  doc.save();
  draw();
  doc.restore();
  doc.endMarkedContent();
}

/** A double frame with a key fret 回纹 in each corner. */
export function drawFrame(doc: Doc): void {
  const [outer, inner] = [22, 29];
  doc.lineWidth(2).strokeColor(COLOUR.red);
  doc.rect(outer, outer, PAGE.width - 2 * outer, PAGE.height - 2 * outer).stroke();
  doc.lineWidth(0.6).strokeColor(COLOUR.gold);
  doc.rect(inner, inner, PAGE.width - 2 * inner, PAGE.height - 2 * inner).stroke();
  for (const [x, right] of [
    [inner + 5, 1],
    [PAGE.width - inner - 5, -1],
  ] as const) {
    for (const [y, down] of [
      [inner + 5, 1],
      [PAGE.height - inner - 5, -1],
    ] as const)
      drawFret(doc, x, y, right, down);
  }
}

const FRET = [
  [0, 9],
  [0, 0],
  [9, 0],
  [9, 7],
  [2, 7],
  [2, 2],
  [7, 2],
  [7, 5],
  [4, 5],
] as const;

function drawFret(doc: Doc, x: number, y: number, right: 1 | -1, down: 1 | -1): void {
  const unit = 2.6;
  FRET.forEach(([dx, dy], index) => {
    const [px, py] = [x + right * dx * unit, y + down * dy * unit];
    if (index === 0) doc.moveTo(px, py);
    else doc.lineTo(px, py);
  });
  doc.lineWidth(1.1).lineJoin('miter').strokeColor(COLOUR.gold).stroke();
}

/** Fine interlaced lines as on securities: hard to redraw, easy to recognise. */
export function drawRosette(doc: Doc, x: number, y: number, radius: number): void {
  const [steps, curves, waves] = [540, 8, 18];
  doc.lineWidth(0.45).strokeColor(COLOUR.pattern);
  for (let curve = 0; curve < curves; curve++) {
    const phase = (curve / curves) * 2 * Math.PI;
    for (let step = 0; step <= steps; step++) {
      const angle = (step / steps) * 2 * Math.PI;
      const distance =
        radius * (0.74 + 0.18 * Math.sin(waves * angle + phase) + 0.08 * Math.sin(2 * waves * angle - phase));
      const [px, py] = [tenths(x + distance * Math.cos(angle)), tenths(y + distance * Math.sin(angle))];
      if (step === 0) doc.moveTo(px, py);
      else doc.lineTo(px, py);
    }
  }
  doc.stroke();
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** A hair line that swells into a lozenge in its middle. */
export function drawDivider(doc: Doc, y: number, halfWidth: number): void {
  const centre = PAGE.width / 2;
  doc.lineWidth(0.7).strokeColor(COLOUR.gold);
  doc
    .moveTo(centre - halfWidth, y)
    .lineTo(centre - 12, y)
    .moveTo(centre + 12, y)
    .lineTo(centre + halfWidth, y)
    .stroke();
  doc.fillColor(COLOUR.red);
  doc
    .moveTo(centre, y - 4)
    .lineTo(centre + 4, y)
    .lineTo(centre, y + 4)
    .lineTo(centre - 4, y)
    .fill();
  doc.fillColor(COLOUR.gold);
  for (const dx of [-8.5, 8.5]) doc.circle(centre + dx, y, 1.3).fill();
}

/** A QR code as one vector path, error correction M, on white with four modules of quiet zone inside `side`. */
export function drawQr(doc: Doc, text: string, x: number, y: number, side: number): void {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const unit = side / (modules.size + 8);
  doc.rect(x, y, side, side).fill('#ffffff');
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (!modules.get(row, column)) continue;
      const start = column;
      while (column + 1 < modules.size && modules.get(row, column + 1)) column++;
      doc.rect(x + (start + 4) * unit, y + (row + 4) * unit, (column - start + 1) * unit, unit);
    }
  }
  doc.fill('#000000');
}

/** The bytes of a finished document. */
export function finish(doc: Doc): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
    doc.end();
  });
}
