import { z } from 'zod';
import { apiPathOf } from './route.ts';
import type { Route } from './route.ts';

/** Top-level field names of an object schema, for the published route list. */
export function fieldNames(schema: z.ZodType | undefined): string[] {
  const json = schema ? jsonSchema(schema, 'input') : {};
  return Object.keys((json['properties'] as object | undefined) ?? {});
}

type Json = Record<string, unknown>;

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Json;
  return json;
}

const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'code'],
        properties: { path: { type: 'string' }, code: { type: 'string' }, params: { type: 'object' } },
      },
    },
    reasons: { type: 'array', items: { type: 'object' } },
    state: { type: 'string' },
  },
};

const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** OpenAPI 3.1 of every API operation, made from the schemas that the routes themselves parse with. */
export function buildOpenApi(
  routes: readonly Route[],
  options: { publicUrl: string; version: string },
): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (!route.doors.includes('api')) continue;
    const path = apiPathOf(route).replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Linli',
      version: options.version,
      description:
        'Ids are opaque strings; times RFC 3339 UTC; dates YYYY-MM-DD; minutes and cents integers; coordinates WGS-84 GeoJSON.',
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: options.publicUrl }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => a.localeCompare(b))),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function operation(route: Route): Json {
  const success = String(route.status ?? (route.method === 'post' ? 201 : 200));
  const parameters = [
    ...parametersOf(route.input.params, 'path'),
    ...parametersOf(route.input.query, 'query'),
    ...headersOf(route),
  ];
  return {
    operationId: route.name.replace('/', '.'),
    tags: [route.feature],
    summary: route.summary,
    'x-access': route.access,
    ...(route.whole ? { 'x-whole': true } : {}),
    ...(route.access === 'public' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...bodyOf(route),
    responses: {
      [success]:
        success === '204'
          ? { description: 'Done' }
          : {
              description: 'Success',
              content: { 'application/json': { schema: jsonSchema(route.output, 'output') } },
            },
      '4XX': problem('Refused'),
      '5XX': problem('Could not be served'),
    },
  };
}

function bodyOf(route: Route): Json {
  if (route.uploadBytes) {
    const fields = route.input.body ? jsonSchema(route.input.body, 'input') : { type: 'object' };
    const properties = {
      ...(fields['properties'] as object | undefined),
      file: { type: 'string', contentMediaType: 'application/octet-stream' },
    };
    return {
      requestBody: {
        required: true,
        content: { 'multipart/form-data': { schema: { ...fields, properties } } },
      },
    };
  }
  if (!route.input.body) return {};
  return {
    requestBody: {
      required: true,
      content: { 'application/json': { schema: jsonSchema(route.input.body, 'input') } },
    },
  };
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const json = jsonSchema(schema, 'input');
  const required = new Set((json['required'] as string[] | undefined) ?? []);
  return Object.entries((json['properties'] as Record<string, Json> | undefined) ?? {}).map(
    ([name, property]) => ({
      name,
      in: where,
      required: where === 'path' || required.has(name),
      schema: property,
    }),
  );
}

function headersOf(route: Route): Json[] {
  const headers: Json[] = [];
  if (route.idempotent)
    headers.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', minLength: 8, maxLength: 255 },
    });
  if (route.versioned)
    headers.push({ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } });
  return headers;
}
