import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { naively } from './exercise-filter.ts'
import { matterOf, openFilter, parseFilter } from './filter-expression.ts'

const head = { type: 'invoice.paid', subject: 'in_1', customer: 'acme', orderKey: null, sourceId: null }

function matches(filter: unknown, data: unknown): boolean {
  const parsed = parseFilter(filter)
  if (parsed.kind === 'refused') throw new Error(`${parsed.at} ${parsed.message}`)
  return openFilter(parsed.text).matches(matterOf({ ...head, data: data === undefined ? null : JSON.stringify(data) }))
}

describe('a filter expression', () => {
  const order = {
    amount: 120,
    currency: 'eur',
    note: null,
    tags: ['new', 'large'],
    lines: [{ sku: 'A-1', n: 2 }, { sku: 'B-2', n: 0, gift: true }, 'odd', [{ sku: 'C-3' }]],
    'dotted.name': { 'back\\slash': 1 },
    address: { city: 'Ghent' },
  }
  it.each<[unknown, boolean]>([
    [{ type: 'invoice.paid' }, true],
    [{ type: 'invoice' }, false],
    [{ type: { $startsWith: 'invoice.' }, subject: 'in_1', customer: 'acme' }, true],
    [{ type: 'invoice.paid', customer: 'other' }, false],
    [{ orderKey: null, sourceId: { $exists: true } }, true],
    [{ 'data.amount': 120 }, true],
    [{ 'data.amount': '120' }, false],
    [{ data: { amount: 120, address: { city: 'Ghent' } } }, true],
    [{ data: { address: { $eq: { city: 'Ghent' } } } }, true],
    [{ data: { address: { $eq: { city: 'Ghent', zip: 1 } } } }, false],
    [{ 'data.amount': { $gt: 119, $lte: 120 } }, true],
    [{ 'data.amount': { $gt: 120 } }, false],
    [{ 'data.amount': { $gte: 120 } }, true],
    [{ 'data.amount': { $lt: 120 } }, false],
    [{ 'data.amount': { $lt: 'z' } }, false],
    [{ 'data.currency': { $lt: 'f', $gte: 'eur' } }, true],
    [{ 'data.currency': { $in: ['eur', 'usd'] } }, true],
    [{ 'data.currency': { $nin: ['eur', 'usd'] } }, false],
    [{ 'data.missing': { $nin: ['eur'] } }, true],
    [{ 'data.missing': { $ne: 1 } }, true],
    [{ 'data.missing': { $exists: false } }, true],
    [{ 'data.note': { $exists: true } }, true],
    [{ 'data.note': null }, true],
    [{ 'data.missing': null }, false],
    [{ 'data.currency': { $endsWith: 'ur', $contains: 'u' } }, true],
    [{ 'data.currency': { $startsWith: 'ur' } }, false],
    [{ 'data.tags': 'large' }, true],
    [{ 'data.tags': ['large', 'new'] }, true],
    [{ 'data.tags': ['large', 'old'] }, false],
    [{ 'data.tags': { $eq: ['new', 'large'] } }, true],
    [{ 'data.tags': { $eq: ['large', 'new'] } }, false],
    [{ 'data.tags': { $contains: 'large' } }, true],
    [{ 'data.tags': { $contains: 'larg' } }, false],
    [{ 'data.tags': { $startsWith: 'larg' } }, true],
    [{ 'data.tags.1': 'large' }, true],
    [{ 'data.tags.2': { $exists: true } }, false],
    [{ 'data.tags.length': 2 }, false],
    [{ 'data.lines.sku': 'B-2' }, true],
    [{ 'data.lines.sku': 'C-3' }, false],
    [{ 'data.lines.3.sku': 'C-3' }, true],
    [{ 'data.lines': { $contains: { sku: 'A-1', n: 2 } } }, true],
    [{ 'data.lines.gift': { $exists: true } }, true],
    [{ 'data.dotted\\.name.back\\\\slash': 1 }, true],
    [{ 'data.constructor': { $exists: true } }, false],
    [{ 'data.__proto__': { $exists: true } }, false],
    [{ $or: [{ 'data.amount': 1 }, { 'data.currency': 'eur' }] }, true],
    [{ $and: [{ 'data.amount': 1 }, { 'data.currency': 'eur' }] }, false],
    [{ $not: { 'data.amount': 1 } }, true],
    [{ 'data.amount': { $not: { $gt: 100 } } }, false],
    [{ 'data.amount': { $or: [{ $lt: 3 }, { $gt: 5 }, 4] } }, true],
    [{ 'data.amount': { $or: [1, 120] } }, true],
    [{ data: { $or: [{ amount: 1 }, { currency: 'eur' }] } }, true],
  ])('%j: %s', (filter, isMatch) => {
    expect(matches(filter, order)).toBe(isMatch)
    expect(naively(filter, { ...head, data: order })).toBe(isMatch)
  })

  it('finds nothing in an event without JSON', () => {
    expect(matches({ data: { $exists: false } }, undefined)).toBe(true)
    expect(matches({ 'data.a': { $exists: true } }, undefined)).toBe(false)
    expect(matches({ data: null }, null)).toBe(true)
  })

  it('says whether it needs the data', () => {
    expect(openFilter('{"type":"a"}').readsData).toBe(false)
    expect(openFilter('{"type":"a","$or":[{"subject":"b"},{"$not":{"data.a":1}}]}').readsData).toBe(true)
  })

  it('means what the plain reading of its rules says, for any filter and any data', () => {
    fc.assert(
      fc.property(anyFilter, anyData, (filter, data) => {
        fc.pre(parseFilter(filter).kind === 'ok')
        const text = JSON.stringify(data)
        expect(matches(filter, data), `${JSON.stringify(filter)} over ${text}`).toBe(
          naively(filter, { ...head, data: JSON.parse(text) }),
        )
      }),
      { numRuns: 1000 },
    )
  })
})

const name = fc.constantFrom('a', 'b', '0', 'c')
const scalar = fc.constantFrom<unknown>(null, true, 0, 1, 2, '', 'a', 'ab', 'b', '1')
const anyData = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value
const small = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.dictionary(name, scalar, { maxKeys: 2 }))
const words = fc.constantFrom('a', 'ab', 'b')
const anyOperator = fc.oneof(
  fc.record({ $eq: small }),
  fc.record({ $ne: small }),
  fc.record({ $in: fc.array(small, { minLength: 1, maxLength: 3 }) }),
  fc.record({ $nin: fc.array(small, { minLength: 1, maxLength: 3 }) }),
  ...['$gt', '$gte', '$lt', '$lte'].map((each) => fc.record({ [each]: fc.constantFrom<unknown>(0, 1, 'a', 'ab') })),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $startsWith: words }),
  fc.record({ $endsWith: words }),
  fc.record({ $contains: fc.oneof(words, fc.constantFrom<unknown>(1, null)) }),
)
const path = fc.array(name, { maxLength: 3 }).map((steps) => ['data', ...steps].join('.'))
const anyFilter = fc.letrec<{ filter: unknown; below: unknown }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(path, fc.oneof(anyOperator, scalar)).map(([at, condition]) => ({ [at]: condition })),
    fc.tuple(path, tie('below')).map(([at, condition]) => ({ [at]: condition })),
    fc.record({ $and: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $or: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $not: tie('filter') }),
  ),
  below: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyOperator,
    scalar,
    fc.array(fc.constantFrom<unknown>('a', 1), { minLength: 1, maxLength: 2 }),
    fc.tuple(name, tie('below')).map(([at, condition]) => ({ [at]: condition })),
    fc.record({ $or: fc.array(tie('below'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $and: fc.array(tie('below'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $not: tie('below') }),
  ),
})).filter

describe('a filter that is refused says where and why:', () => {
  it.each<[unknown, string, RegExp]>([
    ['type', '', /must be a JSON object/],
    [[], '', /must be a JSON object/],
    [null, '', /must be a JSON object/],
    [{}, '', /is empty/],
    [{ 'data.a': {} }, '/data.a', /is empty/],
    [{ amount: 1 }, '/amount', /must begin with one of data, type/],
    [{ 'data..a': 1 }, '/data..a', /empty part/],
    [{ 'type.a': 1 }, '/type.a', /nothing below "type"/],
    [{ 'data.a': { $regex: '(a+)+$' } }, '/data.a/$regex', /use \$startsWith, \$endsWith, \$contains or \$in/],
    [{ $where: '1' }, '/$where', /no such operator; use \$eq, /],
    [{ $eq: 1 }, '/$eq', /needs a path/],
    [{ $or: [] }, '/$or', /array of at least one/],
    [{ $and: { type: 'a' } }, '/$and', /array of at least one/],
    [{ $or: [{ type: 'a' }, 5] }, '/$or/1', /must be a JSON object/],
    [{ 'data.a': { $in: [] } }, '/data.a/$in', /array of at least one/],
    [{ 'data.a': [] }, '/data.a', /\{"\$eq": \[\]\}/],
    [{ 'data.a': { $gt: null } }, '/data.a/$gt', /a number or a text/],
    [{ 'data.a': { $exists: 1 } }, '/data.a/$exists', /true or false/],
    [{ 'data.a': { $startsWith: '' } }, '/data.a/$startsWith', /at least one character/],
    [{ 'data.a/b~c': { $gt: {} } }, '/data.a~1b~0c/$gt', /a number or a text/],
  ])('%j', (filter, at, message) => {
    expect(parseFilter(filter)).toEqual({ kind: 'refused', at, message: expect.stringMatching(message) })
  })

  it('too long', () => {
    const refusal = (filter: unknown) => {
      const parsed = parseFilter(filter)
      return parsed.kind === 'refused' ? `${parsed.at} ${parsed.message}` : 'none'
    }
    expect(refusal({ 'data.a': { $contains: 'x'.repeat(251) } })).toMatch(/^\/data.a\/\$contains .* at most 250 char/)
    expect(refusal({ 'data.a': { $contains: 'x'.repeat(250) } })).toBe('none')
    expect(refusal({ 'data.a': { $in: Array.from({ length: 197 }, (_, i) => i) } })).toBe('none')
    expect(refusal({ 'data.a': { $in: Array.from({ length: 200 }, (_, i) => i) } })).toBe(' has more than 200 parts')
    expect(refusal({ 'data.a': 'x'.repeat(16 * 1024 - 13) })).toBe('none')
    expect(refusal({ 'data.a': 'x'.repeat(16 * 1024 - 12) })).toMatch(/has 16385 bytes of JSON; at most 16384 /)
    expect(refusal({ 'data.a': 'ä'.repeat(9 * 1024) })).toMatch(/at most 16384 /)
  })

  it('too deep, at any depth', () => {
    const nested = (depth: number) => JSON.parse(`${'{"$not":'.repeat(depth)}{"type":"a"}${'}'.repeat(depth)}`)
    expect(parseFilter(nested(14)).kind).toBe('ok')
    for (const depth of [15, 1000, 50_000])
      expect(parseFilter(nested(depth))).toMatchObject({ message: expect.stringMatching(/nested more than 16 deep/) })
    const operand = JSON.parse(`{"data.a":{"$eq":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`)
    expect(parseFilter(operand)).toMatchObject({ message: expect.stringMatching(/nested more than 16 deep/) })
  })

  it('too long a list, without looking through it', () => {
    const filter = { 'data.a': { $in: Array.from({ length: 200_000 }, () => 'aaaaaaaa') } }
    expect(parseFilter(filter)).toMatchObject({ message: 'has more than 200 parts' })
  })
})

describe('what an event holds', () => {
  it('may be nested without end', () => {
    const depth = 50_000
    const data = `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`
    const matter = matterOf({ ...head, data })
    const ask = (filter: unknown) => openFilter(JSON.stringify(filter)).matches(matter)
    expect(ask({ 'data.a.a.a': { $eq: [{ a: 1 }] } })).toBe(false)
    expect(ask({ 'data.a.a.a': { $exists: true } })).toBe(true)
    expect(ask({ 'data.a': { $contains: { a: [[[[1]]]] } } })).toBe(false)
  })

  it('is looked at once for each part of the filter, however it is made', () => {
    let looks = 0
    const look = (of: object, key: PropertyKey) => {
      looks++
      return Reflect.get(of, key)
    }
    const counted = (value: object) => new Proxy(value, { get: look })
    const inner = () => counted({ b: 1, c: 2 })
    const data = Array.from({ length: 100 }, () => ({ a: Array.from({ length: 100 }, inner) }))
    const filter = openFilter('{"$or":[{"data.a.b":2},{"data.a.c":3},{"data.a.d":1}]}')
    expect(filter.matches({ data })).toBe(false)
    expect(looks).toBeLessThanOrEqual(3 * 100 * 100)
    expect(looks).toBeGreaterThan(0)
  })
})
