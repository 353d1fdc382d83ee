import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spellings } from './respell.ts'

const all = (body: string | Buffer, encoding?: string) =>
  [...spellings(Buffer.from(body), encoding)].map((each) => each.body.toString('utf8'))

describe('what a body may have been', () => {
  it.each([
    ['compact JSON that was indented', '{\n  "a": [\n    1,\n    "b"\n  ],\n  "c": {}\n}', '{"a":[1,"b"],"c":{}}'],
    ['indented JSON that was made compact', '{"a":[1,"b"],"c":{}}', '{\n  "a": [\n    1,\n    "b"\n  ],\n  "c": {}\n}'],
    ['spaces behind commas and colons', '{"a":1,"b":[2,3]}', '{"a": 1, "b": [2, 3]}'],
    ['escapes that were read', '{"a":"münchen 🎈"}', '{"a":"m\\u00fcnchen \\ud83c\\udf88"}'],
    ['escapes and spaces, as Python writes them', '{"a":"mü","b":1}', '{"a": "m\\u00fc", "b": 1}'],
    ['characters that were escaped', '{"a":"m\\u00fc \\\\u00fc \\u0022"}', '{"a":"mü \\\\u00fc \\u0022"}'],
    ['slashes that PHP escapes', '{"a":"x/y"}', '{"a":"x\\/y"}'],
    ['escaped slashes', '{"a":"x\\/y"}', '{"a":"x/y"}'],
    ['an end of line that was added', '{"a":1}\n', '{"a":1}'],
    ['an end of line that was cut', 'text', 'text\n'],
    ['CR LF', 'a\r\nb', 'a\nb'],
    ['LF', 'a\nb', 'a\r\nb'],
    ['a byte-order mark', '\u{FEFF}{"a":1}', '{"a":1}'],
    ['no byte-order mark', '{"a":1}', '\u{FEFF}{"a":1}'],
    ['a form that was decoded', 'payload={"a":"x y&z"}', 'payload=%7B%22a%22%3A%22x+y%26z%22%7D'],
  ])('is tried: %s', (_, came, was) => {
    expect(all(came)).toContain(was)
  })

  it('is the unpacked bytes of what was compressed', () => {
    expect(all(gzipSync('{"a":1}'), 'gzip')).toEqual(['{"a":1}'])
    expect(all('not compressed', 'gzip')).not.toContain('')
  })

  it('keeps numbers, repeated keys and the text of strings as they are', () => {
    const inside = '{ "n" : 12345678901234567890.0 , "n" : 1e400, "s" : " , : { " }'
    expect(all(inside)).toContain('{"n":12345678901234567890.0,"n":1e400,"s":" , : { "}')
  })

  it('does not take the end of one escape for the beginning of another', () => {
    const made = all(String.raw`{"a":"\\/","b":"/","c":"\/"}`)
    expect(made).toContain(String.raw`{"a":"\\\/","b":"\/","c":"\/"}`)
    expect(made).toContain(String.raw`{"a":"\\/","b":"/","c":"/"}`)
  })

  it('is never what it is, is one of few, and means the same where it is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', '\n', ' '), (json, end) => {
        const made = all(json + end)
        expect(made.length).toBeLessThanOrEqual(20)
        expect(made).not.toContain(json + end)
        const compact = JSON.stringify(JSON.parse(json))
        for (const each of made) expect(JSON.stringify(JSON.parse(each.replace(/^\uFEFF/, '')))).toBe(compact)
      }),
    )
  })

  it.each([
    ['brackets', '['.repeat(300_000) + ']'.repeat(300_000)],
    ['one string', JSON.stringify('\\"'.repeat(300_000))],
    ['commas in the deep', `${'['.repeat(50)}${'1,'.repeat(400_000)}1${']'.repeat(50)}`],
    ['bytes', Buffer.alloc(1024 * 1024, 0xff)],
  ])('is bounded for a large body of %s', (_, body) => {
    const sizes = [...spellings(Buffer.from(body), undefined)].map((each) => each.body.length)
    expect(Math.max(0, ...sizes)).toBeLessThan(8 * 1024 * 1024)
  })
})
