import { expect } from 'chai';
import { Invalid } from '../../../server/core/errors.ts';
import {
  decodeTable,
  decodeText,
  detectDelimiter,
  FILE_LIMITS,
} from '../../../server/features/imports/import.decode.ts';

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const refusal = (bytes: Uint8Array): string => {
  try {
    decodeTable(bytes);
    return 'read';
  } catch (err) {
    if (err instanceof Invalid) return err.issues[0]?.code ?? '';
    throw err;
  }
};

/** 标题,地点 / 读报,桐庐 in GB18030. */
const GB18030 = new Uint8Array([
  0xb1, 0xea, 0xcc, 0xe2, 0x2c, 0xb5, 0xd8, 0xb5, 0xe3, 0x0a, 0xb6, 0xc1, 0xb1, 0xa8, 0x2c, 0xcd, 0xa9, 0xc2,
  0xae, 0x0a,
]);

describe('a file as a text', () => {
  it('is UTF-8 with or without its mark, UTF-16 by its mark, else GB18030', () => {
    expect(decodeTable(utf8('\uFEFF标题,地点\n读报,桐庐\n')).columns).to.deep.equal(['标题', '地点']);
    const le = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('标题,地点\n读报,桐庐\n', 'utf16le')]);
    const be = Buffer.from(le).swap16();
    for (const [bytes, encoding] of [
      [le, 'utf-16le'],
      [be, 'utf-16be'],
      [GB18030, 'gb18030'],
    ] as const) {
      const table = decodeTable(bytes);
      expect(table.encoding).to.equal(encoding);
      expect(table.rows[0]?.cells).to.deep.equal({ 标题: '读报', 地点: '桐庐' });
    }
  });

  it('is refused when it is something else', () => {
    expect(refusal(new Uint8Array())).to.equal('file-empty');
    expect(refusal(utf8(' \n \n'))).to.equal('file-empty');
    expect(refusal(utf8('a,b\n1\0,2\n'))).to.equal('file-not-text');
    expect(refusal(utf8('%PDF-1.7,x'))).to.equal('file-not-text');
    expect(refusal(new Uint8Array([0x50, 0x4b, 0x03, 0x04, 0x2c]))).to.equal('file-is-workbook');
    expect(refusal(Buffer.from('caf\xe9,x\n1,2\n', 'latin1'))).to.equal('file-encoding');
    expect(refusal(new Uint8Array(FILE_LIMITS.bytes + 1))).to.equal('file-too-large');
    expect(() => decodeText(utf8('plain words'))).not.to.throw();
  });
});

describe('a text as a table', () => {
  it('is split by the character that splits its header', () => {
    expect(detectDelimiter('a,b;c,d\n')).to.equal(',');
    expect(detectDelimiter('a;b;c\n1,5;2;3')).to.equal(';');
    expect(detectDelimiter('a\tb, c\td\n')).to.equal('\t');
    expect(detectDelimiter('标题，地点，人数\n')).to.equal('，');
    expect(detectDelimiter('"a,b,c,d";e;f\n')).to.equal(';');
    expect(detectDelimiter('words\nmore words\n')).to.equal(null);
    expect(decodeTable(utf8('标题，地点\n读报，桐庐\n')).rows[0]?.cells).to.deep.equal({
      标题: '读报',
      地点: '桐庐',
    });
  });

  it('keeps quoted commas, quotes and line breaks inside a cell', () => {
    const { rows } = decodeTable(utf8('a,b\n"x, ""y""\nz",2\n\n,\n3,4\n'));
    expect(rows.map(({ cells }) => cells)).to.deep.equal([
      { a: 'x, "y"\nz', b: '2' },
      { a: '3', b: '4' },
    ]);
  });

  it('gives every column a name of its own, none that could do harm', () => {
    const { columns, rows } = decodeTable(utf8('a,a,,__proto__,$where,x.y\n1,2,3,4,5,6\n'));
    expect(columns).to.deep.equal(['a', 'a (2)', 'column 3', '___proto__', '_$where', 'x·y']);
    expect(Object.keys(rows[0]?.cells ?? {})).to.deep.equal(columns);
  });

  it('marks rows whose cells do not fit the header, but not empty cells at their end', () => {
    const { rows } = decodeTable(utf8('a,b\n1,2,,\n1,2,3\n1\n'));
    expect(rows.map(({ ragged }) => ragged)).to.deep.equal([false, true, true]);
  });

  it('is refused beyond its limits, and when a quotation mark swallows it', () => {
    expect(refusal(utf8('a,b\n'))).to.equal('file-no-rows');
    expect(refusal(utf8(`a,b\n${'1,2\n'.repeat(FILE_LIMITS.rows + 1)}`))).to.equal('file-too-many-rows');
    expect(decodeTable(utf8(`a,b\n${'1,2\n'.repeat(FILE_LIMITS.rows)}`)).rows).to.have.length(
      FILE_LIMITS.rows,
    );
    expect(refusal(utf8(`${'a,'.repeat(FILE_LIMITS.columns)}b\n1,2\n`))).to.equal('file-too-many-columns');
    expect(refusal(utf8(`${'a,'.repeat(149)}b\n${`${','.repeat(148)}x,y\n`.repeat(7_000)}`))).to.equal(
      'file-too-many-cells',
    );
    expect(refusal(utf8(`a,b\n${'x'.repeat(FILE_LIMITS.fieldCharacters + 1)},1\n`))).to.equal(
      'file-field-too-long',
    );
    expect(refusal(utf8(`a,b\n"${'x'.repeat(2 * FILE_LIMITS.recordCharacters)}",1\n`))).to.equal(
      'file-row-too-long',
    );
    expect(refusal(utf8('a,b\n"open,1\n2,3\n'))).to.equal('file-quotes');
  });
});
