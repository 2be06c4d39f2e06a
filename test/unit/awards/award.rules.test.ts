import { expect } from 'chai';
import fc from 'fast-check';
import {
  awardFaults,
  awardKey,
  checksFor,
  whyNotRecord,
} from '../../../server/features/awards/award.rules.ts';
import type { AwardFacts } from '../../../server/features/awards/award.rules.ts';

const award = (changes: Partial<AwardFacts> = {}): AwardFacts => ({
  origin: 'other',
  level: null,
  name: '优秀志愿者',
  awardedOn: '2026-03-05',
  awardedBy: '桐君街道',
  ...changes,
});
const codes = (changes: Partial<AwardFacts>): string[] =>
  awardFaults(award(changes), '2026-11-20').map(({ path, code }) => `${path}: ${code}`);

/** R-1.11: award name, date, awarding unit; own awards, a government's from the county up, other bodies'. */
describe('an award', () => {
  for (const [what, changes, expected] of [
    ['of another body', {}, []],
    ['of today', { awardedOn: '2026-11-20' }, []],
    ['of the future', { awardedOn: '2026-11-21' }, ['awardedOn: award-in-future']],
    ['of nobody', { awardedBy: '' }, ['awardedBy: required']],
    ['of a county', { origin: 'government', level: 'county' }, []],
    ['of a government that is not said', { origin: 'government' }, ['level: required']],
    ['of another body with a level', { level: 'city' }, ['level: award-level-of-government']],
  ] as const)
    it(`${what} has ${expected.length === 0 ? 'no fault' : expected.join()}`, () => {
      expect(codes(changes as Partial<AwardFacts>)).to.deep.equal(expected);
    });

  it('is the same award however its name is set', () => {
    const key = awardKey(award());
    expect(awardKey(award({ name: '《优秀 志愿者》' }))).to.equal(key);
    expect(awardKey(award({ awardedBy: '桐君街道 ' }))).to.equal(key);
    expect(awardKey(award({ origin: 'own' }))).to.equal(key);
    for (const other of [{ name: '优秀志愿者标兵' }, { awardedOn: '2026-03-06' }, { awardedBy: '城南街道' }])
      expect(awardKey(award(other))).not.to.equal(key);
  });

  it('never has one key for two days', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, awardedBy) => {
        const one = awardKey({ name, awardedBy, awardedOn: '2026-01-01' });
        expect(awardKey({ name, awardedBy, awardedOn: '2026-01-02' })).not.to.equal(one);
      }),
    );
  });

  it('is recorded once it is said how it was verified, a government’s on evidence', () => {
    const check = 'original' as const;
    expect(whyNotRecord({ origin: 'other' }, { check: null, files: 2 })?.code).to.equal('required');
    expect(whyNotRecord({ origin: 'other' }, { check, files: 0 })).to.equal(null);
    expect(whyNotRecord({ origin: 'government' }, { check, files: 0 })?.code).to.equal(
      'award-evidence-needed',
    );
    expect(whyNotRecord({ origin: 'government' }, { check, files: 1 })).to.equal(null);
    expect(whyNotRecord({ origin: 'other' }, { check: 'own-files', files: 1 })?.code).to.equal(
      'not-an-option',
    );
    expect(checksFor('own')).to.include('own-files');
  });
});
