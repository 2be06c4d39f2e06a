import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createHandles, markOf } from '../../../server/features/matching/handles.ts';

describe('marks of people without a name', () => {
  const handles = createHandles(Buffer.from('a key of this test'));
  const position = randomBytes(12).toString('hex');
  const mark = (person: string): string => markOf(handles.of(position, person));

  it('are four letters that nobody reads for another, the same each time', () => {
    const person = randomBytes(12).toString('hex');
    expect(mark(person))
      .to.match(/^[2-9BCDFGHJKMNPQRTVWXY]{4}$/)
      .and.equal(mark(person));
  });

  it('tell the people of a list apart', () => {
    const people = Array.from({ length: 30 }, (_, n) => n.toString(16).padStart(24, '0'));
    expect(new Set(people.map(mark)).size).to.equal(people.length);
  });
});
