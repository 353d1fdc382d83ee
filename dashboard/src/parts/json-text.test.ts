import { describe, expect, it } from 'vitest'
import { indentJson } from './json-text.ts'

describe('indented JSON', () => {
  it('looks as JSON.stringify writes it', () => {
    const value = { a: [1, 'two', { b: null }], empty: {}, none: [], text: 'a, "b": {c} [d] \\ \n', 'key:': true }
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2))
    expect(indentJson(JSON.stringify(value, null, 7))).toBe(JSON.stringify(value, null, 2))
  })

  it('keeps big numbers, repeated keys and escapes as they were', () => {
    expect(indentJson('{"id":12345678901234567890,"a":1.10,"a":"\\u202e"}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "a": 1.10,\n  "a": "\\u202e"\n}',
    )
  })

  it('leaves alone what is no JSON, and what is nested so deeply that it would be all white space', () => {
    expect(indentJson('payload=%7B%7D')).toBeUndefined()
    expect(indentJson('')).toBeUndefined()
    expect(indentJson('['.repeat(5000) + ']'.repeat(5000))).toBeUndefined()
  })

  it('takes a long text', () => {
    const text = JSON.stringify(['x"\\'.repeat(40_000)])
    expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2))
  })
})
