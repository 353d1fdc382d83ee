import { describe, expect, it } from 'vitest'
import { operations } from '../api/operations.ts'
import { problems } from '../base/errors.ts'
import { openApiDocument } from './openapi.ts'

interface Described {
  operationId: string
  summary: string
  tags: string[]
  security: unknown
  parameters: { name: string; in: string; required: boolean; description?: string; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> }
  responses: Record<
    string,
    { description?: string; content?: Record<string, { schema?: Record<string, unknown> }>; $ref?: string }
  >
}

const document = openApiDocument('/api/v1', operations)
const text = JSON.stringify(document)
const described = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]): [string, Described] => [`${method} ${path}`, each as Described]),
  ),
)
const of = (name: string): Described => {
  const found = [...described.values()].find((each) => each.operationId === name)
  if (!found) throw new Error(`${name} is not described`)
  return found
}

describe('the OpenAPI document', () => {
  it('describes exactly the operations that there are', () => {
    const mounted = operations.map(
      ({ method, path }) => `${method.toLowerCase()} /api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    )
    expect([...described.keys()].sort()).toEqual(mounted.sort())
  })

  it('is of OpenAPI 3.1, with a title, a version and a licence', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'Trunkline', version: '1', license: { identifier: 'Apache-2.0' } })
    expect(JSON.parse(text)).toEqual(document)
  })

  it('says of each operation its name, scope, input and answers, a problem among them', () => {
    for (const { name, summary, scope, status, body, output, plan, contentType } of operations) {
      const each = of(name)
      expect(each.summary).toBe(summary)
      expect(each.security).toEqual([{ key: [scope] }])
      expect(each.tags).toHaveLength(1)
      expect(Object.keys(each.responses)).toEqual([...(plan ? ['200'] : []), String(status), 'default'])
      expect(each.responses.default).toEqual({ $ref: '#/components/responses/Problem' })
      expect(each.responses[status]?.description).toBeTruthy()
      expect(each.requestBody !== undefined).toBe(body !== undefined)
      const content = Object.keys(each.responses[status]?.content ?? {})
      const bare = status === 204 ? [] : [contentType ?? 'application/octet-stream']
      expect(content).toEqual(output ? ['application/json'] : bare)
    }
  })

  it('names every parameter of every path', () => {
    for (const [place, { parameters }] of described) {
      const inPath = [...place.matchAll(/\{(\w+)\}/g)].map((each) => each[1])
      expect(parameters.filter((each) => each.in === 'path').map((each) => each.name)).toEqual(inPath)
      for (const each of parameters) {
        expect(each.required).toBe(each.in === 'path')
        expect(Object.keys(each.schema).length).toBeGreaterThan(0)
      }
      expect(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size).toBe(parameters.length)
    }
  })

  it('refers only to what it holds, and holds nothing that is not referred to', () => {
    const referred = new Set([...text.matchAll(/"\$ref":"#\/components\/([\w/]+)"/g)].map((each) => each[1]))
    const held = Object.entries(document.components).flatMap(([kind, each]) =>
      kind === 'securitySchemes' ? [] : Object.keys(each).map((name) => `${kind}/${name}`),
    )
    expect([...referred].sort()).toEqual(held.sort())
    expect(text).not.toContain('$defs')
  })

  it('has one shape for each thing', () => {
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'Attempt',
      'BlockedKey',
      'CleaningPlan',
      'Customer',
      'Delivery',
      'DeliveryPause',
      'DeliveryWithAttempts',
      'Endpoint',
      'EndpointCheck',
      'EndpointFlow',
      'Erasure',
      'Event',
      'EventHead',
      'EventType',
      'EventTypeWithSchema',
      'Job',
      'Key',
      'Missed',
      'ParkedEvent',
      'ParkedEventWithEvent',
      'Payment',
      'Problem',
      'Queue',
      'RateLimit',
      'RegisteredEventType',
      'RehandlePlan',
      'ReplayPlan',
      'ReprocessPlan',
      'Request',
      'RequestBody',
      'RequestHead',
      'RerunOutcome',
      'RerunOutcomes',
      'Retention',
      'Source',
      'SourceRoute',
      'Stats',
      'Subscription',
      'UnknownRoute',
      'User',
    ])
    const { schema } = of('readEvent').responses[200]?.content?.['application/json'] ?? {}
    expect(schema).toEqual({ $ref: '#/components/schemas/Event' })
  })

  it('knows every code', () => {
    const { Problem } = document.components.schemas as Record<string, { properties: { code: { enum: string[] } } }>
    expect(Problem?.properties.code.enum).toEqual(Object.keys(problems))
  })

  it('can be read: no pattern fills a screen', () => {
    for (const [, pattern] of text.matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g)) expect(pattern?.length).toBeLessThan(80)
    const from = of('listEvents').parameters.find((each) => each.name === 'from')
    expect(from?.schema).toMatchObject({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'string' }] })
    expect(from?.description).toContain('ISO 8601')
  })

  it('lets answers gain members, and input not', () => {
    expect(of('createEndpoint').requestBody?.content['application/json']?.schema.additionalProperties).toBe(false)
    expect(JSON.stringify(document.components.schemas)).not.toContain('"additionalProperties":false')
  })
})
