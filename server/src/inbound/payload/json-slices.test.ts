import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemsOf, membersOf, type Slice, splice, stringOf } from './json-slices.ts'

const sliceOf = (text: string): Slice => ({ text, value: JSON.parse(text) })

/** What all slices inside of a slice stand for. */
function everySlice(slice: Slice): Slice[] {
  const inner = [...membersOf(slice).values(), ...itemsOf(slice)]
  return [slice, ...inner.flatMap(everySlice)]
}

describe('slices of a JSON text', () => {
  it('read as their values do, at every depth, and stand in the text as they are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        for (const slice of everySlice(sliceOf(text))) {
          expect(JSON.parse(slice.text)).toEqual(slice.value)
          expect(text).toContain(slice.text)
        }
      }),
    )
  })

  it('keep what a number, a repeated key and an escape were written as', () => {
    const members = membersOf(sliceOf('{"a":9007199254740993,"a":1.50,"b":"\\u0041","__proto__":{"c":1}}'))
    expect([...members].map(([name, { text }]) => [name, text])).toEqual([
      ['a', '1.50'],
      ['b', '"\\u0041"'],
      ['__proto__', '{"c":1}'],
    ])
    expect(members.get('__proto__')?.value).toEqual({ c: 1 })
    expect(membersOf(sliceOf('{"a":9007199254740993}')).get('a')?.text).toBe('9007199254740993')
  })

  it('are none of what has none', () => {
    for (const text of ['null', '1', '"{}"', '[]']) expect(membersOf(sliceOf(text)).size, text).toBe(0)
    for (const text of ['null', '1', '"[]"', '{"length":1}']) expect(itemsOf(sliceOf(text)), text).toEqual([])
    expect(membersOf(undefined).size).toBe(0)
    expect(itemsOf(undefined)).toEqual([])
    expect(stringOf(sliceOf('1'))).toBeUndefined()
  })

  it('do not overflow on ten thousand levels', () => {
    const deep = `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`
    expect(membersOf(sliceOf(`{"b":${deep}}`)).get('b')?.text === deep).toBe(true)
  })
})

describe('a spliced object', () => {
  it('holds each slice to the letter, and null for what is missing', () => {
    const one = sliceOf('{"n":1.0, "n":2}')
    expect(splice({ one, two: undefined, three: sliceOf('"\\u00e9"') })).toBe(
      '{"one":{"n":1.0, "n":2},"two":null,"three":"\\u00e9"}',
    )
  })
})
