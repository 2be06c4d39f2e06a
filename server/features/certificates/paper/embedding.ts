import { deflateSync } from 'node:zlib';
import type { Subset } from 'fontkit';
import type { Face, Placed, Run } from './faces.ts';
import { DEFLATED, num } from './file.ts';
import type { PdfFile } from './file.ts';

/** A face as one document uses it. */
export class EmbeddedFace {
  readonly face: Face;
  /** Its name among the document's resources. */
  readonly key: string;
  readonly #subset: Subset;
  readonly #codes = new Map<number, string>();
  readonly #widths: number[] = [];
  readonly #unicode: (readonly number[])[] = [];
  readonly #texts = new Map<Run, string | null>();

  constructor(face: Face, key: string) {
    this.face = face;
    this.key = key;
    this.#subset = face.parsed.createSubset();
    this.#widths[0] = num((face.parsed.getGlyph(0).advanceWidth * 1_000) / face.parsed.unitsPerEm);
    this.#unicode[0] = [0];
  }

  /** What shows a glyph, four hexadecimal digits. */
  code({ glyph, width, codePoints }: Placed): string {
    let code = this.#codes.get(glyph);
    if (code === undefined) {
      const id = this.#subset.includeGlyph(glyph);
      code = id.toString(16).padStart(4, '0');
      this.#codes.set(glyph, code);
      this.#widths[id] = num(width);
      this.#unicode[id] = codePoints;
    }
    return code;
  }

  /** The operand that shows a run on its line; null when a glyph of it leaves the line. */
  shown(run: Run): string | null {
    let found = this.#texts.get(run);
    if (found === undefined) this.#texts.set(run, (found = this.#operand(run)));
    return found;
  }

  #operand({ placed }: Run): string | null {
    let out = '[<';
    for (const one of placed) {
      if (one.dx !== 0 || one.dy !== 0) return null;
      out += this.code(one);
      if (one.kern !== 0) out += `> ${num(-one.kern)} <`;
    }
    return `${out}>]`;
  }

  /** Writes the font with the glyphs that were used. */
  embed(file: PdfFile, id: number): void {
    const { parsed } = this.face;
    const scale = 1_000 / parsed.unitsPerEm;
    // Six letters that tell subsets apart.
    const name = `LINL${this.key.charAt(1) === '1' ? 'IA' : this.key.charAt(1) === '2' ? 'IB' : 'IC'}+${parsed.postscriptName}`;
    const bytes = this.#subset.encode();
    const program = file.writeStream(`/Length1 ${bytes.length}${DEFLATED}`, deflateSync(bytes, { level: 6 }));
    const { minX, minY, maxX, maxY } = parsed.bbox;
    const box = [minX, minY, maxX, maxY].map((value) => num(value * scale)).join(' ');
    const descriptor = file.write(
      `<</Type/FontDescriptor/FontName/${name}/Flags 4/FontBBox [${box}]/ItalicAngle ${parsed.italicAngle}/Ascent ${num(parsed.ascent * scale)}/Descent ${num(parsed.descent * scale)}/CapHeight ${num((parsed.capHeight || parsed.ascent) * scale)}/XHeight ${num(parsed.xHeight * scale)}/StemV 0/FontFile2 ${program} 0 R>>`,
    );
    const descendant = file.write(
      `<</Type/Font/Subtype/CIDFontType2/BaseFont/${name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor ${descriptor} 0 R/W [0 [${this.#allWidths().join(' ')}]]/CIDToGIDMap/Identity>>`,
    );
    const cmap = Buffer.from(unicodeMap(this.#unicode), 'latin1');
    const toUnicode = file.writeStream(DEFLATED, deflateSync(cmap));
    file.write(
      `<</Type/Font/Subtype/Type0/BaseFont/${name}/Encoding/Identity-H/DescendantFonts [${descendant} 0 R]/ToUnicode ${toUnicode} 0 R>>`,
      id,
    );
  }

  /** Parts of compound glyphs come into the font without ever being shown. */
  #allWidths = (): number[] => Array.from(this.#subset.glyphs, (_id, at) => this.#widths[at] ?? 0);
}

/** Which characters a glyph stands for, so that text can be searched and copied. */
function unicodeMap(unicode: readonly (readonly number[] | undefined)[]): string {
  const entries = Array.from(unicode, (codePoints) => {
    const text = String.fromCodePoint(...(codePoints ?? []));
    return `<${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
  });
  const ranges: string[] = [];
  for (let start = 0; start < entries.length; start += 256) {
    const part = entries.slice(start, start + 256);
    ranges.push(`<${hex4(start)}> <${hex4(start + part.length - 1)}> [${part.join(' ')}]`);
  }
  return `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000><ffff>
endcodespacerange
${ranges.length} beginbfrange
${ranges.join('\n')}
endbfrange
endcmap
CMapName currentdict /CMap defineresource pop
end
end`;
}

const hex4 = (value: number): string => value.toString(16).padStart(4, '0');
