import type { z } from 'zod';
import { Malformed } from '../core/errors.ts';

/**
 * Forms and query strings arrive as flat texts: `skills.0.level=2`, repeated keys, empty fields. They are folded into
 * the shape that the route's schema describes, so that one schema serves the form and the JSON body. Only texts are
 * converted here; what is allowed is the schema's business.
 */
export const DANGEROUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly element?: z.ZodType;
  readonly options?: z.ZodType[];
  readonly getter?: () => z.ZodType;
}

const definitionOf = (schema: z.ZodType): Definition =>
  (schema as unknown as { _zod: { def: Definition } })._zod.def;

/** Looks through optional, default, transform and the like to the schema that sees the typed text. */
function core(schema: z.ZodType): z.ZodType {
  const definition = definitionOf(schema);
  switch (definition.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'nonoptional':
      return definition.innerType ? core(definition.innerType) : schema;
    case 'pipe':
      return definition.in && definitionOf(definition.in).type !== 'transform' ? core(definition.in) : schema;
    case 'lazy':
      return definition.getter ? core(definition.getter()) : schema;
    default:
      return schema;
  }
}

type Tree = Map<string, Node>;
interface Node {
  /** The field's name as it was sent, dots and all. */
  path: string;
  texts: string[];
  children: Tree;
}

const newNode = (path: string): Node => ({ path, texts: [], children: new Map() });
const MAX_DEPTH = 8;

/** The flat texts as a tree; Maps, because keys come from outside (S-38). */
function toTree(raw: Record<string, unknown>): Tree {
  const root = newNode('');
  for (const [key, value] of Object.entries(raw)) {
    const steps = key.split('.');
    if (steps.length > MAX_DEPTH || steps.some((step) => DANGEROUS_KEYS.has(step)))
      throw new Malformed('dangerous-key');
    let node = root;
    for (const step of steps) {
      const next = node.children.get(step) ?? newNode(node.path ? `${node.path}.${step}` : step);
      node.children.set(step, next);
      node = next;
    }
    const texts = Array.isArray(value) ? value : [value];
    if (texts.some((text) => typeof text !== 'string')) throw new Malformed('malformed');
    node.texts.push(...(texts as string[]));
  }
  return root.children;
}

/**
 * @param change the schema is a patch: a field that was sent empty is emptied, or refused where it may not be empty,
 * never left as it was behind the person's back. A field that was not sent stays as it is.
 * @throws Malformed for repeated keys where one value is expected, and for keys that reach prototypes.
 */
export function decodeForm(schema: z.ZodType, raw: Record<string, unknown>, change = false): unknown {
  return decodeObject(core(schema), toTree(raw), change);
}

function decodeObject(schema: z.ZodType, tree: Tree, change = false): Record<string, unknown> {
  const shape = definitionOf(schema).shape ?? {};
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(shape)) {
    const node = tree.get(key);
    const decoded = change && node ? decodeChange(inner, node) : decodeNode(inner, node);
    if (decoded !== undefined) result[key] = decoded;
  }
  // Unknown keys stay, so that the strict schema refuses them by name.
  for (const [key, node] of tree) if (!(key in shape)) result[key] = node.texts[0] ?? {};
  return result;
}

/** A field of a patch that was sent: "optional" there means that it need not be sent, so what lies beneath decides. */
function decodeChange(schema: z.ZodType, node: Node): unknown {
  const { type, innerType } = definitionOf(schema);
  if (type === 'optional' && innerType) return decodeChange(innerType, node);
  const decoded = decodeNode(schema, node);
  if (decoded !== undefined) return decoded;
  return isNullable(schema) ? null : isOptional(schema) ? undefined : '';
}

function decodeNode(schema: z.ZodType, node: Node | undefined): unknown {
  const inner = core(schema);
  const definition = definitionOf(inner);
  if (definition.type === 'object') {
    // An object none of whose fields was sent is absent; with any it must be whole.
    if (!node || (node.children.size === 0 && node.texts.every((text) => text === ''))) {
      return isOptional(schema) ? undefined : decodeObject(inner, node?.children ?? new Map<string, Node>());
    }
    const value = decodeObject(inner, node.children);
    return isOptional(schema) && Object.keys(value).length === 0 ? undefined : value;
  }
  if (definition.type === 'array') return decodeArray(definition, node);
  if (definition.type === 'boolean') return decodeBoolean(node);
  return decodeScalar(definition, node, schema);
}

function decodeArray(definition: Definition, node: Node | undefined): unknown[] | undefined {
  const element = definition.element;
  if (!node || !element) return [];
  const indexed = [...node.children]
    .filter(([key]) => /^\d{1,4}$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)
    // Rows that a person left empty are not rows.
    .filter((child) => hasText(child));
  const plain = node.texts
    .filter((text) => text !== '')
    .map((text): Node => ({ ...newNode(node.path), texts: [text] }));
  return [...plain, ...indexed].map((child) => decodeNode(element, child));
}

const hasText = (node: Node): boolean =>
  node.texts.some((text) => text !== '') || [...node.children.values()].some(hasText);

function decodeBoolean(node: Node | undefined): unknown {
  // A checkbox that is not ticked is not sent; a hidden "false" may stand before it.
  const text = node?.texts.at(-1);
  if (text === undefined || text === '' || text === 'false' || text === 'off') return false;
  if (text === 'true' || text === 'on') return true;
  return text;
}

function decodeScalar(definition: Definition, node: Node | undefined, schema: z.ZodType): unknown {
  if (!node) return undefined;
  if (node.children.size > 0) return {};
  if (node.texts.length > 1)
    throw new Malformed('repeated-field', {}, [{ path: node.path, code: 'repeated-field' }]);
  const text = node.texts[0] ?? '';
  if (definition.type === 'number' || definition.type === 'int') {
    if (text.trim() === '') return undefined;
    return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  }
  if (text === '' && isOptional(schema)) return undefined;
  // Browsers send line breaks as CR LF; one form is stored.
  return definition.type === 'string' ? text.replace(/\r\n/g, '\n') : text;
}

const isNullable = (schema: z.ZodType): boolean => schema.safeParse(null).success;

/** Whether leaving the field empty is allowed: optional, nullable, or with a default. */
function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}
