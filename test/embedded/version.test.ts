import { expect } from 'chai';
import { canOpen, compareVersions, isSupported } from '../../server/db/embedded/version.ts';

describe('Versions of MongoDB', () => {
  it('are compared by number, not by letter', () => {
    expect(compareVersions('6.0.5', '6.0.20')).to.be.lessThan(0);
    expect(compareVersions('10.0.0', '8.0.21')).to.be.greaterThan(0);
    expect(compareVersions('8.0.21-rc0', '8.0.21')).to.equal(0);
  });

  const floors: [string, boolean][] = [
    ['6.0.5', false],
    ['7.0.31', false],
    ['7.0.32', true],
    ['8.0.20', false],
    ['8.0.21', true],
    ['8.2.1', true],
    ['9.0.0', true],
  ];
  for (const [version, supported] of floors) {
    it(`${version} ${supported ? 'is' : 'is not'} good enough for production`, () => {
      expect(isSupported(version)).to.equal(supported);
    });
  }

  it('open data of their own series only, and never of a newer release', () => {
    expect(canOpen('6.0.20', '6.0.5')).to.equal(true);
    expect(canOpen('8.2.0', '8.0.21')).to.equal(true);
    expect(canOpen('8.0.21', '8.2.0')).to.equal(false);
    expect(canOpen('8.0.21', '6.0.5')).to.equal(false);
  });
});
