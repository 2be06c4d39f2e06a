import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson, NotCanonical, parseCanonicalJson } from '../../../server/core/canonical-json.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** RFC 8785, appendix B: the bits of a double and how it is written. */
const NUMBERS: readonly [bits: string, text: string][] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

const fromBits = (hex: string): number => Buffer.from(hex, 'hex').readDoubleBE(0);

describe('canonical JSON (RFC 8785)', () => {
  it('writes the sample of section 3.2.2 byte for byte', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const expected =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e' +
      '333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c' +
      '6e412742' +
      '5c225c5c5c5c5c222f227d';
    expect(Buffer.from(canonicalJson(JSON.parse(input))).toString('hex')).to.equal(expected);
  });

  it('orders members by UTF-16 code units, as in section 3.2.3', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson({ sample })) as object)).to.have.length(1);
    const order = [...canonicalJson(sample).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
    expect(order).to.deep.equal([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  for (const [bits, text] of NUMBERS) {
    it(`writes the double ${bits} as ${text}`, () => expect(canonicalJson(fromBits(bits))).to.equal(text));
  }

  for (const [what, value] of [
    ['NaN', fromBits('7fffffffffffffff')],
    ['infinity', fromBits('7ff0000000000000')],
    ['undefined', { a: undefined }],
    ['a function', { a: () => 1 }],
    ['a big integer', 1n],
    ['a date', new Date(0)],
    ['half a character', 'a\ud800'],
    ['half a character in a key', { 'a\udc00': 1 }],
    ['endless nesting', Array.from({ length: 80 }).reduce<unknown>((inner) => [inner], 1)],
  ] as const) {
    it(`refuses ${what}`, () => expect(() => canonicalJson(value)).to.throw(NotCanonical));
  }

  it('reads back exactly what it wrote, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(parseCanonicalJson(utf8(text)))).to.equal(text);
      }),
    );
  });

  for (const [what, text] of [
    ['white space', '{"a": 1}'],
    ['a final line break', '{"a":1}\n'],
    ['another order', '{"b":1,"a":2}'],
    ['a member given twice', '{"a":1,"a":1}'],
    ['another spelling of a number', '{"a":1.0}'],
    ['another escape', String.raw`{"a":"\u0041"}`],
    ['a byte-order mark', '\ufeff{"a":1}'],
    ['something behind it', '{"a":1}{}'],
    ['nothing', ''],
  ] as const) {
    it(`does not read ${what}`, () => expect(() => parseCanonicalJson(utf8(text))).to.throw(NotCanonical));
  }

  it('does not read bytes that are no UTF-8', () => {
    expect(() => parseCanonicalJson(Uint8Array.from([0x22, 0xc3, 0x28, 0x22]))).to.throw(NotCanonical);
  });

  it('keeps a member named __proto__ a plain member', () => {
    const text = '{"__proto__":{"a":1}}';
    expect(canonicalJson(parseCanonicalJson(utf8(text)))).to.equal(text);
  });
});
