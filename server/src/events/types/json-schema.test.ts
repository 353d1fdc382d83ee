import { describe, expect, it } from 'vitest'
import { compileSchema } from './json-schema.ts'
import { productEvents, productSchema } from './product-events.ts'

const invoice = {
  type: 'object',
  properties: { id: { type: 'string' }, lines: { type: 'array', items: { type: 'number' } } },
  required: ['id'],
}
const check = (schema: unknown, data: unknown) => compileSchema(schema)(data, JSON.stringify(data).length)

describe('a schema', () => {
  it('lets pass what fits, and names the rule that the rest breaks', () => {
    expect(check(invoice, { id: 'in_1', lines: [1, 2], more: true })).toBeUndefined()
    expect(check(invoice, { id: 7 })).toBe('must be string (#/properties/id/type)')
    expect(check(invoice, {})).toBe("must have required property 'id' (#/required)")
    expect(check(invoice, { id: 'a', lines: [1, 'x'] })).toBe('must be number (#/properties/lines/items/type)')
  })

  it('repeats nothing of the data', () => {
    const strict = { type: 'object', additionalProperties: false, properties: { kind: { enum: ['a', 'b'] } } }
    for (const data of [{ 'marta@orchard.example': 1 }, { kind: 'marta@orchard.example' }, ['marta@orchard.example']]) {
      const why = check({ ...strict, propertyNames: { maxLength: 4 } }, data)
      expect(why).toBeTruthy()
      expect(why).not.toContain('marta')
    }
  })

  it('may be of draft 2020-12 or draft-07, with definitions of its own', () => {
    const own = { $defs: { n: { type: 'integer' } }, type: 'array', prefixItems: [{ $ref: '#/$defs/n' }] }
    expect(check({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...own }, ['x'])).toContain(
      'must be integer',
    )
    const older = { definitions: { n: { type: 'integer' } }, type: 'array', items: [{ $ref: '#/definitions/n' }] }
    expect(check({ $schema: 'http://json-schema.org/draft-07/schema#', ...older }, ['x'])).toContain('must be integer')
    expect(check({ $id: 'https://orchard.example/a', ...own }, [1])).toBeUndefined()
    expect(check({ $id: 'https://orchard.example/a', type: 'null' }, null)).toBeUndefined()
  })

  const deep = (levels: number): unknown => (levels === 0 ? {} : { not: deep(levels - 1) })
  it.each<[string, unknown, RegExp]>([
    ['no object', true, /must be a JSON object/],
    ['a list', [], /must be a JSON object/],
    ['a reference to elsewhere', { $ref: 'https://evil.example/schema' }, /nothing is fetched/],
    ['a reference to a file', { items: { $ref: 'file:///etc/passwd' } }, /nothing is fetched/],
    ['a reference to nothing', { $ref: '#/$defs/none' }, /can't resolve/],
    ['an unknown draft', { $schema: 'https://json-schema.org/draft/2019-09/schema' }, /is none of/],
    ['a draft of no text', { $schema: '__proto__' }, /is none of/],
    ['a type that is none', { type: 'text' }, /schema is invalid/],
    ['a broken pattern', { pattern: '(' }, /Invalid regular expression/],
    ['one nested by the thousand', deep(1000), /nests deeper/],
    ['ten thousand values', { enum: Array.from({ length: 10_000 }, (_, n) => n) }, /more than 3000 values/],
    ['40 KiB', { description: 'x'.repeat(40_000) }, /bytes, and 32768 are allowed/],
  ])('is refused: %s', (_, schema, why) => {
    expect(() => compileSchema(schema)).toThrow(why)
    expect(() => compileSchema(schema)).toThrow(expect.objectContaining({ code: 'EVENT_TYPE_SCHEMA_REFUSED' }))
  })

  it('holds nobody up with a pattern that takes for ever, and goes on well after it', () => {
    const bad = compileSchema({ type: 'string', pattern: '^(a+)+$' })
    const before = performance.now()
    expect(bad(`${'a'.repeat(60)}!`, 61)).toContain('took longer than')
    expect(performance.now() - before).toBeLessThan(5000)
    expect(bad('aaa', 3)).toBeUndefined()
  })

  it('that refers to itself for ever, and data deeper than the stack, are faults of the data and no crash', () => {
    expect(check({ $ref: '#' }, { a: 1 })).toContain('nested too deep')
    let data: unknown = 1
    for (let n = 0; n < 200_000; n++) data = [data]
    expect(compileSchema({ type: 'array', items: { $ref: '#' } })(data, 400_000)).toBeTruthy()
  })

  it('does not know what another one names', () => {
    compileSchema({ $id: 'https://orchard.example/a', $defs: { secret: { $id: 'secret', type: 'string' } } })
    expect(() => compileSchema({ $ref: '#secret' })).toThrow(/can't resolve/)
    expect(() => compileSchema({ $id: 'https://orchard.example/a', type: 'string' })).not.toThrow()
  })
})

describe('the product events', () => {
  it('are 23 and the test, each with an example that fits its schema, and may carry more', () => {
    expect(productEvents).toHaveLength(24)
    expect(new Set(productEvents.map(({ type }) => type)).size).toBe(24)
    for (const each of productEvents) {
      expect(check(productSchema(each), each.example), each.type).toBeUndefined()
      expect(check(productSchema(each), { ...each.example, more: 1 }), each.type).toBeUndefined()
      const [required] = Object.keys(each.example)
      expect(check(productSchema(each), { ...each.example, [String(required)]: undefined }), each.type).toBeTruthy()
      expect(each.description).toMatch(/^[A-Z].*\.$/)
    }
  })
})
