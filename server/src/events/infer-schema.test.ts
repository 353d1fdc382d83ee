import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { inferSchema } from './infer-schema.ts'

describe('the shape of a value', () => {
  it('names the members and their types', () => {
    const value = JSON.parse(
      '{"id":"a","n":1,"x":1.5,"on":true,"none":null,"list":[{"b":2}],"empty":[],"__proto__":{"c":1}}',
    )
    expect(inferSchema(value)).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        n: { type: 'integer' },
        x: { type: 'number' },
        on: { type: 'boolean' },
        none: { type: 'null' },
        list: { type: 'array', items: { type: 'object', properties: { b: { type: 'integer' } } } },
        empty: { type: 'array' },
        ['__proto__']: { type: 'object', properties: { c: { type: 'integer' } } },
      },
    })
  })

  it('fits the value that it was made of, whatever that is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        // An array of unlike items fits only its first one.
        fc.pre(!JSON.stringify(value).includes('['))
        const schema = inferSchema(value) as Parameters<typeof z.fromJSONSchema>[0]
        expect(z.fromJSONSchema(schema).safeParse(value).success).toBe(true)
      }),
    )
  })

  it('ends at a depth and a width', () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)
    expect(JSON.stringify(inferSchema(deep)).length).toBeLessThan(500)
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))
    expect(Object.keys(inferSchema(wide).properties ?? {})).toHaveLength(200)
  })
})
