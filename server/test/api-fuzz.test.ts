import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../src/base/id.ts'
import { engines } from './engines.ts'
import { expectProblem } from './problems.ts'
import { createSource, startTrunkline, type Trunkline } from './trunkline.ts'

/** As much of the OpenAPI document as is needed to make requests from it. */
interface Described {
  operationId: string
  parameters?: readonly { name: string; in: string; schema: Schema }[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
}

interface Schema {
  type?: string | readonly string[]
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  default?: unknown
}

/** Text as nobody would write it. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '..',
    '%00',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '\u202e',
    '9'.repeat(400),
  ),
  fc.constantFrom('NaN', '-1', '1e999', 'null', 'true', '[]', '{}', '*', '**', 'a.*', 'github.push', 'trunkline.x'),
)
const oddNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -1, 1e15, 1e300, 2 ** 53, 0.5))
const oddJson = fc.oneof(fc.jsonValue(), oddText, oddNumber, fc.constantFrom(null, true, [], {}))
/** Only addresses of this machine on which nobody listens: what is created here may be delivered to. */
const urls = fc.oneof(fc.constantFrom('http://127.0.0.1:1/', 'https://[::1]:1/x', 'https://10.0.0.1/'), oddText)

/** What fits a schema, mostly: fields are missing, are there too often, or hold something else. */
function fitting(schema: Schema, name = ''): fc.Arbitrary<unknown> {
  const right = name === 'url' ? urls : ofType(schema)
  return fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: name === 'url' ? oddNumber : oddJson })
}

function ofType(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => fitting(each)))
  switch (schema.type) {
    case 'object':
      return fc
        .tuple(
          fc.record(
            Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, each]) => [key, fitting(each, key)])),
            { requiredKeys: [...(schema.required ?? [])] },
          ),
          fc.oneof(
            { weight: 6, arbitrary: fc.constant({}) },
            { weight: 1, arbitrary: fc.dictionary(oddText, oddJson) },
          ),
        )
        .map(([fields, more]) => ({ ...fields, ...more }))
    case 'array':
      return fc.array(fitting(schema.items ?? {}), { maxLength: 4 })
    case 'string':
      return fc.oneof(fc.constantFrom('github', 'stripe', 'standard-webhooks', 'a.b', '**', 'osk'), oddText)
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 100 }), oddNumber)
    case 'boolean':
      return fc.boolean()
    default:
      return oddJson
  }
}

describe.each(engines)('whatever is asked of a server on $name', (engine) => {
  let trunkline: Trunkline
  let described: { method: string; path: string; operation: Described }[]
  let known: string[]
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    const { api, server } = trunkline
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Described>>
    }
    described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    )
    const source = await createSource(trunkline, 'github')
    const endpoint = (await api.post('/endpoints', { url: 'http://127.0.0.1:1/' })).json
    const posted = (await source.post('{}')).json
    const own = (['source', 'endpoint', 'event', 'delivery', 'request'] as const).map((kind) => newId(kind, Date.now()))
    known = [source.id, endpoint.id, posted.requestId, ...posted.eventIds, ...own]
  })

  it('it has an answer, and never a fault of its own', async () => {
    expect(described.length).toBeGreaterThan(15)
    for (const { method, path, operation } of described) {
      const parameters = operation.parameters ?? []
      const query = parameters.filter((each) => each.in === 'query')
      const body = operation.requestBody?.content['application/json'].schema
      const requests = fc.record({
        id: fc.oneof(fc.constantFrom(...known), oddText),
        query: fc.record(Object.fromEntries(query.map(({ name, schema }) => [name, fitting(schema)])), {
          requiredKeys: [],
        }),
        body: body ? fitting(body) : fc.constant(undefined),
      })
      await fc.assert(
        fc.asyncProperty(requests, async ({ id, query, body }) => {
          const filled = path
            .slice('/api/v1'.length)
            .replace(/\{\w+\}/, () => encodeURIComponent(Buffer.from(id).toString()))
          const search = new URLSearchParams()
          for (const [name, value] of Object.entries(query)) {
            search.set(name, typeof value === 'string' ? value : String(JSON.stringify(value)))
          }
          const headers = body === undefined ? {} : { 'content-type': 'application/json' }
          const answer = await trunkline.api.send(method, `${filled}?${search}`, JSON.stringify(body), headers)
          if (answer.status >= 400) expectProblem(answer, operation.operationId)
          else expect(answer.status).toBeLessThan(300)
        }),
        { numRuns: 60 },
      )
    }
    expect(trunkline.server.output()).not.toMatch(/"msg":"(api|claim|attempt|follower)\.failed"/)
    expect((await trunkline.server.ready()).status).toBe(200)
  })

  it('it understands its sources and endpoints afterwards as before', async () => {
    const source = await createSource(trunkline, 'github')
    expect((await source.post('{}')).status).toBe(200)
    for (const path of ['/sources', '/endpoints', '/events', '/deliveries']) {
      expect((await trunkline.api.get(`${path}?limit=100`)).status).toBe(200)
    }
  })
})
