import { formatMinutesExactly } from '../../i18n/index.ts';
import {
  COLOUR,
  CONTENT_WIDTH,
  drawBlock,
  layOut,
  MARGIN,
  ornament,
  PAGE,
  write,
} from './certificate.drawing.ts';
import type { Block, Sheet, TextStyle } from './certificate.drawing.ts';
import type { Element } from './paper/paper.ts';
import type { CertificateLine } from './certificate.types.ts';

/** The table of services: as many rows as the first page has room for, the rest on pages of their own. */
interface Column {
  readonly key: 'date' | 'activity' | 'place' | 'unit' | 'time';
  readonly width: number;
  readonly align?: 'right';
}

const COLUMNS: readonly Column[] = [
  { key: 'date', width: 66 },
  { key: 'activity', width: 148 },
  { key: 'place', width: 88 },
  { key: 'unit', width: 116 },
  { key: 'time', width: CONTENT_WIDTH - 418, align: 'right' },
];
const PAD = 5;
const HEADER_HEIGHT = 20;
const TOTAL_HEIGHT = 22;
const NOTE_HEIGHT = 14;
const LATER_TOP = 84;
const LATER_BOTTOM = 758;

const bothWays = (style: TextStyle): Record<'left' | 'right', TextStyle> => ({
  left: style,
  right: { ...style, align: 'right' },
});
const MAIN = bothWays({ size: 8.5, lines: 2 });
const SIDE = bothWays({ size: 7, colour: COLOUR.quiet, lines: 2 });

/** A cell is a line of text and, smaller below it, what else is known. */
type Cell = readonly [main: Block, side: Block];

interface Place {
  readonly top: number;
  readonly bottom: number;
  readonly onNewPage: () => void;
}

/** So many rows stand together at the end: a page with one line and the sum looks like a mistake. */
const TOGETHER = 3;

/** Draws all lines and their sum, adding pages as needed. */
export function drawRecords(sheet: Sheet, place: Place): void {
  const { doc, draft, root } = sheet;
  const table = doc.group(root, 'Table');
  let [y, bottom] = [place.top, place.bottom];
  y = drawHeader(sheet, y, table);
  const rows = draft.lines.map((line) => {
    const cells = cellsOf(sheet, line);
    return { cells, height: rowHeight(cells) };
  });
  const ending = Math.max(0, rows.length - TOGETHER);
  const endHeight = rows.slice(ending).reduce((sum, { height }) => sum + height, TOTAL_HEIGHT);
  rows.forEach(({ cells, height }, index) => {
    const last = index === rows.length - 1;
    const needed = index === ending && index > 0 ? endHeight : height + (last ? TOTAL_HEIGHT : NOTE_HEIGHT);
    if (y + needed > bottom) {
      drawMore(sheet, y);
      y = startPage(sheet, place.onNewPage);
      bottom = LATER_BOTTOM;
    }
    drawRow(sheet, cells, y, height, table);
    y += height;
  });
  drawTotal(sheet, y, table);
}

function startPage(sheet: Sheet, onNewPage: () => void): number {
  const { doc, draft, t } = sheet;
  doc.addPage();
  onNewPage();
  ornament(doc, () => {
    write(doc, t('table.continued'), MARGIN, 56, CONTENT_WIDTH / 2, {
      font: 'serif',
      size: 13,
      colour: COLOUR.red,
    });
    const style: TextStyle = { size: 8.5, colour: COLOUR.quiet, align: 'right', lines: 1 };
    write(doc, t('number', { number: draft.number }), PAGE.width / 2, 61, CONTENT_WIDTH / 2, style);
  });
  return drawHeader(sheet, LATER_TOP, null);
}

/** The head row; repeated ones are ornament, the first is the table's own. */
function drawHeader({ doc, t }: Sheet, y: number, table: Element | null): number {
  ornament(doc, () => {
    doc.fillColour(COLOUR.band).rect(MARGIN, y, CONTENT_WIDTH, HEADER_HEIGHT).fill();
    doc.lineWidth(0.9).strokeColour(COLOUR.red);
    doc
      .moveTo(MARGIN, y)
      .lineTo(MARGIN + CONTENT_WIDTH, y)
      .stroke();
    doc.lineWidth(0.5).strokeColour(COLOUR.gold);
    doc
      .moveTo(MARGIN, y + HEADER_HEIGHT)
      .lineTo(MARGIN + CONTENT_WIDTH, y + HEADER_HEIGHT)
      .stroke();
  });
  const draw = (column: Column, x: number) => (): void =>
    write(doc, t(`table.${column.key}`), x + PAD, y + 4, column.width - 2 * PAD, {
      font: 'bold',
      size: 8,
      align: column.align ?? 'left',
      lines: 1,
    });
  if (!table) {
    eachColumn((column, x) => ornament(doc, draw(column, x)));
    return y + HEADER_HEIGHT;
  }
  const row = doc.group(table, 'TR');
  eachColumn((column, x) => doc.leaf(row, 'TH', draw(column, x), { scope: 'Column' }));
  return y + HEADER_HEIGHT;
}

function eachColumn(visit: (column: Column, x: number, index: number) => void): void {
  let x = MARGIN;
  COLUMNS.forEach((column, index) => {
    visit(column, x, index);
    x += column.width;
  });
}

function cellsOf({ draft, t }: Sheet, line: CertificateLine): Cell[] {
  const until = line.to === line.from ? '' : `– ${line.to}`;
  const times = line.services === 1 ? '' : t('table.times', { count: line.services });
  const content = line.content === line.activity ? '' : line.content;
  const texts = [
    [line.from, until],
    [line.activity, content],
    [line.place, ''],
    [line.unit, line.origin ? t('table.origin', { organisation: line.origin }) : line.leader],
    [formatMinutesExactly(line.minutes, draft.locale), times],
  ] as const;
  return COLUMNS.map(({ width, align = 'left' as const }, index) => {
    const [main, side] = texts[index] ?? ['', ''];
    const inside = width - 2 * PAD;
    return [layOut(main, inside, MAIN[align]), layOut(side, inside, SIDE[align])];
  });
}

const rowHeight = (cells: readonly Cell[]): number =>
  Math.max(...cells.map(([main, side]) => main.height + side.height)) + 6;

function drawRow({ doc }: Sheet, cells: readonly Cell[], y: number, height: number, table: Element): void {
  ornament(doc, () => {
    doc.lineWidth(0.4).strokeColour(COLOUR.line);
    doc
      .moveTo(MARGIN, y + height)
      .lineTo(MARGIN + CONTENT_WIDTH, y + height)
      .stroke();
  });
  const row = doc.group(table, 'TR');
  eachColumn((_column, x, index) => {
    const cell = cells[index];
    if (!cell) return;
    const [main, side] = cell;
    doc.leaf(row, 'TD', () => {
      drawBlock(doc, main, x + PAD, y + 3);
      drawBlock(doc, side, x + PAD, y + 3 + main.height);
    });
  });
}

function drawMore({ doc, t }: Sheet, y: number): void {
  ornament(doc, () => write(doc, t('table.more'), MARGIN, y + 3, CONTENT_WIDTH - PAD, SIDE.right));
}

function drawTotal({ doc, draft, t }: Sheet, y: number, table: Element): void {
  ornament(doc, () => {
    doc
      .fillColour(COLOUR.band)
      .rect(MARGIN, y, CONTENT_WIDTH, TOTAL_HEIGHT - 2)
      .fill();
    doc.lineWidth(0.9).strokeColour(COLOUR.red);
    doc
      .moveTo(MARGIN, y + TOTAL_HEIGHT - 2)
      .lineTo(MARGIN + CONTENT_WIDTH, y + TOTAL_HEIGHT - 2)
      .stroke();
  });
  const row = doc.group(table, 'TR');
  const style: TextStyle = { font: 'bold', size: 8.5, lines: 1 };
  const half = CONTENT_WIDTH / 2;
  const label = (): void =>
    write(doc, t('table.total', { count: draft.services }), MARGIN + PAD, y + 4, half, style);
  const sum = (): void =>
    write(doc, formatMinutesExactly(draft.totalMinutes, draft.locale), MARGIN + half, y + 4, half - PAD, {
      ...style,
      colour: COLOUR.red,
      align: 'right',
    });
  doc.leaf(row, 'TH', label);
  doc.leaf(row, 'TD', sum);
}
