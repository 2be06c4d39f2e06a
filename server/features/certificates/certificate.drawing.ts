import { qrModules } from '../../core/qr-code.ts';
import type { MessageParams } from '../../i18n/index.ts';
import { printable } from './certificate.rules.ts';
import type { StatementDraft } from './certificate.types.ts';
import { faceOf, Memory } from './paper/faces.ts';
import type { FontName, Run } from './paper/faces.ts';
import { num } from './paper/file.ts';
import { linesOf } from './paper/lines.ts';
import type { Line } from './paper/lines.ts';
import { Paper } from './paper/paper.ts';
import type { DocumentFacts, Element } from './paper/paper.ts';

/** The hand that draws certificates: text that fits, ornament, QR code. Lengths are points from the top left. */
export type Doc = Paper;

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

/** One certificate on its way to paper. */
export interface Sheet {
  readonly doc: Doc;
  readonly draft: StatementDraft;
  /** Words of the certificate's language, below `certificate-pdf`. */
  readonly t: (key: string, params?: MessageParams) => string;
  /** Adds a piece to the document's structure, in reading order; `alt` speaks for pictures. */
  readonly tag: (type: string, draw: () => void, alt?: string) => void;
  readonly root: Element;
  /** Number of its first page in the document. */
  readonly firstPage: number;
}

/** An empty A4 document. The same statement always gives the same bytes. */
export const newDocument = (facts: DocumentFacts): Doc => new Paper(facts, [PAGE.width, PAGE.height]);

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
export const undrawable = (text: string): string[] =>
  [...printable(text)].filter((character) => !faceOf('sans').has(character) && character !== '□');

interface Prepared {
  readonly text: string;
  readonly font: FontName;
}

/** Texts as they can be drawn: in a font that has all of it, with boxes for what no font has. */
const prepared = {
  sans: new Memory<Prepared>(),
  bold: new Memory<Prepared>(),
  serif: new Memory<Prepared>(),
};

const prepare = (raw: string, wanted: FontName = 'sans'): Prepared =>
  prepared[wanted].get(raw, () => {
    let text = '';
    let complete = true;
    for (const character of printable(raw)) {
      const drawn = faceOf(wanted).has(character) || faceOf('sans').has(character) ? character : '□';
      text += drawn;
      complete &&= faceOf(wanted).has(drawn);
    }
    return { text, font: complete ? wanted : wanted === 'bold' ? 'bold' : 'sans' };
  });

/** A text in its column, as it is drawn: where each line stands, away from the top left. */
export interface Block {
  readonly height: number;
  readonly style: TextStyle;
  readonly font: FontName;
  readonly lines: readonly { readonly run: Run; readonly left: number; readonly top: number }[];
}

/** Blocks of one style and width, by text: the same words stand on every certificate. */
const blocks = new Map<string, Memory<Block>>();
const STYLES = 500;

/** Lays a text out in a column of that width. */
export function layOut(text: string, width: number, style: TextStyle): Block {
  const { font, size, colour, align, spacing, lineGap, lines } = style;
  const key = `${font} ${size} ${colour} ${align} ${spacing} ${lineGap} ${lines} ${width}`;
  let known = blocks.get(key);
  if (!known) {
    if (blocks.size >= STYLES) blocks.clear();
    blocks.set(key, (known = new Memory()));
  }
  return known.get(text, () => laidOut(prepare(text, font), width, style));
}

function laidOut({ text, font }: Prepared, width: number, style: TextStyle): Block {
  const { size, align = 'left', spacing = 0, lineGap = 0, lines = Infinity } = style;
  const face = faceOf(font);
  const each = face.lineHeight(size) + lineGap;
  const broken = text === '' ? [] : linesOf(face, text, { width, size, spacing, lines });
  return {
    height: broken.length * each,
    style,
    font,
    lines: broken.map((line, index) => ({
      run: face.layout(line.text),
      left: align === 'left' ? 0 : align === 'center' ? centred(line) : width - visible(line.text.trimEnd()),
      top: index * each,
    })),
  };

  // The space after the last character counts as width, so the text would sit half a space too far left.
  function centred(line: Line): number {
    return (width - line.width + spacing) / 2;
  }
  function visible(end: string): number {
    return (face.width(end) * size) / 1_000 + spacing * Math.max(0, end.length - 1);
  }
}

/** Height that `write` will use, in points. */
export const textHeight = (text: string, width: number, style: TextStyle): number =>
  layOut(text, width, style).height;

export function textWidth(text: string, style: TextStyle): number {
  const found = prepare(text, style.font);
  const spaces = (style.spacing ?? 0) * Math.max(0, found.text.length - 1);
  return (faceOf(found.font).width(found.text) * style.size) / 1_000 + spaces;
}

/** Draws what was laid out. */
export function drawBlock(doc: Doc, { font, style, lines }: Block, x: number, y: number): void {
  for (const { run, left, top } of lines)
    doc.text(font, run, x + left, y + top, style.size, style.colour ?? COLOUR.ink, style.spacing ?? 0);
}

/** Writes text into a column; what can be drawn is decided by `printable` and our fonts, never by the caller. */
export function write(doc: Doc, text: string, x: number, y: number, width: number, style: TextStyle): void {
  drawBlock(doc, layOut(text, width, style), x, y);
}

/** The largest size up to `size` at which the text fits on one line of the width, not below `smallest`. */
export function fittingSize(text: string, width: number, style: TextStyle, smallest: number): number {
  const natural = textWidth(text, style);
  return natural <= width ? style.size : Math.max(smallest, (style.size * width) / natural);
}

/** Draws what is only ornament: a screen reader passes over it. */
export function ornament(doc: Doc, draw: () => void): void {
  doc.artifact('Layout', () => doc.keeping(draw));
}

/** A double frame with a key fret 回纹 in each corner. */
export const drawFrame = (doc: Doc): void => doc.stamp('Frame', () => drawFrameOnce(doc));

function drawFrameOnce(doc: Doc): void {
  const [outer, inner] = [22, 29];
  doc.lineWidth(2).strokeColour(COLOUR.red);
  doc.rect(outer, outer, PAGE.width - 2 * outer, PAGE.height - 2 * outer).stroke();
  doc.lineWidth(0.6).strokeColour(COLOUR.gold);
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
  doc.lineWidth(1.1).strokeColour(COLOUR.gold);
  FRET.forEach(([dx, dy], index) => {
    const [px, py] = [x + right * dx * unit, y + down * dy * unit];
    if (index === 0) doc.moveTo(px, py);
    else doc.lineTo(px, py);
  });
  doc.stroke();
}

/** Fine interlaced lines as on securities: hard to redraw, easy to recognise. Computed and packed once, then only placed. */
export function drawRosette(doc: Doc, x: number, y: number, radius: number): void {
  doc.stamp(`Rosette${x}-${y}-${radius}`.replaceAll('.', '_'), () => doc.put(rosettePath(x, y, radius)));
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
export const drawDivider = (doc: Doc, y: number, halfWidth: number): void =>
  doc.stamp(`Divider${y}-${halfWidth}`, () => drawDividerOnce(doc, y, halfWidth));

function drawDividerOnce(doc: Doc, y: number, halfWidth: number): void {
  const centre = PAGE.width / 2;
  doc.lineWidth(0.7).strokeColour(COLOUR.gold);
  doc
    .moveTo(centre - halfWidth, y)
    .lineTo(centre - 12, y)
    .moveTo(centre + 12, y)
    .lineTo(centre + halfWidth, y)
    .stroke();
  doc.fillColour(COLOUR.red);
  doc
    .moveTo(centre, y - 4)
    .lineTo(centre + 4, y)
    .lineTo(centre, y + 4)
    .lineTo(centre - 4, y)
    .fill();
  doc.fillColour(COLOUR.gold);
  for (const dx of [-8.5, 8.5]) doc.circle(centre + dx, y, 1.3).fill();
}

/**
 * Trying all eight masks costs twenty times the drawing, for a gain that only regular data have: half of ours is random, the rest
 * its correction. With this one a scanner read 400 codes of 400 at one pixel a point.
 */
const QR_MASK = 3;

/** A QR code as one vector path, error correction M, on white with four modules of quiet zone inside `side`. */
export function drawQr(doc: Doc, text: string, x: number, y: number, side: number): void {
  // As bytes: looking for the shortest mixture of alphabets takes longer than drawing.
  const bytes = [{ data: Buffer.from(text, 'utf8'), mode: 'byte' as const }];
  const modules = qrModules(bytes, { errorCorrectionLevel: 'M', maskPattern: QR_MASK });
  const unit = side / (modules.size + 8);
  doc.fillColour('#ffffff').rect(x, y, side, side).fill().fillColour('#000000');
  const path: string[] = [];
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (!modules.get(row, column)) continue;
      const start = column;
      while (column + 1 < modules.size && modules.get(row, column + 1)) column++;
      path.push(`${start} ${row} ${column - start + 1} 1 re`);
    }
  }
  doc.keeping(() =>
    doc.put(
      `${num(unit)} 0 0 ${num(unit)} ${num(x + 4 * unit)} ${num(y + 4 * unit)} cm\n${path.join('\n')}\nf`,
    ),
  );
}
