import { type ZodType, z } from 'zod'
import type { Operation } from '../api/operation.ts'
import { problems } from '../base/errors.ts'

type JsonSchema = Record<string, unknown>

/** The OpenAPI 3.1 document of the operations, made of the same schemas that check their input. */
export function openApiDocument(prefix: string, operations: readonly Operation[]) {
  const schemas: Record<string, unknown> = { Problem: problemSchema }
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const path = prefix + operation.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(operation, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trunkline',
      version: '1',
      description: 'A self-hosted, two-way webhook server. Errors are `application/problem+json` with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      responses: {
        Problem: {
          description: 'What went wrong; `code` says it in a word that does not change.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `osk_…`' } },
    },
  }
}

function describeOperation(
  { name, summary, path, scope, params, query, headers, body, status, output, plan, contentType }: Operation,
  schemas: Record<string, unknown>,
) {
  return {
    operationId: name,
    summary,
    tags: [path.split('/')[1] ?? ''],
    security: [{ key: [scope] }],
    parameters: [...parametersOf('path', params), ...parametersOf('query', query), ...parametersOf('header', headers)],
    ...(body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input', schemas) } },
          },
        }
      : {}),
    responses: {
      [status]: {
        description: statusTexts[status],
        ...(output ? { content: { 'application/json': { schema: schemaOf(output, 'output', schemas) } } } : {}),
        ...(!output && status !== 204 ? { content: { [contentType ?? 'application/octet-stream']: {} } } : {}),
      },
      ...(plan
        ? {
            200: {
              description: 'What would be done, with `dryRun`',
              content: { 'application/json': { schema: schemaOf(plan, 'output', schemas) } },
            },
          }
        : {}),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

const statusTexts = {
  200: 'It is done',
  201: 'It was made',
  202: 'It will be done',
  204: 'It is done; there is no body',
}

function parametersOf(place: 'path' | 'query' | 'header', schema: ZodType | undefined) {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input', {}) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }))
}

/** A schema as JSON Schema. Shapes that have a name are put among the components, and referred to. */
function schemaOf(schema: ZodType, io: 'input' | 'output', named: Record<string, unknown>): JsonSchema {
  // Inside another one, because only what is inside becomes a reference.
  const { properties, $defs = {} } = inComponents(
    z.toJSONSchema(z.object({ it: schema }), { io, override: ({ jsonSchema }) => plain(jsonSchema, io) }),
  )
  for (const [name, { id: _, ...shape }] of Object.entries($defs)) named[name] = shape
  return properties.it
}

/** Without what is of no use to a reader: the pattern of a time fills a screen, and answers may gain members. */
function plain(jsonSchema: JsonSchema, io: 'input' | 'output'): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
}

function inComponents(schema: unknown): { properties: { it: JsonSchema }; $defs?: Record<string, JsonSchema> } {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

const problemSchema = {
  type: 'object',
  description: 'An error (RFC 9457).',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string', example: 'urn:trunkline:error:NOT_FOUND' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problems) },
    detail: { type: 'string', description: 'What is wrong this time: it names the thing and the value.' },
    requestId: { type: 'string', description: 'Found in the log of the server too.' },
    errors: {
      type: 'array',
      description: 'The fields that are wrong.',
      items: {
        type: 'object',
        required: ['at', 'message'],
        properties: {
          at: { type: 'string', description: 'A JSON pointer into the body, or `/query/limit`.' },
          message: { type: 'string' },
        },
      },
    },
  },
}
