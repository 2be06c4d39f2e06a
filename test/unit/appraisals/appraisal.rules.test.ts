import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSheet, saidFaults } from '../../../server/features/appraisals/appraisal.rules.ts';
import type { ForAll, SheetLine } from '../../../server/features/appraisals/appraisal.rules.ts';

const all = (changes: Partial<ForAll> = {}): ForAll => ({
  quality: 'good',
  completion: 'all',
  feedback: null,
  feedbackText: '',
  ...changes,
});
const line = (id: string, changes: Partial<SheetLine> = {}): SheetLine => ({
  id,
  quality: null,
  completion: null,
  note: '',
  ...changes,
});
const faults = (...args: Parameters<typeof readSheet>): string[] =>
  readSheet(...args).faults.map(({ path, code }) => `${path}: ${code}`);

/** service quality and evaluation date; may use task completion and the recipient's feedback. */
describe('the sheet of a shift', () => {
  it('says of each what is said of all, but where they differ', () => {
    const { said } = readSheet(all({ feedback: 'satisfied', feedbackText: '很好' }), [
      line('a'),
      line('b', { quality: 'outstanding', completion: 'mostly', note: '带了新人' }),
    ]);
    const feedback = { feedback: 'satisfied', feedbackText: '很好' };
    expect(said).to.deep.equal([
      { id: 'a', quality: 'good', completion: 'all', note: '', ...feedback },
      { id: 'b', quality: 'outstanding', completion: 'mostly', note: '带了新人', ...feedback },
    ]);
  });

  it('leaves those for later who are to be left', () => {
    expect(
      readSheet(all(), [line('a', { quality: 'later' }), line('b')]).said.map(({ id }) => id),
    ).to.deep.equal(['b']);
    expect(faults(all(), [line('a', { quality: 'later' })])).to.deep.equal(['quality: appraise-somebody']);
    expect(faults(all(), [])).to.deep.equal(['quality: appraise-somebody']);
  });

  it('needs a quality of each, once', () => {
    expect(faults(all({ quality: null }), [line('a', { quality: 'adequate' }), line('b')])).to.deep.equal([
      'rows.1.quality: required',
    ]);
    expect(faults(all(), [line('a'), line('a')])).to.deep.equal(['rows.1.id: not-an-option']);
  });

  it('takes the recipient’s words with what they said only', () => {
    expect(saidFaults({ feedback: null, feedbackText: '很好' })).to.have.length(1);
    expect(saidFaults({ feedback: 'satisfied', feedbackText: '' })).to.deep.equal([]);
  });
});

describe('what is said of a service', () => {
  it('is asked by nothing that matches, plans, ranks or recognises', () => {
    const features = join(import.meta.dirname, '../../../server/features');
    const asking = readdirSync(features, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile() && one.name.endsWith('.ts') && !one.parentPath.includes('appraisals'))
      .filter((one) => /appraisals\//.test(readFileSync(join(one.parentPath, one.name), 'utf8')))
      .map(({ name }) => name);
    expect(asking).to.deep.equal([]);
  });
});
