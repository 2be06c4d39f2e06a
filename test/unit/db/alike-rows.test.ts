import { expect } from 'chai';
import fc from 'fast-check';
import { BSON, Decimal128, Long, ObjectId } from 'mongodb';
import { AlikeRows } from '../../../server/db/alike-rows.ts';

interface Row {
  readonly [field: string]: unknown;
}

const rows = (): AlikeRows<Row> => new AlikeRows<Row>({ whole: ['w', 'county'], entries: ['e', 'skills'] });

/** What the database sends, within the longer message that it comes in. */
function sent(row: object): Uint8Array {
  const bytes = BSON.serialize(row);
  const message = new Uint8Array(bytes.length + 14).fill(7);
  message.set(bytes, 5);
  return message.subarray(5, 5 + bytes.length);
}

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(new ObjectId('5a000000000000000000c031'), new ObjectId()),
  fc.constantFrom(Long.fromString('9007199254740993'), Decimal128.fromString('1.50')),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('code', 'level', 'w', 'e'), tie('value'), { maxKeys: 3 }),
  ),
}));
const names = fc.constantFrom('_id', 'w', 'e', 'county', 'skills', 'a', 'ab', '名', '__proto__', 'w');

describe('rows that are alike', () => {
  it('are what the library makes of the same bytes, whatever they hold and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.tuple(names, value), { maxLength: 6 }), { maxLength: 8 }), (some) => {
        const reader = rows();
        // Twice: the second time everything is known.
        for (const fields of [...some, ...some]) {
          const bytes = sent(new Map(fields));
          expect(reader.of(bytes)).to.deep.equal(BSON.deserialize(bytes));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('share what they have alike, as a whole or entry by entry', () => {
    const reader = rows();
    const one = {
      w: ['zh', 'en'],
      e: [
        { code: 'cooking', level: 2 },
        { code: 'driving', level: 1 },
      ],
    };
    const other = { w: ['zh', 'en'], e: [{ code: 'driving', level: 1 }] };
    const [a, b] = [one, other].map((row) => reader.of(sent(row)) as unknown as typeof one);
    expect(a?.w).to.equal(b?.w);
    expect(a?.e[1]).to.equal(b?.e[0]);
    expect(a?.e).not.to.equal(b?.e);
  });

  it('tell values of different types apart that have the same bytes', () => {
    const reader = rows();
    for (const row of [{ w: [] }, { w: {} }, { w: [] }, { e: [[]] }, { e: [{}] }, { e: [[]] }, { e: {} }])
      expect(reader.of(sent(row))).to.deep.equal(row);
  });

  it('keep nothing of the message that they came in', () => {
    const bytes = sent({ _id: new ObjectId('5a000000000000000000c031') });
    const { _id } = rows().of(bytes);
    bytes.fill(0);
    expect(String(_id)).to.equal('5a000000000000000000c031');
  });

  it('go on when there are more different ones than are remembered', () => {
    const reader = rows();
    for (let i = 0; i < 20_100; i++) {
      const row = { w: [`w${i}`], e: [{ code: `e${i}` }] };
      const read = reader.of(sent(row));
      if (i < 5 || i > 20_090) expect(read).to.deep.equal(row);
    }
  });
});
