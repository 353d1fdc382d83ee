import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { envelope } from './body.ts'

const at = Date.UTC(2026, 10, 22, 8, 0, 0, 123)
const textOf = (type: string, data: string) => Buffer.from(envelope(type, at, data).bytes).toString()

describe('the envelope', () => {
  it('holds type, time of receipt and data, and says that it is JSON', () => {
    expect(envelope('a.b', at, '{"n":1}').contentType).toBe('application/json')
    expect(textOf('a.b', '{"n":1}')).toBe('{"type":"a.b","timestamp":"2026-11-22T08:00:00.123Z","data":{"n":1}}')
  })

  it.each([
    ['big numbers', '{"id":9007199254740993,"x":1e999999,"y":1.0}'],
    ['repeated keys', '{"a":1,"a":2}'],
    ['the halves of a surrogate pair', '{"s":"\\ud83d","nul":"\\u0000"}'],
    ['the sender’s spacing and spelling', '{ "caf\\u00e9" :\r\n\t[ 1 ,2 ] }'],
    ['what replacing would read as a pattern', '{"a":"$& $1 $$"}'],
    ['depth', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a bare value', 'null'],
  ])('keeps %s to the letter', (_, data) => {
    expect(textOf('a.b', data).endsWith(`,"data":${data}}`)).toBe(true)
  })

  it('is JSON around any JSON, for any type', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.json(), (type, data) => {
        const read = JSON.parse(textOf(type, data))
        expect(read.type).toBe(type)
        expect(read.data).toEqual(JSON.parse(data))
        expect(Object.keys(read)).toEqual(['type', 'timestamp', 'data'])
      }),
    )
  })
})
