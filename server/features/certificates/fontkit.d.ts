/** What certificates use of fontkit, which has no types of its own. */
declare module 'fontkit' {
  export interface Subset {
    readonly glyphs: readonly number[];
    readonly glyf: Uint8Array[];
    readonly loca: { readonly offsets: number[] };
    readonly hmtx: { readonly metrics: { advance: number; bearing: number }[] };
    offset: number;
    /** The number of a glyph in the subset, which has it from then on. */
    includeGlyph(id: number): number;
    /** Adds a glyph to what is embedded; returns its number there. */
    _addGlyph(id: number): number;
    /** The font with its glyphs as a file. */
    encode(): Uint8Array;
  }
  export interface Glyph {
    readonly id: number;
    readonly advanceWidth: number;
    readonly codePoints: readonly number[];
  }
  export interface ParsedFont {
    readonly unitsPerEm: number;
    readonly ascent: number;
    readonly descent: number;
    readonly lineGap: number;
    readonly capHeight: number;
    readonly xHeight: number;
    readonly italicAngle: number;
    readonly postscriptName: string;
    readonly bbox: {
      readonly minX: number;
      readonly minY: number;
      readonly maxX: number;
      readonly maxY: number;
    };
    /** Glyphs that were asked for, with the characters of the first time. */
    _glyphs: Record<number, Glyph>;
    getGlyph(id: number): Glyph;
    hasGlyphForCodePoint(codePoint: number): boolean;
    layout(
      text: string,
      script?: string,
    ): {
      readonly glyphs: readonly Glyph[];
      readonly positions: readonly {
        readonly xAdvance: number;
        readonly xOffset: number;
        readonly yOffset: number;
      }[];
    };
    createSubset(): Subset;
  }
  export function create(bytes: Uint8Array): ParsedFont;
}
