import { describe, expect, it } from 'vitest'
import { maskHeaders, maskUrl } from './mask.ts'

describe('a header', () => {
  it.each([
    'Authorization',
    'authorization',
    'PROXY-AUTHORIZATION',
    'Cookie',
    'X-Api-Key',
    'X-Gitlab-Token',
    'X-Auth-Token',
    'X-Telegram-Bot-Api-Secret-Token',
    'apikey',
    'X-Secret-Key',
    'x-functions-key',
    'X-Auth-Key',
  ])('of the name %s is kept without its value', (name) => {
    expect(maskHeaders([[name, 'Bearer secret']])).toEqual([[name, '***']])
  })

  it('that signs one body is kept: it is no secret', () => {
    const headers: [string, string][] = [
      ['Stripe-Signature', 't=1,v1=abc'],
      ['webhook-signature', 'v1,abc'],
      ['X-Hub-Signature-256', 'sha256=abc'],
      ['X-Tokens', '5'],
      ['I-Twilio-Idempotency-Token', 'abc'],
      ['Keyboard', 'qwerty'],
      ['X-Event-Key', 'repo:push'],
      ['Idempotency-Key', 'abc'],
    ]
    expect(maskHeaders(headers)).toEqual(headers)
  })

  it('keeps its place, its spelling and its repetitions, and loses its NULs', () => {
    expect(
      maskHeaders([
        ['X-A', 'one'],
        ['x-a', 'two'],
        ['Cookie', 'a'],
        ['X-B', 'a\0b'],
        ['cookie', 'b'],
      ]),
    ).toEqual([
      ['X-A', 'one'],
      ['x-a', 'two'],
      ['Cookie', '***'],
      ['X-B', 'a\u{FFFD}b'],
      ['cookie', '***'],
    ])
  })
})

describe('a URL', () => {
  it.each([
    ['/in/abcdefghijklmnopqrstuvwxyz012345', '/in/abcd***'],
    ['/in/abcdefghijklmnopqrstuvwxyz012345?a=1', '/in/abcd***?a=1'],
    ['/in/abcdefghijklmnopqrstuvwxyz012345/more', '/in/abcd***/more'],
    ['/in/abc', '/in/abc'],
    ['/other/abcdefgh', '/other/abcdefgh'],
    ['/in/abcdefgh?token=s3cret&b=2', '/in/abcd***?token=***&b=2'],
    ['/in/abcdefgh?b=2&API_KEY=s3cret', '/in/abcd***?b=2&API_KEY=***'],
    ['/in/abcdefgh?t=a=b', '/in/abcd***?t=***'],
    ['/in/abcdefgh?hub.verify_token=s3cret&hub.challenge=7', '/in/abcd***?hub.verify_token=***&hub.challenge=7'],
    ['/in/abcdefgh?client-secret=s3cret&monkey=1&next=2', '/in/abcd***?client-secret=***&monkey=1&next=2'],
    ['/in/abcdefgh?token', '/in/abcd***?token'],
    ['/in/abcdefgh?', '/in/abcd***?'],
    ['/in/abcdefgh?a=1?token=2', '/in/abcd***?a=1?token=2'],
    ['/in/abcdefgh?%74oken=s3cret', '/in/abcd***?%74oken=***'],
    ['/in/abcdefgh?tok%65n=s3cret&a=%', '/in/abcd***?tok%65n=***&a=%'],
  ])('%s is kept as %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked)
  })
})
