import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, type SentExchange, storableHeaders, storableText } from './outcome.ts'

const answered = (status: number, headers: [string, string][] = []): SentExchange => ({
  outcome: { kind: 'answered', status },
  responseHeaders: headers,
  responseBody: Buffer.alloc(0),
  isTruncated: false,
  timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 },
})
const failed = (cause: Extract<SentExchange['outcome'], { kind: 'failed' }>['cause']): SentExchange => ({
  ...answered(0),
  outcome: { kind: 'failed', cause, detail: 'why' } as SentExchange['outcome'],
})
const now = Date.UTC(2026, 10, 22, 12)

describe('an answer', () => {
  it.each([
    [200, null],
    [201, null],
    [202, null],
    [204, null],
    [299, null],
    [300, 'REDIRECT'],
    [301, 'REDIRECT'],
    [304, 'REDIRECT'],
    [399, 'REDIRECT'],
    [400, 'CLIENT_ERROR'],
    [401, 'CLIENT_ERROR'],
    [404, 'CLIENT_ERROR'],
    [408, 'CLIENT_ERROR'],
    [409, 'CLIENT_ERROR'],
    [429, 'RATE_LIMITED'],
    [499, 'CLIENT_ERROR'],
    [500, 'SERVER_ERROR'],
    [502, 'SERVER_ERROR'],
    [503, 'SERVER_ERROR'],
    [599, 'SERVER_ERROR'],
  ])('%i means %s', (status, cause) => {
    const outcome = judge(answered(status), 1, now, 0.5)
    expect(outcome).toMatchObject({ status, cause, disables: false, retryInMs: cause === null ? null : 5000 })
    if (cause !== null) expect(outcome.detail).toBe(`the receiver answered ${status}`)
  })

  it('410 ends the delivery and disables the endpoint', () => {
    expect(judge(answered(410, [['retry-after', '60']]), 1, now, 0.5)).toMatchObject({
      cause: 'GONE',
      retryInMs: null,
      disables: true,
    })
  })

  it.each([
    ['Retry-After', '60', 60_000],
    ['RETRY-AFTER', 'Sun, 22 Nov 2026 12:02:00 GMT', 120_000],
    ['retry-after', '1', 5000],
    ['retry-after', '-1', 5000],
    ['retry-after', 'soon', 5000],
    ['retry-after', '1e9', 5000],
    ['retry-after', '1000000000', 24 * 3_600_000],
  ])('is asked about again as %s: %s says', (name, value, retryInMs) => {
    expect(judge(answered(503, [[name, value]]), 1, now, 0.5).retryInMs).toBe(retryInMs)
  })

  it('to the tenth try is the last', () => {
    expect(judge(answered(500), 9, now, 0.5).retryInMs).toBe(24 * 3_600_000)
    expect(judge(answered(500, [['retry-after', '5']]), 10, now, 0.5).retryInMs).toBeNull()
    expect(judge(answered(200), 10, now, 0.5).cause).toBeNull()
  })
})

describe('no answer', () => {
  it.each([
    'CONNECT_REFUSED',
    'DNS_NOT_FOUND',
    'RESPONSE_TIMEOUT',
    'PRIVATE_ADDRESS',
    'TLS_EXPIRED',
    'REQUEST_INVALID',
  ] as const)('(%s) is tried again, and given up after the tenth', (cause) => {
    expect(judge(failed(cause), 1, now, 0.5)).toEqual({
      status: null,
      cause,
      detail: 'why',
      retryInMs: 5000,
      isTry: true,
      disables: false,
    })
    expect(judge(failed(cause), 10, now, 0.5).retryInMs).toBeNull()
  })

  it.each(['PROXY_ERROR', 'STOPPED'] as const)('(%s) is ours: it uses up no try, and is never given up', (cause) => {
    const after = (freeTries: number) => judge(failed(cause), 10, now, 0.5, null, freeTries)
    expect(after(0)).toEqual({ status: null, cause, detail: 'why', retryInMs: 5000, isTry: false, disables: false })
    expect([1, 2, 6, 7, 5000].map((free) => after(free).retryInMs)).toEqual([10_000, 20_000, 320_000, 600_000, 600_000])
  })

  it('because there is nothing to send ends the delivery', () => {
    expect(judge(failed('EVENT_GONE'), 1, now, 0.5)).toMatchObject({
      cause: 'EVENT_GONE',
      retryInMs: null,
      disables: false,
    })
  })
})

describe('what is stored of an answer', () => {
  it('is text that every database takes, whatever the bytes were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = storableText(Buffer.from(bytes))
        return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
      }),
    )
  })

  it('is the text as it came where it is text', () => {
    expect(storableText(Buffer.from('Grüße, 世界 👋'))).toBe('Grüße, 世界 👋')
    expect(storableText(Buffer.from('a\0b'))).toBe('a\u{FFFD}b')
    expect(storableText(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\u{FFFD}b')
  })

  it('has no NUL in its headers either', () => {
    expect(
      storableHeaders([
        ['x-\0a', 'b\0'],
        ['c', 'd'],
      ]),
    ).toEqual([
      ['x-\u{FFFD}a', 'b\u{FFFD}'],
      ['c', 'd'],
    ])
  })
})
