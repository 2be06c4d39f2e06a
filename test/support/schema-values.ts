import fc from 'fast-check';

/** The parts of JSON Schema that our documents use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Texts that have broken programs before. */
export const AWKWARD = [
  '',
  ' ',
  'null',
  'undefined',
  '0',
  '-1',
  'NaN',
  '1e309',
  "' OR 1=1 --",
  '"><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '{{lookup this "constructor"}}',
  '{{#each this}}{{@key}}{{/each}}',
  '${7*7}',
  '%00',
  '%0d%0aSet-Cookie: a=b',
  'a\r\nBcc: x@example.org',
  '=HYPERLINK("http://example.org")',
  '＝1+1',
  '../../etc/passwd',
  'ﷺ',
  'Ω≈ç√∫˜µ≤≥÷',
  '田中さんにあげて下さい',
  '表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀',
  'e\u0301\u0323 \u202Etest\u202C',
  '\u200B\u200Bzero',
  '👩‍👩‍👧‍👦 🇨🇳 🏳️‍🌈',
  '﷽'.repeat(20),
  '\u0000',
  '\ud800',
  '$ne',
  '__proto__',
  '.*+?^${}()|[]\\',
  'x'.repeat(3_000),
] as const;

/** Ids that name nothing. */
const UNKNOWN = ['0123456789abcdef01234567', 'ffffffffffffffffffffffff'];
const DATES = ['2026-12-01', '2027-02-28', '2024-02-29', '0001-01-01', '1900-02-28', '9999-12-31'];
const INSTANTS = [
  '2026-12-01T01:00:00Z',
  '2027-01-01T00:00:00+08:00',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
];
const DAY_MS = 86_400_000;

/** Instants around now, where rules about times have their edges. */
const nearNow = (): fc.Arbitrary<string> =>
  fc
    .integer({ min: -40 * 24, max: 400 * 24 })
    .map((hours) => new Date(Date.now() + (hours * DAY_MS) / 24).toISOString());

const text = (schema: JsonSchema, ids: readonly string[]): fc.Arbitrary<unknown> => {
  if (schema.pattern === '^[0-9a-f]{24}$') return fc.constantFrom(...UNKNOWN, ...ids);
  if (schema.format === 'date')
    return fc.oneof(
      fc.constantFrom(...DATES),
      nearNow().map((at) => at.slice(0, 10)),
    );
  if (schema.format === 'date-time') return fc.oneof(fc.constantFrom(...INSTANTS), nearNow());
  const plain = fc.string({
    unit: 'grapheme',
    minLength: schema.minLength ?? 0,
    maxLength: Math.min(schema.maxLength ?? 40, 60),
  });
  return fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: fc.constantFrom(...AWKWARD) });
};

/**
 * Values that a schema takes, more or less: what a refinement says further is what the service must answer for. Ids are
 * those given, or ones that name nothing.
 */
export function valueFor(schema: JsonSchema, ids: readonly string[] = []): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => valueFor(choice, ids)));
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'string':
      return text(schema, ids);
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.ceil(Math.max(schema.minimum ?? -1_000, -1_000_000)),
        max: Math.floor(Math.min(schema.maximum ?? 1_000, 1_000_000)),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueFor(schema.items ?? {}, ids), {
        minLength: Math.min(schema.minItems ?? 0, 3),
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'object':
      return objectFor(schema, ids);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectFor(schema: JsonSchema, ids: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const required = new Set(schema.required ?? []);
  const shape = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, valueFor(inner, ids)]),
  );
  return fc.record(shape, { requiredKeys: [...required].filter((name) => name in shape) });
}

/**
 * Mostly what the schema takes; now and then a field, or all of it, is something else. A body known to be good is taken
 * as often, with some of its fields made by the schema: that reaches what stands behind the first refusals.
 */
export function nearly(
  schema: JsonSchema,
  ids: readonly string[] = [],
  good: object | null = null,
): fc.Arbitrary<unknown> {
  const names = Object.keys(schema.properties ?? {});
  const spoilt =
    names.length === 0
      ? fc.jsonValue({ maxDepth: 2 })
      : fc
          .tuple(objectFor(schema, ids), fc.constantFrom(...names), fc.jsonValue({ maxDepth: 3 }))
          .map(([whole, name, value]) => ({ ...whole, [name]: value }));
  const altered =
    good === null || names.length === 0
      ? spoilt
      : fc
          .tuple(objectFor(schema, ids), fc.subarray(names, { maxLength: Math.min(2, names.length) }))
          .map(([whole, taken]) => ({
            ...good,
            ...Object.fromEntries(Object.entries(whole).filter(([name]) => taken.includes(name))),
          }));
  return fc.oneof(
    { weight: 6, arbitrary: valueFor(schema, ids) },
    { weight: 6, arbitrary: altered },
    { weight: 3, arbitrary: spoilt },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}

/** One value that the schema takes, always the same. */
export const sampleOf = (schema: JsonSchema): unknown =>
  fc.sample(valueFor(schema), { numRuns: 1, seed: 7 })[0];

/** Names of the fields of a body that take free text. */
export const textFields = (schema: JsonSchema): string[] =>
  Object.entries(schema.properties ?? {})
    .filter(([, inner]) => [inner, ...(inner.anyOf ?? [])].some(isFreeText))
    .map(([name]) => name);

const isFreeText = (schema: JsonSchema): boolean =>
  schema.type === 'string' && !schema.enum && !('const' in schema) && schema.pattern === undefined;
