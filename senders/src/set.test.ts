import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { edited, editsOf, readEdit, UnfitEdit } from './set.ts'

const set = (body: string, ...edits: string[]): string =>
  Buffer.from(edited(Buffer.from(body), edits.map(readEdit))).toString()

const setField = (form: string, ...edits: string[]): string =>
  Buffer.from(edited(Buffer.from(form), edits.map(readEdit), 'application/x-www-form-urlencoded')).toString()

describe('a change of a body', () => {
  it.each([
    ['{"a":1}', 'a=2', '{"a":2}'],
    ['{"a":{"b":[{"c":1},{"c":2}]}}', 'a.b.1.c=3', '{"a":{"b":[{"c":1},{"c":3}]}}'],
    ['{"a":{"b":[{"c":1},{"c":2}]}}', 'a.b[0].c=3', '{"a":{"b":[{"c":3},{"c":2}]}}'],
    ['[1,2]', '[1]=3', '[1,3]'],
    ['[1,2]', '2=3', '[1,2,3]'],
    ['{"a":1}', 'b.c.0.d=x', '{"a":1,"b":{"c":[{"d":"x"}]}}'],
    ['{"a":null}', 'a.b=1', '{"a":{"b":1}}'],
    ['{"a.b":1}', 'a\\.b=2', '{"a.b":2}'],
    ['{"1":1}', '1=2', '{"1":2}'],
    ['{"a":1}', 'a=x=y', '{"a":"x=y"}'],
    ['{"a":1}', 'a=', '{"a":""}'],
    ['{"a":1}', 'a="2"', '{"a":"2"}'],
    ['{"a":1}', 'a={"b":[]}', '{"a":{"b":[]}}'],
    ['{}', '__proto__.x=1', '{"__proto__":{"x":1}}'],
    ['{"a":{},"b":[]}', 'c= [1, 2] ', '{"a":{},"b":[],"c":[1, 2]}'],
  ])('%s with %s is %s', (body, edit, result) => {
    expect(set(body, edit)).toBe(result)
  })

  it('keeps the rest as it was: big numbers, repeated names, odd spellings', () => {
    const body = '{"n":9007199254740993,"x":1.0,"a":"\\u0041\\"]","n":1e999,"é":[true,null,-0.5E+3]}'
    expect(set(body, 'big=12345678901234567890.10')).toBe(`${body.slice(0, -1)},"big":12345678901234567890.10}`)
    expect(set(body, 'n=2')).toBe(body.replace('1e999', '2'))
  })

  it('is made one after the other', () => {
    expect(set('{}', 'a.b=1', 'a.c=2', 'a.b=3')).toBe('{"a":{"b":3,"c":2}}')
  })

  it('sets any value that JSON can hold where it is told to', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string({ minLength: 1 }), (whole, value, name) => {
        const path = name.replaceAll('.', '\\.')
        fc.pre(!/\[\d+\]|\\/.test(name))
        const body = Buffer.from(JSON.stringify({ ...(whole as object), keep: whole }))
        const result = JSON.parse(Buffer.from(edited(body, editsOf({ [`new.${path}`]: value }))).toString())
        expect(result.keep).toEqual(JSON.parse(JSON.stringify(whole)))
        expect(Object.getOwnPropertyDescriptor(result.new, name)?.value).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('changes the fields of a form, and the JSON in one', () => {
    expect(setField('From=a&Body=b+c', 'Body=x&y', 'New=1')).toBe('From=a&Body=x%26y&New=1')
    const form = new URLSearchParams({ payload: '{"user":{"id":"U1"}}' }).toString()
    const changed = new URLSearchParams(setField(form, 'payload.user.id=U2')).get('payload')
    expect(changed).toBe('{"user":{"id":"U2"}}')
  })

  it.each([
    ['{"a":"x"}', 'a.b=1', 'a.b: a is neither an object nor a list'],
    ['{"a":[1]}', 'a.2=1', 'a.2: a is a list of 1, counted from 0'],
    ['{"a":[1]}', 'a.x=1', 'a.x: a is a list of 1'],
    ['5', 'a=1', 'a: the body is neither'],
    ['hello', 'a=1', 'the body is not JSON'],
    ['{}', 'a..b=1', '"a..b" is no path'],
    ['{}', '=1', 'path=value'],
    ['{}', 'a', 'path=value'],
  ])('of %s to %s cannot be, and it says why', (body, edit, message) => {
    expect(() => set(body, edit)).toThrow(UnfitEdit)
    expect(() => set(body, edit)).toThrow(message)
  })

  it('leaves a body without changes alone, whatever it is', () => {
    const body = Buffer.from([0xff, 0x00])
    expect(edited(body, [])).toBe(body)
  })
})
