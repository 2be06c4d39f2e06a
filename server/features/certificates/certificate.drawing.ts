import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { create } from 'fontkit';
import type { ParsedFont } from 'fontkit';
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
/** A font read and parsed once, for all documents; a document embeds the glyphs that it uses. */
interface Typeface {
  readonly parsed: ParsedFont;
  /** Texts as they can be drawn in it, and heights that were measured. */
  prepared: Map<string, Prepared>;
  heights: Map<string, number>;
  /** Which characters it has. */
  readonly has: Map<string, boolean>;
  /** Words as they were laid out, by text: the same words stand on every certificate. */
  layouts: Record<string, unknown>;
}
const typefaces = new Map<FontName, Typeface>();
/** Layouts are forgotten after so many documents, or names would gather for ever. */
const LAYOUTS_LIVE = 200;
let documentsMade = 0;

function typeface(name: FontName): Typeface {
  let found = typefaces.get(name);
  if (!found) {
    const bytes = readFileSync(join(import.meta.dirname, 'fonts', FONT_FILES[name]));
    const parsed = create(bytes);
    keepGlyphs(parsed);
    found = { parsed, has: new Map(), prepared: new Map(), heights: new Map(), layouts: newLayouts() };
    typefaces.set(name, found);
  }
  return found;
}
/** What is remembered of texts is forgotten: they are as many as people. */
function forget(face: Typeface): void {
  face.layouts = newLayouts();
  face.prepared = new Map();
  face.heights = new Map();
}

/** A glyph as a document embeds it: the same bytes in each, so its outline is read once and not for each document again. */
function keepGlyphs(font: ParsedFont): void {
  const known = new Map<number, { bytes: Uint8Array; advance: number; bearing: number }>();
  const createSubset = font.createSubset.bind(font);
  font.createSubset = () => {
    const subset = createSubset();
    const add = subset._addGlyph.bind(subset);
    subset._addGlyph = (id) => {
      const found = known.get(id);
      if (found) {
        subset.glyf.push(found.bytes);
        subset.loca.offsets.push(subset.offset);
        subset.hmtx.metrics.push({ advance: found.advance, bearing: found.bearing });
        subset.offset += found.bytes.length;
        return subset.glyf.length - 1;
      }
      const glyphs = subset.glyphs.length;
      const at = add(id);
      const [bytes, metrics] = [subset.glyf[at], subset.hmtx.metrics[at]];
      // One that is made of others names them by their numbers in this document.
      if (bytes && metrics && subset.glyphs.length === glyphs && !isCompound(bytes))
        known.set(id, { bytes, ...metrics });
      return at;
    };
    return subset;
  };
}
/** The number of contours is negative. */
const isCompound = (bytes: Uint8Array): boolean => ((bytes[0] ?? 0) & 0x80) !== 0;

const newLayouts = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

/** One certificate on its way to paper. */
export interface Sheet {
  readonly doc: Doc;
  readonly draft: StatementDraft;
  /** Words of the certificate's language, below `certificate-pdf`. */
  readonly t: (key: string, params?: MessageParams) => string;
  /** Adds a piece to the document's structure, in reading order; `alt` speaks for pictures. */
  readonly tag: (type: string, draw: () => void, alt?: string) => void;
  readonly root: PDFKit.PDFStructureElement;
  /** Number of its first page in the document. */
  readonly firstPage: number;
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
    // None of the fonts that every reader has: ours are all there is.
    font: '',
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
  documentsMade += 1;
  for (const name of Object.keys(FONT_FILES) as FontName[]) {
    const face = typeface(name);
    if (documentsMade % LAYOUTS_LIVE === 0) forget(face);
    // A parsed font is taken as it is; the types only know files.
    doc.registerFont(name, face.parsed as never);
    select(doc, name);
    (doc as unknown as { _font: { layoutCache: unknown } })._font.layoutCache = face.layouts;
  }
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

const select = (doc: Doc, name: FontName): Doc => doc.font(name);

/** Characters of `text` that none of our fonts can draw. They are printed as □. */
export const undrawable = (text: string): string[] =>
  [...printable(text)].filter((character) => !hasGlyph('sans', character) && character !== '□');

function hasGlyph(name: FontName, character: string): boolean {
  const { has, parsed } = typeface(name);
  let known = has.get(character);
  if (known === undefined)
    has.set(character, (known = parsed.hasGlyphForCodePoint(character.codePointAt(0) ?? 0)));
  return known;
}

interface Prepared {
  readonly text: string;
  readonly font: FontName;
}

/** Selects a font that has the whole text and returns the text with boxes for what no font has. */
function prepare(doc: Doc, raw: string, style: TextStyle): string {
  const wanted = style.font ?? 'sans';
  const { prepared } = typeface(wanted);
  let found = prepared.get(raw);
  if (!found) prepared.set(raw, (found = preparedIn(wanted, raw)));
  select(doc, found.font).fontSize(style.size);
  return found.text;
}

function preparedIn(wanted: FontName, raw: string): Prepared {
  let text = '';
  let complete = true;
  for (const character of printable(raw)) {
    const drawn = hasGlyph(wanted, character) || hasGlyph('sans', character) ? character : '□';
    text += drawn;
    complete &&= hasGlyph(wanted, drawn);
  }
  return { text, font: complete ? wanted : wanted === 'bold' ? 'bold' : 'sans' };
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
  const { heights } = typeface(style.font ?? 'sans');
  const key = [styleKey(style), width, text].join(' ');
  let height = heights.get(key);
  if (height === undefined) heights.set(key, (height = measured(doc, prepared, width, style)));
  return height;
}

const styleKey = ({ size, lineGap, spacing, lines }: TextStyle): string =>
  [size, lineGap, spacing, lines].join(' ');

function measured(doc: Doc, text: string, width: number, style: TextStyle): number {
  const lineHeight = doc.currentLineHeight(true) + (style.lineGap ?? 0);
  const full = doc.heightOfString(text, {
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

/** Fine interlaced lines as on securities: hard to redraw, easy to recognise. Computed and packed once, then only placed. */
export function drawRosette(doc: Doc, x: number, y: number, radius: number): void {
  const form = doc.ref({
    Type: 'XObject',
    Subtype: 'Form',
    FormType: 1,
    BBox: [x - radius, y - radius, x + radius, y + radius],
    Resources: {},
    Filter: 'FlateDecode',
  });
  form.end(rosette(x, y, radius));
  (doc.page as unknown as { xobjects: Record<string, unknown> }).xobjects['Rosette'] = form;
  doc.addContent('/Rosette Do');
}

const rosettes = new Map<string, Buffer>();

function rosette(x: number, y: number, radius: number): Buffer {
  const key = `${x} ${y} ${radius}`;
  let found = rosettes.get(key);
  if (!found) rosettes.set(key, (found = deflateSync(rosettePath(x, y, radius), { level: 9 })));
  return found;
}

function rosettePath(x: number, y: number, radius: number): string {
  const [steps, curves, waves] = [540, 8, 18];
  const path = [`0.45 w ${rgb(COLOUR.pattern)} RG`];
  for (let curve = 0; curve < curves; curve++) {
    const phase = (curve / curves) * 2 * Math.PI;
    for (let step = 0; step <= steps; step++) {
      const angle = (step / steps) * 2 * Math.PI;
      const distance =
        radius * (0.74 + 0.18 * Math.sin(waves * angle + phase) + 0.08 * Math.sin(2 * waves * angle - phase));
      const [px, py] = [tenths(x + distance * Math.cos(angle)), tenths(y + distance * Math.sin(angle))];
      path.push(`${px} ${py} ${step === 0 ? 'm' : 'l'}`);
    }
  }
  return [...path, 'S'].join('\n');
}

const rgb = (hex: string): string =>
  [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255).toFixed(3)).join(' ');
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
  // As bytes: looking for the shortest mixture of alphabets takes longer than drawing.
  const bytes = [{ data: Buffer.from(text, 'utf8'), mode: 'byte' as const }];
  const { modules } = QRCode.create(bytes, { errorCorrectionLevel: 'M' });
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
