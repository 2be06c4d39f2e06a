import { expect } from 'chai';
import fc from 'fast-check';
import {
  checkCharacter,
  maskNumber,
  readDocument,
} from '../../../server/features/identity-documents/identity-document.rules.ts';
import type { DocumentType } from '../../../server/features/identity-documents/identity-document.rules.ts';

const TODAY = '2026-11-26';
const faultOf = (type: DocumentType, number: string): string | null => {
  const read = readDocument(type, number, TODAY);
  return 'fault' in read ? read.fault : null;
};

describe('identity documents', () => {
  const table: [DocumentType, string, string | null][] = [
    ['resident-id', '110101190001010014', null],
    ['resident-id', '11010119000101009X', null],
    ['resident-id', '11010119000101009x', null],
    ['resident-id', ' 110101 19000101 009Ｘ ', null],
    ['resident-id', '110101190001010015', 'document-check'],
    ['resident-id', '110101201802290010', 'document-date'],
    ['resident-id', '110101203001018884', 'document-future'],
    ['resident-id', '810000190001010018', 'document-area'],
    ['resident-id', '911999190001010013', 'document-area'],
    ['resident-id', '11010119000101001', 'document-form'],
    ['resident-id', '1101011900010100140', 'document-form'],
    ['resident-id', '', 'document-form'],
    ['resident-id', '$ne', 'document-form'],
    ['residence-permit', '810000190001010018', null],
    ['residence-permit', '82000019000101001X', null],
    ['residence-permit', '830000190001010011', null],
    ['residence-permit', '110101190001010014', 'document-area'],
    ['permanent-residence', '911999190001010013', null],
    ['permanent-residence', 'ABC123456789012', null],
    ['permanent-residence', 'AB1123456789012', 'document-form'],
    ['hk-macao-pass', 'H12345678', null],
    ['hk-macao-pass', 'm1234567890', null],
    ['hk-macao-pass', 'K12345678', 'document-form'],
    ['taiwan-pass', '12345678', null],
    ['taiwan-pass', '123456789', 'document-form'],
  ];
  for (const [type, number, fault] of table)
    it(`${fault ? `refuses (${fault})` : 'accepts'} "${number}" as ${type}`, () => {
      expect(faultOf(type, number)).to.equal(fault);
    });

  it('say the birth date, and flag a country that does not exist', () => {
    expect(readDocument('resident-id', '11010119000101009x', TODAY)).to.deep.include({
      number: '11010119000101009X',
      birthDate: '1900-01-01',
      warnings: [],
    });
    expect(readDocument('permanent-residence', '911999190001010013', TODAY)).to.deep.include({
      warnings: ['country-unknown'],
    });
  });

  it('notice every single wrong digit and every swap of neighbours', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 17, maxLength: 17 });
    fc.assert(
      fc.property(digits, fc.nat(16), fc.integer({ min: 1, max: 9 }), (all, at, by) => {
        const right = all.join('');
        const changed = all.map((digit, index) => (index === at ? (digit + by) % 10 : digit)).join('');
        expect(checkCharacter(changed)).to.not.equal(checkCharacter(right));
        if (at < 16 && all[at] !== all[at + 1]) {
          const swapped = all
            .with(at, all[at + 1] ?? 0)
            .with(at + 1, all[at] ?? 0)
            .join('');
          expect(checkCharacter(swapped)).to.not.equal(checkCharacter(right));
        }
      }),
    );
  });

  it('are shown by their ends only', () => {
    expect(maskNumber('110101190001010014')).to.equal('1•••••••••••••••14');
    expect(maskNumber('1234')).to.equal('••••');
  });
});
