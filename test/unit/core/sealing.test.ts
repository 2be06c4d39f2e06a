import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { openSeal, seal, SealBroken } from '../../../server/core/sealing.ts';

const keys = { currentId: '1', keys: new Map([['1', randomBytes(32)]]) };
const place = { tenant: 'platform', collection: 'c', document: 'd', field: 'f' };

describe('a sealed field', () => {
  it('opens to what was sealed, at its place, with a ring that has the key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        expect(openSeal(keys, seal(keys, text, place), place)).to.equal(text);
      }),
    );
    const later = { currentId: '2', keys: new Map([...keys.keys, ['2', randomBytes(32)]]) };
    expect(openSeal(later, seal(keys, 'x', place), place)).to.equal('x');
    expect(seal(later, 'x', place)).to.match(/^1\.2\./);
  });

  it('is never the same twice, and holds nothing readable', () => {
    const [one, other] = [seal(keys, '110101190001010014', place), seal(keys, '110101190001010014', place)];
    expect(one).to.not.equal(other);
    expect(Buffer.from(one.split('.')[3] ?? '', 'base64url').toString('latin1')).to.not.include('1101011900');
  });

  it('breaks with any bit flipped, a shortened tag, another place or a missing key', () => {
    const sealed = seal(keys, '110101190001010014', place);
    const [, , nonce = '', body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openSeal(keys, `1.1.${nonce}.${changed.toString('base64url')}`, place)).to.throw(
        SealBroken,
      );
    }
    const short = bytes.subarray(0, bytes.length - 12).toString('base64url');
    expect(() => openSeal(keys, `1.1.${nonce}.${short}`, place)).to.throw(SealBroken);
    for (const field of ['tenant', 'collection', 'document', 'field'])
      expect(() => openSeal(keys, sealed, { ...place, [field]: 'other' }), field).to.throw(SealBroken);
    expect(() => openSeal({ currentId: '2', keys: new Map() }, sealed, place)).to.throw(SealBroken);
    for (const broken of ['', '1', '1.1.x.y', '2.1.a.b', `${sealed}.x`])
      expect(() => openSeal(keys, broken, place), broken).to.throw(SealBroken);
  });
});
