import { expect } from 'chai';
import { whyLeft } from '../../../server/features/imports/import.undo.rules.ts';
import type { UndoFacts } from '../../../server/features/imports/import.undo.rules.ts';

const SHIFT = { id: 's', state: 'draft', mark: 'm', taken: 0 };
const MADE: UndoFacts = {
  importId: 'i',
  trace: { requestMark: 'r', before: null, shift: { how: 'created', shiftId: 's', mark: 'm' } },
  request: { mark: 'r', state: 'accepted', importId: 'i' },
  shifts: [SHIFT],
};
const CHANGED: UndoFacts = {
  ...MADE,
  trace: { requestMark: 'r', before: {}, shift: { how: 'moved', shiftId: 's', mark: 'm' } },
};

describe('why a thing is left when an import is taken back', () => {
  const cases: [string, UndoFacts, string | null][] = [
    ['nothing stands in the way', MADE, null],
    ['what was only changed', CHANGED, null],
    ['an import from before', { ...MADE, trace: null }, 'no-trace'],
    ['a request that is gone', { ...MADE, request: undefined }, 'gone'],
    ['people on it', { ...MADE, shifts: [{ ...SHIFT, taken: 1 }] }, 'people'],
    ['people before all', { ...MADE, shifts: [{ ...SHIFT, state: 'published', taken: 1 }] }, 'people'],
    ['a published shift', { ...MADE, shifts: [{ ...SHIFT, state: 'published' }] }, 'published'],
    ['a later import', { ...MADE, request: { mark: 'x', state: 'accepted', importId: 'j' } }, 'later-import'],
    ['an edit', { ...MADE, request: { mark: 'x', state: 'accepted', importId: 'i' } }, 'edited'],
    ['a removed shift', { ...MADE, shifts: [] }, 'shift-gone'],
    ['an edited shift', { ...MADE, shifts: [{ ...SHIFT, mark: 'x' }] }, 'shift-edited'],
    ['another shift beside it', { ...MADE, shifts: [SHIFT, { ...SHIFT, id: 't' }] }, 'more-shifts'],
    ['other shifts of what was only changed', { ...CHANGED, shifts: [SHIFT, { ...SHIFT, id: 't' }] }, null],
  ];
  for (const [name, facts, reason] of cases)
    it(`${name}: ${String(reason)}`, () => expect(whyLeft(facts)).to.equal(reason));
});
