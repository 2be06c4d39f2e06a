import { EmbeddedFace } from './embedding.ts';
import { faceOf } from './faces.ts';
import type { FontName, Run } from './faces.ts';
import { DEFLATED, num, packed, pdfString, PdfFile } from './file.ts';
import { infoOf, metadataOf } from './metadata.ts';

export interface DocumentFacts {
  readonly lang: string;
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  readonly keywords: string;
  readonly createdAt: Date;
}

/** What is set on a page right now, so that nothing is set twice. */
interface Pen {
  fill: string;
  stroke: string;
  lineWidth: number;
  font: FontName | null;
  size: number;
  spacing: number;
}
const newPen = (): Pen => ({ fill: '', stroke: '', lineWidth: -1, font: null, size: 0, spacing: 0 });

interface Sheet {
  readonly id: number;
  readonly contentId: number;
  /** Its key in the tree that leads from marked content to structure, and the elements by their mark. */
  readonly key: number;
  readonly marked: number[];
  content: string[];
  pen: Pen;
  readonly pens: Pen[];
}

/** A piece of the document's structure, in reading order. */
export interface Element {
  readonly id: number;
  readonly type: string;
  readonly parentId: number;
  readonly kids: number[];
}
interface Attributes {
  /** Speaks for a picture. */
  readonly alt?: string;
  /** What a head cell stands above. */
  readonly scope?: 'Column';
}

/** Ornament without words, as it was drawn once: packed, for all documents of this process. */
const stamps = new Map<string, Buffer>();

/**
 * An A4 document: tagged, with its language, and without anything that differs between two runs (its id is derived from its
 * facts), so that the same strokes and words always give the same bytes. Lengths are points from the top left.
 */
export class Paper {
  readonly #file = new PdfFile();
  readonly #facts: DocumentFacts;
  readonly #size: readonly [width: number, height: number];
  readonly #pagesId = this.#file.reserve();
  readonly #resourcesId = this.#file.reserve();
  readonly #treeId = this.#file.reserve();
  readonly #faces = new Map<FontName, { id: number; used: EmbeddedFace }>();
  readonly #stamps = new Map<string, number>();
  readonly #pageIds: number[] = [];
  readonly #parentTree: string[] = [];
  readonly #elements: Element[] = [];
  /** Pages that can still be drawn on, the number of the first of them, and which of them is drawn on now. */
  #open: Sheet[] = [];
  #firstOpen = 0;
  #sheet: Sheet;
  readonly root: Element;

  constructor(facts: DocumentFacts, size: readonly [width: number, height: number]) {
    this.#facts = facts;
    this.#size = size;
    this.root = this.#element('Document', this.#treeId);
    this.#sheet = this.addPage();
  }

  /** Starts a page and draws there from now on. */
  addPage(): Sheet {
    const sheet: Sheet = {
      id: this.#file.reserve(),
      contentId: this.#file.reserve(),
      key: this.#pageIds.length,
      marked: [],
      // From here on lengths grow downwards.
      content: [`1 0 0 -1 0 ${this.#size[1]} cm`],
      pen: newPen(),
      pens: [],
    };
    this.#pageIds.push(sheet.id);
    this.#open.push(sheet);
    return (this.#sheet = sheet);
  }

  /** How many pages there are, and the number of the one that is drawn on. */
  get pages(): number {
    return this.#pageIds.length;
  }

  /** Draws on that page from now on, which must not have been written down yet. */
  switchToPage(number: number): void {
    const sheet = this.#open[number - this.#firstOpen];
    if (!sheet) throw new RangeError(`Page ${number} cannot be drawn on any more.`);
    this.#sheet = sheet;
  }

  /** Writes all pages down: they need not wait in memory for the last. */
  flushPages(): void {
    const [width, height] = this.#size;
    for (const { id, contentId, key, content, marked } of this.#open) {
      this.#file.writeStream(DEFLATED, packed(content.join('\n')), contentId);
      this.#file.write(
        `<</Type/Page/Parent ${this.#pagesId} 0 R/MediaBox [0 0 ${width} ${height}]/Contents ${contentId} 0 R/Resources ${this.#resourcesId} 0 R/StructParents ${key}/Tabs/S>>`,
        id,
      );
      this.#parentTree.push(`${key} [${marked.map((element) => `${element} 0 R`).join(' ')}]`);
    }
    this.#firstOpen += this.#open.length;
    this.#open = [];
  }

  #element(type: string, parentId: number): Element {
    const element = { id: this.#file.reserve(), type, parentId, kids: [] };
    this.#elements.push(element);
    return element;
  }

  /** A part of the structure that holds others. */
  group(parent: Element, type: string): Element {
    const element = this.#element(type, parent.id);
    parent.kids.push(element.id);
    return element;
  }

  /** A part of the structure that is what `draw` draws. */
  leaf(parent: Element, type: string, draw: () => void, { alt, scope }: Attributes = {}): void {
    const sheet = this.#sheet;
    const mark = sheet.marked.length;
    const more = `${alt === undefined ? '' : `/Alt ${pdfString(alt)}`}${scope ? `/A<</O/Table/Scope/${scope}>>` : ''}`;
    const id = this.#file.write(`<</S/${type}/P ${parent.id} 0 R/Pg ${sheet.id} 0 R/K ${mark}${more}>>`);
    sheet.marked.push(id);
    parent.kids.push(id);
    this.put(`/${type}<</MCID ${mark}>>BDC`);
    draw();
    this.put('EMC');
  }

  /** Draws what is not part of the text: a screen reader passes over it. */
  artifact(type: 'Layout' | 'Pagination', draw: () => void): void {
    this.put(`/Artifact<</Type/${type}>>BDC`);
    draw();
    this.put('EMC');
  }

  /** An operator of the page's own language. */
  put(operator: string): this {
    this.#sheet.content.push(operator);
    return this;
  }

  /** What is set while drawing is as before afterwards. */
  keeping(draw: () => void): void {
    const sheet = this.#sheet;
    sheet.pens.push({ ...sheet.pen });
    this.put('q');
    draw();
    this.put('Q');
    sheet.pen = sheet.pens.pop() ?? newPen();
  }

  /** Turns what is drawn from here on clockwise around a point. */
  rotate(degrees: number, x: number, y: number): this {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const matrix = [cos, sin, -sin, cos, x - x * cos + y * sin, y - x * sin - y * cos];
    return this.put(`${matrix.map((value) => Math.round(value * 1e6) / 1e6).join(' ')} cm`);
  }

  moveTo(x: number, y: number): this {
    return this.put(`${num(x)} ${num(y)} m`);
  }
  lineTo(x: number, y: number): this {
    return this.put(`${num(x)} ${num(y)} l`);
  }
  rect(x: number, y: number, width: number, height: number): this {
    return this.put(`${num(x)} ${num(y)} ${num(width)} ${num(height)} re`);
  }
  circle(x: number, y: number, radius: number): this {
    const bend = radius * ((4 * (Math.SQRT2 - 1)) / 3);
    const curve = (...points: number[]): string => `${points.map(num).join(' ')} c`;
    return this.put(
      [
        `${num(x - radius)} ${num(y)} m`,
        curve(x - radius, y - bend, x - bend, y - radius, x, y - radius),
        curve(x + bend, y - radius, x + radius, y - bend, x + radius, y),
        curve(x + radius, y + bend, x + bend, y + radius, x, y + radius),
        curve(x - bend, y + radius, x - radius, y + bend, x - radius, y),
        'h',
      ].join('\n'),
    );
  }
  lineWidth(width: number): this {
    const { pen } = this.#sheet;
    if (pen.lineWidth === width) return this;
    pen.lineWidth = width;
    return this.put(`${num(width)} w`);
  }
  dash(on: number, off: number): this {
    return this.put(`[${num(on)} ${num(off)}] 0 d`);
  }
  strokeColour(colour: string): this {
    const { pen } = this.#sheet;
    if (pen.stroke === colour) return this;
    pen.stroke = colour;
    return this.put(`${rgb(colour)} RG`);
  }
  fillColour(colour: string): this {
    const { pen } = this.#sheet;
    if (pen.fill === colour) return this;
    pen.fill = colour;
    return this.put(`${rgb(colour)} rg`);
  }
  stroke(): this {
    return this.put('S');
  }
  fill(): this {
    return this.put('f');
  }

  /** Ornament that is the same on many pages: drawn and packed once, then only named. It may hold no text. */
  stamp(name: string, draw: () => void): void {
    let id = this.#stamps.get(name);
    if (id === undefined) {
      id = this.#file.writeStream(
        `/Type/XObject/Subtype/Form/BBox [0 0 ${this.#size.join(' ')}]/Resources<<>>${DEFLATED}`,
        this.#stampOf(name, draw),
      );
      this.#stamps.set(name, id);
    }
    this.put(`/${name} Do`);
  }

  #stampOf(name: string, draw: () => void): Buffer {
    let bytes = stamps.get(name);
    if (!bytes) {
      const page = this.#sheet;
      this.#sheet = { ...page, content: [], pen: newPen(), pens: [] };
      draw();
      stamps.set(name, (bytes = packed(this.#sheet.content.join('\n'))));
      this.#sheet = page;
    }
    return bytes;
  }

  /** Writes one line; `y` is the top of it, `spacing` extra space after each character. */
  text(name: FontName, run: Run, x: number, y: number, size: number, colour: string, spacing: number): void {
    const { pen } = this.#sheet;
    const used = this.#face(name);
    this.fillColour(colour);
    const base = y + used.face.ascent * size;
    let set = '';
    if (pen.font !== name || pen.size !== size) set = `/${used.key} ${num(size)} Tf `;
    if (pen.spacing !== spacing) set += `${num(spacing)} Tc `;
    [pen.font, pen.size, pen.spacing] = [name, size, spacing];
    const shown = used.shown(run);
    if (shown !== null) {
      this.put(`BT ${set}1 0 0 -1 ${num(x)} ${num(base)} Tm ${shown}TJ ET`);
      return;
    }
    this.put(`BT ${set}`);
    let at = x;
    for (const glyph of run.placed) {
      const [dx, dy] = [(glyph.dx * size) / 1_000, (glyph.dy * size) / 1_000];
      this.put(`1 0 0 -1 ${num(at + dx)} ${num(base - dy)} Tm <${used.code(glyph)}> Tj`);
      at += ((glyph.width + glyph.kern) * size) / 1_000 + spacing;
    }
    this.put('ET');
  }

  #face(name: FontName): EmbeddedFace {
    let found = this.#faces.get(name);
    if (!found) {
      found = { id: this.#file.reserve(), used: new EmbeddedFace(faceOf(name), `F${this.#faces.size + 1}`) };
      this.#faces.set(name, found);
    }
    return found.used;
  }

  /** The bytes of the finished document. */
  end(): Buffer {
    this.flushPages();
    const file = this.#file;
    const fonts = [...this.#faces.values()].map(({ id, used }) => {
      used.embed(file, id);
      return `/${used.key} ${id} 0 R`;
    });
    const forms = [...this.#stamps].map(([name, id]) => `/${name} ${id} 0 R`);
    file.write(`<</Font<<${fonts.join('')}>>/XObject<<${forms.join('')}>>>>`, this.#resourcesId);
    for (const { id, type, parentId, kids } of this.#elements)
      file.write(`<</S/${type}/P ${parentId} 0 R/K [${references(kids)}]>>`, id);
    file.write(
      `<</Type/StructTreeRoot/K [${this.root.id} 0 R]/ParentTree<</Nums [${this.#parentTree.join(' ')}]>>/ParentTreeNextKey ${this.pages}>>`,
      this.#treeId,
    );
    file.write(`<</Type/Pages/Count ${this.pages}/Kids [${references(this.#pageIds)}]>>`, this.#pagesId);
    const metadata = Buffer.from(metadataOf(this.#facts), 'utf8');
    const metadataId = file.writeStream('/Type/Metadata/Subtype/XML', metadata);
    const root = file.write(
      `<</Type/Catalog/Pages ${this.#pagesId} 0 R/Lang ${pdfString(this.#facts.lang)}/MarkInfo<</Marked true>>/StructTreeRoot ${this.#treeId} 0 R/Metadata ${metadataId} 0 R/ViewerPreferences<</DisplayDocTitle true>>>>`,
    );
    const info = file.write(infoOf(this.#facts));
    return file.end(`/Root ${root} 0 R/Info ${info} 0 R`, JSON.stringify(this.#facts));
  }
}

const references = (ids: readonly number[]): string => ids.map((id) => `${id} 0 R`).join(' ');

const colours = new Map<string, string>();
function rgb(hex: string): string {
  let found = colours.get(hex);
  if (found === undefined) {
    found = [1, 3, 5].map((at) => num(parseInt(hex.slice(at, at + 2), 16) / 255)).join(' ');
    colours.set(hex, found);
  }
  return found;
}
