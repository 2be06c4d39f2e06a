import { z } from 'zod';
import { Invalid, Malformed, NotFound } from '../core/errors.ts';
import type { FieldIssue } from '../core/errors.ts';
import { DANGEROUS_KEYS, decodeForm } from './form.ts';
import type { Door } from './route.ts';

/** What a route takes that declares no fields. One for all: making a schema costs more than to parse with it. */
const NOTHING = z.strictObject({});

/**
 * Input is parsed once, at the edge, by the route's strict schema; behind it everything is typed (S-36). Wrong shapes
 * are 400, rules of a field 422 with the field's path, a malformed path parameter looks like a missing thing (404).
 */
export function parseParams(schema: z.ZodType | undefined, raw: unknown): unknown {
  if (!schema) return {};
  const parsed = schema.safeParse({ ...(raw as object) });
  if (!parsed.success) throw new NotFound();
  return parsed.data;
}

export function parseQuery(schema: z.ZodType | undefined, raw: Record<string, unknown>): unknown {
  // How the reader wants to read is nothing of the page's (reading.ts).
  const { lang: _lang, letters: _letters, ...rest } = raw;
  const parsed = parseFlat(schema ?? NOTHING, rest);
  // Many fields of a query are codes that are only compared; none of them means anything with a NUL inside (S-36).
  const path = Object.keys(rest).find((key) => [rest[key]].flat().some((one) => String(one).includes('\0')));
  if (path !== undefined) throw new Invalid([{ path, code: 'invisible-characters' }]);
  return parsed;
}

/** @param change the route is a PATCH, whose form sends everything (form.ts) */
export function parseBody(schema: z.ZodType | undefined, raw: unknown, door: Door, change = false): unknown {
  if (door === 'page') return parseFlat(schema ?? NOTHING, (raw ?? {}) as Record<string, unknown>, change);
  if (!schema) {
    if (raw !== undefined && (typeof raw !== 'object' || raw === null || Object.keys(raw).length > 0))
      throw new Malformed('unexpected-body');
    return {};
  }
  refuseDangerous(raw, 0);
  return accept(schema.safeParse(raw ?? {}, { reportInput: true }), 'api');
}

function parseFlat(schema: z.ZodType, raw: Record<string, unknown>, change = false): unknown {
  return accept(schema.safeParse(decodeForm(schema, raw, change), { reportInput: true }), 'page');
}

function accept(parsed: z.ZodSafeParseResult<unknown>, door: Door): unknown {
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const shape = issues.filter((issue) => isWrongShape(issue, door));
  const fields = issues.map(toFieldIssue);
  if (shape.length > 0) throw new Malformed('malformed', {}, shape.map(toFieldIssue));
  throw new Invalid(fields);
}

type Issue = z.core.$ZodIssue;

function isWrongShape(issue: Issue, door: Door): boolean {
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_key') return true;
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union' && issue.code !== 'invalid_value')
    return false;
  const { input } = issue;
  // A missing value is a rule of the field ("required"), as is a text that a person typed where a number belongs.
  if (input === undefined || input === null || input === '') return false;
  if (issue.code === 'invalid_value') return typeof input !== 'string' && typeof input !== 'number';
  return door === 'api' || typeof input !== 'string';
}

/** Maps a schema's issue to our codes; custom refinements give theirs as the message. */
export function toFieldIssue(issue: Issue): FieldIssue {
  const path = issue.path.map(String).join('.');
  const at = (code: string, params?: Record<string, string | number>): FieldIssue =>
    params ? { path, code, params } : { path, code };
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string')
        return Number(issue.minimum) === 1 ? at('required') : at('too-short', { min: Number(issue.minimum) });
      if (issue.origin === 'array') return at('too-few', { min: Number(issue.minimum) });
      return at('too-low', { min: Number(issue.minimum) });
    case 'too_big':
      if (issue.origin === 'string') return at('too-long', { max: Number(issue.maximum) });
      if (issue.origin === 'array') return at('too-many-items', { max: Number(issue.maximum) });
      return at('too-high', { max: Number(issue.maximum) });
    case 'custom':
      return at(
        issue.message && issue.message !== 'Invalid input' ? issue.message : 'invalid-value',
        (issue.params ?? undefined) as never,
      );
    case 'unrecognized_keys':
      return { path: [path, issue.keys[0]].filter(Boolean).join('.'), code: 'unknown-field' };
    case 'invalid_type':
      if (issue.input === undefined || issue.input === null || issue.input === '') return at('required');
      return at(issue.expected === 'number' || issue.expected === 'int' ? 'not-a-number' : 'invalid-value');
    case 'invalid_value':
      return at(issue.input === undefined || issue.input === '' ? 'required' : 'not-a-choice');
    case 'invalid_format':
      return at(formatCode(issue.format, issue.message));
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return at('invalid-value');
  }
}

const KEBAB = /^[a-z]+(-[a-z]+)+$/;

function formatCode(format: string, message: string): string {
  if (KEBAB.test(message)) return message;
  if (format === 'email') return 'not-an-email';
  if (format === 'date') return 'not-a-date';
  if (format === 'datetime') return 'not-a-time';
  if (format === 'url') return 'not-a-url';
  return 'invalid-format';
}

/** Keys that could reach a prototype are refused wherever they stand (S-38), as are structures deeper than any of ours. */
function refuseDangerous(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > 12) throw new Malformed('too-deep');
  for (const [key, inner] of Object.entries(value)) {
    if (DANGEROUS_KEYS.has(key)) throw new Malformed('dangerous-key');
    refuseDangerous(inner, depth + 1);
  }
}
