import { assert } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { parseBody, parseQuery } from '../../../server/http/parse.ts';
import { Invalid } from '../../../server/core/errors.ts';

const base = {
  title: z.string().trim().min(1).max(80),
  note: z.string().trim().max(80).optional(),
  age: z.number().int().nullable().optional(),
  places: z.number().int().min(1),
  place: z.strictObject({ label: z.string().min(1), address: z.string().optional() }),
  tags: z.array(z.string()),
};
const create = z.strictObject(base);
const patch = create.partial();
const full = { title: 'a', note: 'b', age: '9', places: '3', 'place.label': 'here' };

function issuesOf(schema: z.ZodType, raw: object, change: boolean): Record<string, string> {
  try {
    parseBody(schema, raw, 'page', change);
  } catch (error) {
    if (error instanceof Invalid)
      return Object.fromEntries(error.issues.map(({ path, code }) => [path, code]));
    throw error;
  }
  return {};
}

describe('forms', () => {
  it('leave an optional field out that is sent empty when something is made', () => {
    const made = parseBody(create, { ...full, note: '', age: '' }, 'page') as Record<string, unknown>;
    assert.notProperty(made, 'note');
    assert.notProperty(made, 'age');
  });

  it('empty what is sent empty when something is changed', () => {
    assert.deepEqual(parseBody(patch, { ...full, note: '', age: '' }, 'page', true), {
      title: 'a',
      note: '',
      age: null,
      places: 3,
      place: { label: 'here' },
      tags: [],
    });
  });

  it('refuse beside the field what may not be emptied, instead of keeping it silently', () => {
    const emptied = { ...full, title: '', places: '', 'place.label': '', 'place.address': '' };
    assert.deepEqual(issuesOf(patch, emptied, true), {
      title: 'required',
      places: 'required',
      'place.label': 'required',
    });
  });

  it('leave alone what was not sent', () => {
    assert.deepEqual(parseBody(patch, { title: 'b' }, 'page', true), { title: 'b', tags: [] });
  });
});

describe('the query of an address', () => {
  const query = z.strictObject({ q: z.string().max(40).optional(), skills: z.array(z.string()).optional() });

  it('holds no NUL, whatever the field takes, one value or several (S-36)', () => {
    assert.deepEqual(parseQuery(query, { q: '护理', lang: 'en' }), { q: '护理', skills: [] });
    for (const [field, value] of [
      ['q', 'a\0b'],
      ['skills', ['first-aid', '\0']],
    ] as const) {
      const refused = (): unknown => parseQuery(query, { [field]: value });
      assert.throws(refused, Invalid);
      try {
        refused();
      } catch (error) {
        assert.deepEqual((error as Invalid).issues, [{ path: field, code: 'invisible-characters' }]);
      }
    }
  });
});
