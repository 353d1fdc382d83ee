import { describe, expect, it } from 'vitest'
import { dedupeKey, eventType, Headers, ownText, ownValue, subjectOf } from './source.ts'

describe('headers', () => {
  it('keep order, case and repeats, and are found in any case', () => {
    const headers = Headers.fromFlat(['X-A', '1', 'x-b', '2', 'x-a', '3', 'odd'])
    expect(headers.raw).toEqual([
      ['X-A', '1'],
      ['x-b', '2'],
      ['x-a', '3'],
    ])
    expect(headers.all('x-A')).toEqual(['1', '3'])
    expect(headers.get('X-B')).toBe('2')
  })

  it('give no value for a header that is missing or doubled', () => {
    const headers = Headers.fromFlat(['a', '1', 'A', '1'])
    expect(headers.get('a')).toBeUndefined()
    expect(headers.get('__proto__')).toBeUndefined()
  })
})

describe('what comes from the network', () => {
  it('is a type only when it can stand in one', () => {
    expect(eventType('github', 'push')).toBe('github.push')
    expect(eventType('stripe', 'v1.billing.meter')).toBe('stripe.v1.billing.meter')
    for (const name of [undefined, null, 7, '', '.a', 'a b', 'a\n', 'é', '<b>', 'a'.repeat(129)]) {
      expect(eventType('github', name), String(name)).toBe('github.unknown')
    }
  })

  it('is a dedupe key only when a column can hold it', () => {
    const body = Buffer.from('{"hello":"world"}')
    const hash = 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588'
    expect(dedupeKey('evt_1', body)).toBe('evt_1')
    for (const id of [undefined, null, 7, '', 'a b', 'a\0', 'é', 'a\n', 'a'.repeat(256)]) {
      expect(dedupeKey(id, body), String(id)).toBe(hash)
    }
  })

  it('is a subject only when a column can hold it', () => {
    expect(subjectOf('Zoë / plums')).toBe('Zoë / plums')
    for (const text of [undefined, 7, '', 'a\0', '\ud83d', 'a\n', '\u202e', 'a'.repeat(256)]) {
      expect(subjectOf(text), String(text)).toBeNull()
    }
  })

  it('is looked for among own properties only', () => {
    const value = JSON.parse('{"a":"x","n":1,"__proto__":{"b":"y"}}')
    expect(ownText(value, 'a')).toBe('x')
    expect(ownText(value, 'n')).toBeUndefined()
    expect(ownText(value, 'toString')).toBeUndefined()
    expect(ownText(value, 'b')).toBeUndefined()
    expect(ownValue(null, 'a')).toBeUndefined()
    expect(ownValue('text', 'length')).toBeUndefined()
  })
})
