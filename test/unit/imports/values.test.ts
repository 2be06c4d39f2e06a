import { expect } from 'chai';
import fc from 'fast-check';
import { parsePythonDict } from '../../../server/features/imports/import.python.rules.ts';
import {
  cleanLine,
  cleanProse,
  cut,
  flattenFormula,
  isFormula,
} from '../../../server/features/imports/import.text.rules.ts';
import {
  readCoordinates,
  readDate,
  readLocality,
  readNumber,
  readTime,
} from '../../../server/features/imports/import.value.rules.ts';

/** The value, or the code of why there is none. */
const said = <T>(read: { value: T } | { code: string }): T | string =>
  'value' in read ? read.value : read.code;

describe('dates of files', () => {
  const written: [string, string][] = [
    ['June 05 2011', '2011-06-05'],
    ['September 30, 2012', '2012-09-30'],
    ['Sept. 3rd 2012', '2012-09-03'],
    ['5 Jun 2011', '2011-06-05'],
    ['2011-06-05', '2011-06-05'],
    ['2011-06-05T09:30:00.000Z', '2011-06-05'],
    ['2011/6/5', '2011-06-05'],
    ['20110605', '2011-06-05'],
    ['2011年6月5日', '2011-06-05'],
    ['05.06.2011', '2011-06-05'],
    ['6/25/2011', '2011-06-25'],
    ['25/6/2011', '2011-06-25'],
    ['5/5/2011', '2011-05-05'],
    ['February 29 2012', '2012-02-29'],
    ['  June\u00a005 2011 ', '2011-06-05'],
    ['June 31 2011', 'not-a-date'],
    ['February 29 2011', 'not-a-date'],
    ['Juno 05 2011', 'not-a-date'],
    ['soon', 'not-a-date'],
    ['5/6/11', 'not-a-date'],
    ['5/6/2011', 'date-ambiguous'],
    ['13/13/2011', 'not-a-date'],
    ['0000-00-00', 'not-a-date'],
  ];
  for (const [text, expected] of written)
    it(`reads ${JSON.stringify(text)} as ${expected}`, () => expect(said(readDate(text))).to.equal(expected));

  it('reads an ambiguous one by the order that the mapping names', () => {
    expect(said(readDate('5/6/2011', 'mdy'))).to.equal('2011-05-06');
    expect(said(readDate('5/6/2011', 'dmy'))).to.equal('2011-06-05');
    expect(said(readDate('25/6/2011', 'mdy'))).to.equal('not-a-date');
  });

  it('never throws and never makes up a day', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(said(readDate(text))).to.match(/^(\d{4}-\d{2}-\d{2}|not-a-date|date-ambiguous)$/);
      }),
    );
  });
});

describe('times and numbers of files', () => {
  const times: [string, number | string][] = [
    ['9:00', 540],
    ['09:30:00', 570],
    ['0930', 570],
    ['9:30 PM', 1_290],
    ['12 a.m.', 0],
    ['12:15pm', 735],
    ['下午2点30分', 870],
    ['上午9点', 540],
    ['14：30', 870],
    ['24:00', 'not-a-time'],
    ['9', 'not-a-time'],
    ['13 pm', 'not-a-time'],
    ['10:75', 'not-a-time'],
    ['morning', 'not-a-time'],
  ];
  for (const [text, expected] of times)
    it(`reads the time ${text} as ${expected}`, () => expect(said(readTime(text))).to.equal(expected));

  const numbers: [string, number | string][] = [
    ['3', 3],
    ['2,700', 2_700],
    ['-73.98', -73.98],
    ['1e5', 'not-a-number'],
    ['0x10', 'not-a-number'],
    ['Infinity', 'not-a-number'],
    ['1,2', 'not-a-number'],
    ['ten', 'not-a-number'],
  ];
  for (const [text, expected] of numbers)
    it(`reads the number ${text} as ${expected}`, () => expect(said(readNumber(text))).to.equal(expected));
});

describe('places of files', () => {
  const human = '{"address": "5 Example St", "city": "Exampleville", "state": "NY", "zip": "10010"}';

  it('reads coordinates, and refuses what is not on earth or means "unknown"', () => {
    expect(said(readCoordinates('40.74053152272978', '-73.98923053'))).to.deep.equal({
      latitude: 40.740532,
      longitude: -73.989231,
    });
    expect(said(readCoordinates('-73.9', '140.7'))).to.deep.equal({ latitude: -73.9, longitude: 140.7 });
    expect(said(readCoordinates('140.7', '-73.9'))).to.equal('coordinate-out-of-range');
    expect(said(readCoordinates('0', '0.000'))).to.equal('not-a-coordinate');
    expect(said(readCoordinates('40.7', ''))).to.equal('not-a-coordinate');
    expect(said(readCoordinates('NaN', '1'))).to.equal('not-a-coordinate');
  });

  it('reads a printed Python dictionary with an address in JSON inside', () => {
    const text = `{'longitude': '-73.9', 'latitude': '40.7', 'human_address': '${human}'}`;
    expect(said(readLocality(text))).to.deep.equal({
      coordinates: { latitude: 40.7, longitude: -73.9 },
      address: '5 Example St',
      city: 'Exampleville',
      state: 'NY',
      zip: '10010',
    });
  });

  it('reads its quotes, escapes, None and any order of keys', () => {
    const escaped = `{"human_address": '{"address": "17 Sample\\'s Row"}', 'latitude': None, 'longitude': -73.9}`;
    expect(said(readLocality(escaped))).to.deep.include({
      coordinates: null,
      address: "17 Sample's Row",
      city: '',
    });
    const doubled = `{'human_address': "{\\"address\\": \\"1 Caf\\u00e9 Sq\\"}", 'latitude': '1', 'longitude': '2',}`;
    expect(said(readLocality(doubled))).to.deep.include({ address: '1 Café Sq' });
    expect(said(readLocality('{}'))).to.deep.include({ coordinates: null, address: '' });
  });

  it('refuses everything else without running it', () => {
    for (const text of [
      `__import__('os').system('true')`,
      `{'latitude': __import__('os')}`,
      `{'a': {'b': 'c'}}`,
      `{'a': 'b'} or 1`,
      `{'a': 'unclosed`,
      `{'human_address': '{broken json'}`,
      `{'human_address': '[1]x'}`,
      '[1, 2]',
      `{'a': '${'x'.repeat(5_000)}'}`,
    ])
      expect(said(readLocality(text)), text.slice(0, 40)).to.equal('not-a-locality');
    const strange = parsePythonDict(`{'__proto__': 'x', 'human_address': '{"__proto__": {"address": "y"}}'}`);
    expect(strange?.get('__proto__')).to.equal('x');
    expect(({} as Record<string, unknown>)['address']).to.equal(undefined);
  });

  it('reads back what Python would print of any texts', () => {
    const print = (text: string): string =>
      `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}'`;
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 }), { maxKeys: 10 }),
        (entries) => {
          const printed = `{${Object.entries(entries)
            .map(([key, value]) => `${print(key)}: ${print(value)}`)
            .join(', ')}}`;
          expect(Object.fromEntries(parsePythonDict(printed) ?? [])).to.deep.equal(
            Object.fromEntries(Object.entries(entries)),
          );
        },
      ),
    );
  });
});

describe('texts of files', () => {
  it('loses what nobody can see, and keeps what people wrote', () => {
    expect(cleanLine('a\u0000b\u200B\u202Ec\uFEFF \t d\r\ne')).to.equal('abc d e');
    expect(cleanProse(' one \r\n\r\n\r\n\r\ntwo\u0007 ')).to.equal('one\n\ntwo');
    expect(cleanLine('e\u0301 👩‍👩‍👧 \uD800x')).to.equal('é 👩‍👩‍👧 x');
  });

  it('is cut between characters, never inside one', () => {
    expect(cut('abcdef', 6)).to.equal('abcdef');
    expect(cut('abcdefg', 6)).to.equal('abcde…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, max) => {
        const short = cut(text, max);
        expect(short.length).to.be.at.most(max);
        expect(short.isWellFormed()).to.equal(text.isWellFormed() || short.isWellFormed());
      }),
    );
  });

  it('tells a spreadsheet’s quoted text from its formulas', () => {
    expect(flattenFormula('="00123"')).to.equal('00123');
    expect(isFormula('="00123"')).to.equal(false);
    expect(isFormula('=HYPERLINK("http://x.example","y")')).to.equal(true);
    expect(isFormula('=A1+B1')).to.equal(true);
    expect(isFormula('-73.9')).to.equal(false);
    expect(isFormula('5 = five')).to.equal(false);
  });
});
