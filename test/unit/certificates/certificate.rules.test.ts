import { expect } from 'chai';
import fc from 'fast-check';
import {
  buildStatement,
  certificateNumber,
  groupedCode,
  shownCode,
  isCalendarDate,
  maskName,
  normaliseCode,
  periodDays,
  periodRefusals,
  printable,
  statementKey,
  statementRefusals,
  summariseLines,
} from '../../../server/features/certificates/certificate.rules.ts';
import { newVerificationCode } from '../../../server/features/certificates/certificate.sign.ts';
import { sampleDraft, sampleEntry, sampleFacts } from './sample.ts';

describe('the period of a certificate', () => {
  const today = '2026-07-02';
  for (const [from, to, refusals] of [
    ['2026-01-01', '2026-06-30', []],
    ['2026-07-02', '2026-07-02', []],
    ['2026-06-30', '2026-01-01', ['period-reversed']],
    ['2026-07-01', '2026-07-03', ['period-in-future']],
    ['2026-08-02', '2026-08-01', ['period-reversed', 'period-in-future']],
    ['2026-02-30', '2026-06-30', ['period-malformed']],
    ['2026-1-1', '2026-06-30', ['period-malformed']],
    ['', '', ['period-malformed']],
  ] as const) {
    it(`from "${from}" to "${to}" meets ${refusals.join(' and ') || 'no objection'}`, () =>
      expect(periodRefusals({ from, to }, today)).to.deep.equal(refusals));
  }

  it('knows the calendar', () => {
    expect(isCalendarDate('2024-02-29')).to.equal(true);
    expect(isCalendarDate('2026-02-29')).to.equal(false);
    expect(isCalendarDate('2026-13-01')).to.equal(false);
    expect(periodDays({ from: '2026-01-01', to: '2026-12-31' })).to.equal(365);
  });
});

describe('what a certificate states', () => {
  it('is refused for hours that another tenant recorded (R-1.17)', () => {
    const entries = [sampleEntry(0), sampleEntry(1, { tenantId: 'tenant-2' })];
    expect(statementRefusals(sampleFacts({ entries }))).to.deep.equal(['recorded-elsewhere']);
    expect(() => buildStatement(sampleFacts({ entries }))).to.throw('recorded-elsewhere');
    expect(statementRefusals(sampleFacts({ entries: [sampleEntry(0)] }))).to.deep.equal([]);
  });

  for (const [what, change] of [
    ['no content', { activity: ' \u200b' }],
    ['no recording unit', { unit: '' }],
  ] as const) {
    it(`is refused for a record with ${what} (R-1.19)`, () =>
      expect(statementRefusals(sampleFacts({ entries: [sampleEntry(0, change)] }))).to.deep.equal([
        'record-incomplete',
      ]));
  }

  it('is refused outside the period, and for nothing at all', () => {
    const outside = sampleFacts({ entries: [sampleEntry(0, { serviceDate: '2025-12-31' })] });
    expect(statementRefusals(outside)).to.deep.equal(['outside-period']);
    expect(statementRefusals(sampleFacts({ entries: [] }))).to.deep.equal(['nothing-recorded']);
  });

  it('counts a reversal in and leaves out what was taken back', () => {
    const reversal = sampleEntry(0, { sequence: 9, hash: 'ff'.repeat(32), minutes: -90 });
    const correction = sampleEntry(1, { sequence: 10, hash: 'ee'.repeat(32), minutes: -15 });
    const entries = [sampleEntry(0), sampleEntry(1), reversal, correction];
    const draft = sampleDraft({ entries });
    expect(draft.lines.map((line) => line.minutes)).to.deep.equal([100]);
    expect(draft.totalMinutes).to.equal(100);
    expect(draft.ledger).to.deep.equal({ head: 'ee'.repeat(32), sequence: 10, entries: 4 });
    expect(statementRefusals(sampleFacts({ entries: [sampleEntry(0), reversal] }))).to.deep.equal([
      'nothing-recorded',
    ]);
  });

  it('adds up to the ledger entries it was built from, however many and in whatever order (S-59, F-33)', () => {
    const minutes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 700 });
    fc.assert(
      fc.property(minutes, fc.boolean(), (list, reversed) => {
        const entries = list.map((value, index) =>
          sampleEntry(index, { minutes: value, serviceDate: `2026-0${1 + (index % 6)}-1${index % 10}` }),
        );
        const draft = sampleDraft({ entries: reversed ? entries.toReversed() : entries });
        const sum = list.reduce((total, value) => total + value, 0);
        expect(draft.totalMinutes).to.equal(sum);
        expect(draft.lines.reduce((total, line) => total + line.minutes, 0)).to.equal(sum);
        expect(draft.lines.reduce((total, line) => total + line.services, 0)).to.equal(list.length);
        expect(draft.lines.length).to.be.at.most(300);
        expect(draft).to.deep.equal(sampleDraft({ entries }));
      }),
      { numRuns: 40 },
    );
  });

  it('names a place or leader of joined services only when it is the same for all', () => {
    const draft = sampleDraft({
      entries: [0, 1].map((index) =>
        sampleEntry(0, {
          hoursId: `h${index}`,
          sequence: index + 1,
          serviceDate: `2026-01-0${index + 1}`,
          leader: index === 0 ? '王秀英' : '李国强',
        }),
      ),
    });
    const [line] = summariseLines(draft.lines);
    expect(line).to.include({
      from: '2026-01-01',
      to: '2026-01-02',
      services: 2,
      place: '桐君街道春江社区',
      leader: '',
    });
  });

  it('keeps the same key when other hours are posted later, another when these change', () => {
    const key = (head: string) =>
      statementKey({
        tenantId: 't',
        personId: 'p',
        period: { from: '2026-01-01', to: '2026-06-30' },
        locale: 'en',
        ledgerHead: head,
      });
    const before = sampleDraft().ledger.head;
    expect(key(sampleDraft().ledger.head)).to.equal(key(before));
    const more = [...sampleFacts().entries, sampleEntry(8)];
    expect(key(sampleDraft({ entries: more }).ledger.head)).not.to.equal(key(before));
  });
});

describe('numbers, codes and names', () => {
  it('numbers by tenant, year and serial', () => {
    expect(certificateNumber('tonglu-sw', 2026, 42)).to.equal('TONGLU-SW-2026-000042');
    expect(() => certificateNumber('tonglu', 2026, 0)).to.throw(RangeError);
    expect(() => certificateNumber('…', 2026, 1)).to.throw(RangeError);
  });

  it('makes verification codes of 130 bits that survive being typed from paper (S-57)', () => {
    const codes = Array.from({ length: 1000 }, newVerificationCode);
    expect(new Set(codes).size).to.equal(1000);
    for (const code of codes) {
      expect(code).to.match(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(normaliseCode(groupedCode(code).toLowerCase())).to.equal(code);
    }
    // Every character at every place: no bit is fixed.
    for (let place = 0; place < 26; place++)
      expect(new Set(codes.map((code) => code[place])).size).to.equal(32);
    expect(normaliseCode('oil0-1 ')).to.equal('01101');
    expect(shownCode(' ktm33qcpe2-2fy')).to.equal('KTM33-QCPE2-2FY');
  });

  for (const [name, masked] of [
    ['张晓明', '张*明'],
    ['李明', '李*'],
    ['李', '李*'],
    ['欧阳晓明', '欧**明'],
    ['𬭎䶮㛃', '𬭎*㛃'],
    ['阿卜杜拉·买买提', '阿***·买**'],
    ['Anna Bell', 'A*** B***'],
    ['Li', 'L***'],
    ['张\u202e晓明', '张*明'],
    ['', ''],
  ] as const) {
    it(`shows ${JSON.stringify(name)} to the public as ${JSON.stringify(masked)}`, () =>
      expect(maskName(name)).to.equal(masked));
  }

  it('never shows a name of two or more characters whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 2, maxLength: 12 }), (name) => {
        fc.pre(Array.from(printable(name).replace(/[ ·•・]/g, '')).length > 1);
        // A star that somebody bears as a name hides behind a star.
        fc.pre(!name.includes('*'));
        expect(maskName(name)).to.include('*').and.not.equal(printable(name));
      }),
    );
  });

  it('prints no control, bidirectional, zero-width or private characters (S-44)', () => {
    expect(printable('a\u0000\u202eb\u2066c\u200b\ue000\ufeff\nd\u2028e\ud800')).to.equal('abc d e');
    expect(printable('  䶮㛃𬭎 <b>&amp;</b> ')).to.equal('䶮㛃𬭎 <b>&amp;</b>');
    expect(printable('葛\u{e0100}')).to.equal('葛');
    expect(printable('\uf9d1'), 'a compatibility ideograph keeps its shape').to.equal('\uf9d1');
    expect(printable('e\u0301')).to.equal('é');
  });
});
