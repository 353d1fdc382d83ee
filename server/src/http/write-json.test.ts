import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RawJson } from '../api/operation.ts'
import { writeJson } from './write-json.ts'

describe('an answer', () => {
  it('is written as JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => writeJson(value) === JSON.stringify(value)))
  })

  it.each([
    '12345678901234567890',
    '1.0',
    '1e999999',
    '{"a":1,"a":2}',
    '"\\ud83d"',
    '"$& $1 $$"',
    '{ "a" :\n1 }',
    'null',
  ])('holds raw JSON to the letter: %s', (text) => {
    expect(writeJson({ id: 'evt_1', data: new RawJson(text), end: true })).toBe(
      `{"id":"evt_1","data":${text},"end":true}`,
    )
  })

  it('holds several pieces of raw JSON, at any depth, each at its place', () => {
    const raw = (text: string) => new RawJson(text)
    expect(writeJson([raw('1.0'), { a: [raw('2.0'), { b: raw('3.0') }] }, raw('1.0')])).toBe(
      '[1.0,{"a":[2.0,{"b":3.0}]},1.0]',
    )
  })

  it('holds raw JSON deeper than JSON.stringify goes', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(writeJson({ data: new RawJson(deep) })).toBe(`{"data":${deep}}`)
  })

  it('takes no text for raw JSON, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.constantFrom(...'0123456789abcdef"'), minLength: 30, maxLength: 40 }),
        (a, b) => {
          const written = writeJson({ a, b, c: `${b}0`, data: new RawJson('1.0') })
          expect(JSON.parse(written)).toEqual({ a, b, c: `${b}0`, data: 1 })
        },
      ),
    )
  })
})
