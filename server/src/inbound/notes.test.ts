import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { lookAt } from './body-look.ts'
import { notesOf } from './notes.ts'

const github = { title: 'GitHub', usual: { userAgent: 'GitHub-Hookshot/', contentTypes: ['application/json'] } }
type Headers = [string, string][]

const notes = (
  headers: Headers,
  body: string | Buffer | undefined = '{}',
  kind: Parameters<typeof notesOf>[2] = undefined,
) => notesOf(headers, body === undefined ? undefined : lookAt(Buffer.from(body), headers), kind)
const codes = (...args: Parameters<typeof notes>) => notes(...args).map(({ code }) => code)
const json: Headers = [['Content-Type', 'application/json; charset=utf-8']]

describe('what is noted about a request', () => {
  it('is nothing when it is as usual', () => {
    expect(notes([...json, ['User-Agent', 'github-hookshot/1a2b']], '{"a":1}', github)).toEqual([])
    expect(notes([['content-type', 'application/x-www-form-urlencoded']], 'a=1')).toEqual([])
    expect(notes([['content-type', 'application/cloudevents-batch+json']], '[]')).toEqual([])
    expect(notes([], '')).toEqual([])
  })

  it.each<[string, Headers, string | Buffer, string]>([
    ['NO_CONTENT_TYPE', [], '{}', 'It has a body and no content type.'],
    ['CONTENT_TYPE_UNLIKE_BODY', json, 'a=1', 'The content type is "application/json", and the body is other text.'],
    [
      'CONTENT_TYPE_UNLIKE_BODY',
      [['content-type', 'text/html']],
      'a\0',
      'The content type is "text/html", and the body is no text.',
    ],
    [
      'CONTENT_TYPE_UNLIKE_BODY',
      [['content-type', 'application/x-www-form-urlencoded']],
      '{}',
      'The content type is "application/x-www-form-urlencoded", and the body is JSON.',
    ],
    [
      'COMPRESSED',
      [...json, ['Content-Encoding', 'br']],
      '{}',
      'The body came with the content encoding "br"; it is kept as it came.',
    ],
    [
      'COMPRESSED',
      [['content-type', 'application/octet-stream']],
      gzipSync('{}'),
      'The body begins as gzip does; it is kept as it came.',
    ],
    ['BYTE_ORDER_MARK', json, '\uFEFF{}', 'The body begins with a byte-order mark of UTF-8.'],
    ['DOUBLED_HEADER', [...json, ['X-A', '1'], ['x-a', '1']], '{}', 'It came more than once: "x-a".'],
  ])('is %s for %j with %j', (code, headers, body, text) => {
    expect(notes(headers, body)).toEqual([{ code, text }])
  })

  it('is a sender that its provider does not call so, where that is documented', () => {
    const [note] = notes([...json, ['User-Agent', 'curl/8.5']], '{}', github)
    expect(note).toEqual({
      code: 'UNUSUAL_SENDER',
      text: 'GitHub calls its sender "GitHub-Hookshot/…", and this one is "curl/8.5".',
    })
    expect(codes(json, '{}', github)).toEqual(['UNUSUAL_SENDER'])
    expect(codes(json, '{}', { title: 'Other' })).toEqual([])
    expect(
      codes(
        [
          ['content-type', 'text/plain'],
          ['user-agent', 'GitHub-Hookshot/'],
        ],
        'x',
        github,
      ),
    ).toEqual(['UNUSUAL_CONTENT_TYPE'])
  })

  it('says nothing of headers that servers on the way add to', () => {
    expect(
      codes([...json, ['Via', '1.1 a'], ['via', '1.1 b'], ['X-Forwarded-For', '1'], ['x-forwarded-for', '2']]),
    ).toEqual([])
  })

  it('is of the headers alone when the body was not kept', () => {
    expect(
      notesOf(
        [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
        undefined,
        undefined,
      ).map(({ code }) => code),
    ).toEqual(['DOUBLED_HEADER'])
  })

  it('never repeats more than a little of what the sender wrote', () => {
    const [note] = notes([...json, ['Content-Encoding', 'x'.repeat(10_000)]])
    expect(note?.text.length).toBeLessThan(200)
  })
})

describe('a long body', () => {
  it('is judged by how it begins, and in a moment', () => {
    const long = (text: string) => lookAt(Buffer.from(text.padEnd(70_000, 'x')), json)
    expect(long(' \n[1,')).toMatchObject({ kind: 'json', isTruncated: true })
    expect(long('<html>')).toMatchObject({ kind: 'text', isTruncated: true })
    expect(long('\uFEFF{"a"').kind).toBe('json')
    expect(lookAt(Buffer.alloc(70_000, 0xe9), json).kind).toBe('binary')
  })

  it.each(['é', '日', '🍐'])('is cut between characters, and %s in two is no reason to call it binary', (character) => {
    const size = Buffer.byteLength(character)
    for (let before = 0; before < size; before++) {
      const bytes = Buffer.from('x'.repeat(64 * 1024 - before) + character.repeat(10))
      const look = lookAt(bytes.subarray(0, 64 * 1024 + 1), [])
      expect(look.kind).toBe('text')
      expect(look.text).toMatch(new RegExp(`^x+${character}*$`, 'u'))
    }
  })
})
