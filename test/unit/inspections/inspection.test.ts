import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { csvLines, plainCell, readCsvLines } from '../../../server/core/csv.ts';
import {
  createPacker,
  NotAnArchive,
  unpack,
} from '../../../server/features/inspections/inspection.archive.ts';
import { exportRefusal, sumsOf } from '../../../server/features/inspections/inspection.rules.ts';

const SURROGATES = 0x800;
/**
 * Any code point, as `unit: 'binary'` has it. The library's own would first write down each of the million of them, which takes
 * longer than all that is tested with it.
 */
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff - SURROGATES }).map(
  (n) => String.fromCodePoint(n < 0xd800 ? n : n + SURROGATES),
  (character) => {
    const point = (character as string).codePointAt(0) ?? 0;
    return point < 0xd800 ? point : point - SURROGATES;
  },
);

describe('tables for spreadsheets', () => {
  it('run no cell, and give back exactly what was written', () => {
    for (const text of ['=1+1', '+cmd', '-2', '@x', '\t=1', '\r\n=1', '  =1', '＝1', "'=1", "'"])
      expect(csvLines([[text]]).replace(/^"/, ''), text).to.match(/^'/);
    for (const number of [-30, 0, 12]) expect(csvLines([[number]])).to.equal(`${number}\r\n`);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ unit: anyCharacter }))), (rows) => {
        const text = csvLines(rows, ['a', 'b']);
        expect(text.startsWith('\uFEFFa,b\r\n')).to.equal(true);
        expect(readCsvLines(text).map(({ a, b }) => [a, b])).to.deep.equal(rows);
      }),
    );
    expect(plainCell("'=1")).to.equal('=1');
  });
});

describe('an archive', () => {
  const packed = async (files: Record<string, Buffer[]>): Promise<{ bytes: Buffer; pieces: number }> => {
    const pieces: Buffer[] = [];
    const packer = createPacker(new Date('2026-03-01T00:00:00Z'), (piece, place) => {
      expect(place).to.equal(pieces.length);
      pieces.push(piece);
      return Promise.resolve();
    });
    for (const [name, parts] of Object.entries(files)) await packer.add(name, parts);
    const end = await packer.end();
    expect(end.pieces).to.equal(pieces.length);
    expect(end.bytes).to.equal(Buffer.concat(pieces).length);
    return { bytes: Buffer.concat(pieces), pieces: pieces.length };
  };

  it('is made piece by piece and holds what was put in', async () => {
    const noise = randomBytes(3_000_000);
    const { bytes, pieces } = await packed({
      'a.csv': [Buffer.from('one\r\n'), Buffer.from('two\r\n')],
      'b.csv': [],
      'c.csv': [noise.subarray(0, 1_234_567), noise.subarray(1_234_567)],
    });
    expect(pieces).to.be.greaterThan(1);
    const files = unpack(bytes);
    expect([...files.keys()]).to.deep.equal(['a.csv', 'b.csv', 'c.csv']);
    expect(Buffer.from(files.get('a.csv') ?? []).toString()).to.equal('one\r\ntwo\r\n');
    expect(Buffer.from(files.get('c.csv') ?? []).equals(noise)).to.equal(true);
  });

  it('is told from anything else', () => {
    for (const bytes of [
      Buffer.from(''),
      Buffer.from('%PDF-1.7'),
      zipSync({ a: Buffer.from('x') }).subarray(0, 20),
    ])
      expect(() => unpack(bytes)).to.throw(NotAnArchive);
  });
});

describe('what an authority is given', () => {
  it('is of a period that is over, and no longer than five years', () => {
    const today = '2026-06-30';
    expect(exportRefusal({ from: '2026-01-01', to: '2026-06-30' }, today)).to.equal(null);
    expect(exportRefusal({ from: '2021-06-27', to: '2026-06-30' }, today)).to.equal(null);
    expect(exportRefusal({ from: '2021-06-26', to: '2026-06-30' }, today)).to.equal('period-too-long');
    expect(exportRefusal({ from: '2026-06-01', to: '2026-05-01' }, today)).to.equal('period-reversed');
    expect(exportRefusal({ from: '2026-06-01', to: '2026-07-01' }, today)).to.equal('period-in-future');
    expect(exportRefusal({ from: '2026-02-30', to: '2026-05-01' }, today)).to.equal('period-malformed');
  });

  it('adds up people’s lines of the ledger only, and what was taken back by itself', () => {
    const line = { account: 'person:1', cause: 'hours', minutes: 120 };
    expect(sumsOf('entries', line)).to.deep.equal({ entries: 1, postedMinutes: 120, reversedMinutes: 0 });
    expect(sumsOf('entries', { ...line, account: 'shift:1', minutes: -120 })).to.deep.equal({
      entries: 1,
      postedMinutes: 0,
      reversedMinutes: 0,
    });
    expect(sumsOf('entries', { ...line, cause: 'reversal', minutes: -120 })).to.deep.equal({
      entries: 1,
      postedMinutes: -120,
      reversedMinutes: 120,
    });
  });
});
