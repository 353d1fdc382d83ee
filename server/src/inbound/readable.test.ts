import { describe, expect, it } from 'vitest'
import { readable } from './readable.ts'
import { Headers, Unparsable } from './source.ts'

const request = (body: Buffer) => ({
  method: 'POST',
  url: '/in/key?a=1',
  address: 'https://hooks.example/in/key?a=1',
  isAddressed: true,
  headers: new Headers([['a', 'b']]),
  body,
})

describe('a readable request', () => {
  it('is the request itself', () => {
    const incoming = request(Buffer.from('{}'))
    expect(readable(incoming)).toMatchObject(incoming)
  })

  it('reads its own body once, and other bytes when it is given some', () => {
    const { body, json } = readable(request(Buffer.from('{"a":1}')))
    expect(json()).toEqual({ text: '{"a":1}', value: { a: 1 } })
    expect(json()).toBe(json(body))
    expect(json(Buffer.from('[2]'))).toEqual({ text: '[2]', value: [2] })
    expect(json(new Uint8Array([0x20, 0x31, 0x20]).subarray(1, 2))).toEqual({ text: '1', value: 1 })
    expect(json().text).toBe('{"a":1}')
  })

  it('is not read when nobody asks', () => {
    expect(readable(request(Buffer.from([0xff])))).toHaveProperty('json')
  })

  it('throws Unparsable each time, with nothing of the body in its words', () => {
    const { json } = readable(request(Buffer.from('{"card":"4242 4242"')))
    for (let i = 0; i < 2; i++) expect(json).toThrow(new Unparsable('the body is not JSON'))
    expect(readable(request(Buffer.from([0x22, 0xff, 0x22]))).json).toThrow(
      new Unparsable('the body is not UTF-8 text'),
    )
    expect(readable(request(Buffer.alloc(0))).json).toThrow(new Unparsable('the body is empty'))
  })

  it('keeps keys of the prototype as own keys', () => {
    const { value } = readable(request(Buffer.from('{"__proto__":{"type":"x"}}'))).json()
    expect(Object.hasOwn(value as object, '__proto__')).toBe(true)
    expect((value as { type?: string }).type).toBeUndefined()
  })

  it('reads 25 MiB', () => {
    const text = `{"a":"${'ü'.repeat(12 * 1024 * 1024)}","b":[${'1,'.repeat(500_000)}1]}`
    expect(readable(request(Buffer.from(text))).json().text === text).toBe(true)
  })
})
