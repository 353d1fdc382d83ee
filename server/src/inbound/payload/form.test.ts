import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formFields, formText, mostFields } from './form.ts'

describe('the fields of a form', () => {
  it('are in the order sent, repeats among them', () => {
    expect(pairs('b=2&a=1&b=3')).toEqual([
      ['b', '2'],
      ['a', '1'],
      ['b', '3'],
    ])
  })

  it('are decoded, names too', () => {
    expect(pairs('From=%2B49+30&%C3%BC=%e2%82%AC')).toEqual([
      ['From', '+49 30'],
      ['ü', '€'],
    ])
  })

  it('may be empty, have no "=", or several', () => {
    expect(pairs('')).toEqual([])
    expect(pairs('&&a&b=&=c&d=e=f&')).toEqual([
      ['a', ''],
      ['b', ''],
      ['', 'c'],
      ['d', 'e=f'],
    ])
  })

  it('keep a "%" that two hex digits do not follow', () => {
    expect(pairs('a=%&b=%z1&c=%4&d=%4g&e=100%25%')).toEqual([
      ['a', '%'],
      ['b', '%z1'],
      ['c', '%4'],
      ['d', '%4g'],
      ['e', '100%%'],
    ])
  })

  it('are bytes: what is not UTF-8 stays what it is', () => {
    expect(formFields(Buffer.from('a=%FF\xfe', 'latin1'))?.[0]?.value).toEqual(Buffer.from([0xff, 0xfe]))
  })

  it('are read as the platform reads them', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('%', '%4', '%41', '&', '=', '+', '%2B', '%C3%BC'))
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join('')
        const platform = [...new URLSearchParams(`&${text}`)]
        expect(pairs(text)).toEqual(platform)
      }),
    )
  })

  it('are bounded in number', () => {
    expect(formFields(Buffer.from('a=1&'.repeat(mostFields)))?.length).toBe(mostFields)
    expect(formFields(Buffer.from('a=1&'.repeat(mostFields + 1)))).toBeUndefined()
    expect(formFields(Buffer.from('&'.repeat(1_000_000)))).toEqual([])
  })
})

describe('the text of a field', () => {
  it('is there when the field came once', () => {
    const fields = formFields(Buffer.from('a=1&b=2&b=3&A=4')) ?? []
    expect(formText(fields, 'a')).toBe('1')
    expect(formText(fields, 'b')).toBeUndefined()
    expect(formText(fields, 'c')).toBeUndefined()
  })
})

function pairs(text: string): [string, string][] | undefined {
  return formFields(Buffer.from(text))?.map(({ name, value }) => [name.toString(), value.toString()])
}
