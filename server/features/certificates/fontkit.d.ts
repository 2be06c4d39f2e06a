/** What certificates use of fontkit, which has no types of its own. */
declare module 'fontkit' {
  export interface Subset {
    readonly glyphs: readonly number[];
    readonly glyf: Uint8Array[];
    readonly loca: { readonly offsets: number[] };
    readonly hmtx: { readonly metrics: { advance: number; bearing: number }[] };
    offset: number;
    /** Adds a glyph to what is embedded; returns its number there. */
    _addGlyph(id: number): number;
  }
  export interface ParsedFont {
    hasGlyphForCodePoint(codePoint: number): boolean;
    createSubset(): Subset;
  }
  export function create(bytes: Uint8Array): ParsedFont;
}
