import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ParsedFont } from 'fontkit';

const require = createRequire(import.meta.url);

/** Fonts: read and parsed once in the life of a process; a document embeds the glyphs that it uses. */
export type FontName = 'sans' | 'bold' | 'serif';

const FONT_FILES: Record<FontName, string> = {
  sans: 'NotoSansSC-Regular.ttf',
  bold: 'NotoSansSC-Bold.ttf',
  serif: 'NotoSerifSC-SemiBold.ttf',
};

/** One glyph where a text has it. Widths are thousandths of the font size. */
export interface Placed {
  readonly glyph: number;
  /** As the font states it, and what the next glyph is moved by beyond it. */
  readonly width: number;
  readonly kern: number;
  /** Away from the base line: marks over letters. */
  readonly dx: number;
  readonly dy: number;
  readonly codePoints: readonly number[];
}
export interface Run {
  readonly placed: readonly Placed[];
  /** Sum of widths and moves. */
  readonly width: number;
}

/** What is remembered of texts is forgotten when it is so much: names are as many as people. */
const REMEMBERED = 5_000;

/** A map that starts again when it is full. */
export class Memory<Value> {
  readonly #known = new Map<string, Value>();
  get(key: string, make: () => Value): Value {
    let found = this.#known.get(key);
    if (found === undefined) {
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(key, (found = make()));
    }
    return found;
  }
}

export class Face {
  readonly parsed: ParsedFont;
  readonly name: FontName;
  /** From the top of a line to its base line, in sizes of the font. */
  readonly ascent: number;
  readonly #leading: number;
  readonly #scale: number;
  readonly #has = new Map<string, boolean>();
  readonly #texts = new Memory<Run>();
  readonly #words = new Memory<Run>();
  readonly #single = new Map<string, Placed | null>();
  /** How far two characters stand closer or wider than alone; null when they become something else together. */
  readonly #pairs = new Map<string, number | null>();

  constructor(name: FontName) {
    this.name = name;
    // Loaded with the first drawing: most processes never draw, and it is a twelfth of their start.
    const { create } = require('fontkit') as typeof import('fontkit');
    this.parsed = create(readFileSync(join(import.meta.dirname, '../fonts', FONT_FILES[name])));
    const { ascent, descent, lineGap, unitsPerEm } = this.parsed;
    this.#scale = 1_000 / unitsPerEm;
    this.ascent = ascent / unitsPerEm;
    this.#leading = (ascent + lineGap - descent) / unitsPerEm;
    keepGlyphs(this.parsed);
  }

  has(character: string): boolean {
    let known = this.#has.get(character);
    if (known === undefined) {
      known = this.parsed.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
      this.#has.set(character, known);
    }
    return known;
  }

  /** Height of a line of that size, to the next one. */
  lineHeight(size: number): number {
    return this.#leading * size;
  }

  /** A text on one line. Words are laid out by themselves, each with the space behind it. */
  layout(text: string): Run {
    return this.#texts.get(text, () => {
      const runs = (text.match(/[^ ]* |[^ ]+$/g) ?? []).map((word) => this.#word(word));
      const [only] = runs;
      if (runs.length === 1 && only) return only;
      return {
        placed: runs.flatMap(({ placed }) => placed),
        width: runs.reduce((sum, { width }) => sum + width, 0),
      };
    });
  }

  width(text: string): number {
    return this.layout(text).width;
  }

  #word(word: string): Run {
    return this.#words.get(word, () => this.#composed(word) ?? this.shaped(word));
  }

  /**
   * A word put together from what is known of its characters and of each two of them, which gives what shaping gives as
   * long as only neighbours act on each other. Null when that cannot be said of it.
   */
  #composed(word: string): Run | null {
    if (!COMPOSABLE.test(word)) return null;
    const script = scriptOf(word);
    const placed: Placed[] = [];
    let width = 0;
    for (let at = 0; at < word.length; at++) {
      const alone = this.#alone(word.charAt(at), script);
      const kern = at + 1 < word.length ? this.#pair(word.slice(at, at + 2), script) : 0;
      if (!alone || kern === null) return null;
      placed.push(kern === 0 ? alone : { ...alone, kern });
      width += alone.width + kern;
    }
    return { placed, width };
  }

  #alone(character: string, script: Script): Placed | null {
    const key = script + character;
    let known = this.#single.get(key);
    if (known === undefined) {
      const { placed } = this.shaped(character, script);
      known = placed.length === 1 && placed[0] && isPlain(placed[0]) ? placed[0] : null;
      this.#single.set(key, known);
    }
    return known;
  }

  #pair(two: string, script: Script): number | null {
    // Ideographs stand in squares of their own.
    if (IDEOGRAPHS.test(two)) return 0;
    const key = script + two;
    let known = this.#pairs.get(key);
    if (known === undefined) this.#pairs.set(key, (known = this.#kernOf(two, script)));
    return known;
  }

  #kernOf(two: string, script: Script): number | null {
    const [first, second, more] = this.shaped(two, script).placed;
    const alone = [this.#alone(two.charAt(0), script), this.#alone(two.charAt(1), script)];
    if (!first || !second || more || first.dx || first.dy || !isPlain(second)) return null;
    return first.glyph === alone[0]?.glyph && second.glyph === alone[1]?.glyph ? first.kern : null;
  }

  /** A text as the font's own rules shape it. */
  shaped(text: string, script = scriptOf(text)): Run {
    // The library keeps of a glyph the first characters that it was drawn for, and several characters may share one: what this
    // process drew before must not decide what a certificate says.
    this.parsed._glyphs = {};
    const { glyphs, positions } = script === '' ? this.parsed.layout(text) : this.parsed.layout(text, script);
    const characters = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    const oneEach =
      glyphs.length === characters.length && glyphs.every(({ codePoints }) => codePoints.length === 1);
    const placed = glyphs.map((glyph, at): Placed => {
      const { xAdvance = 0, xOffset = 0, yOffset = 0 } = positions[at] ?? {};
      return {
        glyph: glyph.id,
        width: glyph.advanceWidth * this.#scale,
        kern: (xAdvance - glyph.advanceWidth) * this.#scale,
        dx: xOffset * this.#scale,
        dy: yOffset * this.#scale,
        codePoints: oneEach ? [characters[at] ?? 0] : glyph.codePoints,
      };
    });
    return { placed, width: placed.reduce((sum, { width, kern }) => sum + width + kern, 0) };
  }
}

/** The script of a word is that of its first letter; figures and marks look after it. */
type Script = 'latn' | 'hani' | '';
function scriptOf(word: string): Script {
  const [letter] = /\p{L}/u.exec(word) ?? [];
  if (letter === undefined) return '';
  return /\p{Script=Latin}/u.test(letter) ? 'latn' : /\p{Script=Han}/u.test(letter) ? 'hani' : '';
}

const COMPOSABLE = /^[0-9A-Za-z\u4e00-\u9fff\-/:. ]+$/;
const IDEOGRAPHS = /^[\u4e00-\u9fff]{2}$/;
const isPlain = ({ kern, dx, dy }: Placed): boolean => kern === 0 && dx === 0 && dy === 0;

const faces = new Map<FontName, Face>();

/** The font of that name. */
export function faceOf(name: FontName): Face {
  let found = faces.get(name);
  if (!found) faces.set(name, (found = new Face(name)));
  return found;
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
