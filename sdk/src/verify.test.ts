import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { RequestHeaders } from './request-headers.ts'
import type { RefusalCode } from './verification-error.ts'
import { verify } from './verify.ts'

const secret = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`
const nowMs = 1_769_000_000_000
const body = '{"type":"github.push","timestamp":"2026-01-21T13:20:00.000Z","data":{"n":9007199254740993,"name":"Zoë"}}'

/** Headers as the official library signs them. */
function signed({ id = 'evt_1', atMs = nowMs, text = body, key = secret, prefix = 'webhook' } = {}) {
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(atMs / 1000)),
    [`${prefix}-signature`]: new Webhook(key).sign(id, new Date(atMs), text),
  }
}

function refusal(
  ...[text, headers, key = secret, options = { nowMs }]: Partial<Parameters<typeof verify>>
): RefusalCode {
  try {
    verify(text ?? body, headers ?? signed(), key, options)
  } catch (error) {
    return (error as { code: RefusalCode }).code
  }
  throw new Error('it was not refused')
}

describe('a genuine delivery', () => {
  it('is accepted as text and as bytes, and gives its id, its time and its event', () => {
    const expected = { id: 'evt_1', sentAt: new Date(nowMs), event: JSON.parse(body) }
    expect(verify(body, signed(), secret, { nowMs })).toEqual(expected)
    expect(verify(Buffer.from(body), signed(), secret, { nowMs })).toEqual(expected)
    expect(verify(new TextEncoder().encode(body), signed(), secret, { nowMs })).toEqual(expected)
  })

  it('may have svix headers', () => {
    expect(verify(body, signed({ prefix: 'svix' }), secret, { nowMs }).id).toBe('evt_1')
  })

  it('may have headers of fetch, or names in any case', () => {
    expect(verify(body, new Headers(signed()), secret, { nowMs }).id).toBe('evt_1')
    const upper = Object.fromEntries(Object.entries(signed()).map(([name, value]) => [name.toUpperCase(), value]))
    expect(verify(body, upper, secret, { nowMs }).id).toBe('evt_1')
  })

  it('may be signed with several keys, some of other versions, while a secret is changed', () => {
    const headers = signed()
    const list = `v1a,x v1,${Buffer.alloc(32).toString('base64')} ${headers['webhook-signature']}`
    expect(verify(body, { ...headers, 'webhook-signature': list }, secret, { nowMs }).id).toBe('evt_1')
    expect(verify(body, headers, [other, secret], { nowMs }).id).toBe('evt_1')
  })

  it('may be five minutes away, or as far as is allowed', () => {
    for (const atMs of [nowMs - 300_000, nowMs + 300_000]) {
      expect(verify(body, signed({ atMs }), secret, { nowMs }).id).toBe('evt_1')
    }
    expect(verify(body, signed({ atMs: nowMs - 900_000 }), secret, { nowMs, toleranceSeconds: 900 }).id).toBe('evt_1')
  })

  it('has no event when its body is raw', () => {
    for (const text of ['Body=Hello', '{"ref":"refs/heads/main"}']) {
      expect(verify(text, signed({ text }), secret, { nowMs })).toMatchObject({ id: 'evt_1', event: undefined })
    }
  })

  it('is measured by the clock when no time is given', () => {
    expect(verify(body, signed({ atMs: Date.now() }), secret).id).toBe('evt_1')
    expect(() => verify(body, signed(), secret)).toThrow('s old')
  })
})

describe('anything else is refused', () => {
  const { 'webhook-signature': signature = '', ...unsigned } = signed()
  const withSignature = (text: string | string[]): RequestHeaders => ({ ...unsigned, 'webhook-signature': text })

  it('with another body, id, time or secret', () => {
    expect(refusal(`${body} `)).toBe('SIGNATURE_MISMATCH')
    expect(refusal(body, { ...signed(), 'webhook-id': 'evt_2' })).toBe('SIGNATURE_MISMATCH')
    expect(refusal(body, { ...signed(), 'webhook-timestamp': String(nowMs / 1000 + 1) })).toBe('SIGNATURE_MISMATCH')
    expect(refusal(body, signed(), other)).toBe('SIGNATURE_MISMATCH')
    expect(refusal(body, signed(), [])).toBe('SIGNATURE_MISMATCH')
  })

  it('without one of the headers', () => {
    for (const name of Object.keys(signed())) {
      expect(refusal(body, { ...signed(), [name]: undefined })).toBe('MISSING_SIGNATURE')
    }
    expect(refusal(body, {})).toBe('MISSING_SIGNATURE')
  })

  it.each(
    [
      [
        '',
        'v1',
        'v1,',
        'v1,AAAA',
        'v2,x',
        signature.slice(3),
        `${signature}A`,
        signature.slice(0, -1),
        `v1,${'!'.repeat(44)}`,
      ],
    ].flat(),
  )('with the signature %j', (text) => {
    expect(refusal(body, withSignature(text))).toBe('MALFORMED_SIGNATURE')
  })

  it('with a header that came twice', () => {
    expect(refusal(body, withSignature([signature, signature]))).toBe('MALFORMED_SIGNATURE')
    expect(refusal(body, { ...signed(), 'Webhook-Id': 'evt_1' })).toBe('MALFORMED_SIGNATURE')
  })

  it.each(['1e9', '-1', '1769000000.0', ' 1769000000', 'NaN', '9'.repeat(16)])('with the timestamp %j', (time) => {
    expect(refusal(body, { ...signed(), 'webhook-timestamp': time })).toBe('MALFORMED_SIGNATURE')
  })

  it('with an id that has a dot, because the bytes could be cut elsewhere', () => {
    expect(refusal(body, signed({ id: `evt_1.${nowMs / 1000}` }))).toBe('MALFORMED_SIGNATURE')
  })

  it('too late or too early, and always with a tolerance that is no number', () => {
    expect(refusal(body, signed({ atMs: nowMs - 301_000 }))).toBe('STALE')
    expect(refusal(body, signed({ atMs: nowMs + 301_000 }))).toBe('FROM_FUTURE')
    expect(refusal(body, signed(), secret, { nowMs, toleranceSeconds: Number.NaN })).toBe('FROM_FUTURE')
    expect(refusal(body, signed(), secret, { nowMs: Number.NaN })).toBe('FROM_FUTURE')
  })

  it.each(['', 'whsec_', 'secret', 'whsec_c2hvcnQ=', secret.slice('whsec_'.length), `${secret}!`])(
    'with the secret %j',
    (key) => expect(refusal(body, signed(), key)).toBe('UNUSABLE_SECRET'),
  )

  it('as JSON that was parsed already, with a word on what to do', () => {
    expect(() => verify(JSON.parse(body), signed(), secret, { nowMs })).toThrow('before any JSON parser')
  })
})

it('agrees with the official library on what comes over HTTP', async () => {
  const got: { bytes: Buffer; headers: IncomingHttpHeaders }[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    got.push({ bytes: Buffer.concat(chunks), headers: incoming.headers })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const headers = signed({ atMs: Date.now() })
  const sending = request({ port, method: 'POST', headers }).end(body)
  const [answer] = await once(sending, 'response')
  answer.resume()
  server.close()
  for (const { bytes, headers: received } of got) {
    expect(verify(bytes, received, secret).id).toBe('evt_1')
    expect(new Webhook(secret).verify(bytes, received as Record<string, string>)).toEqual(JSON.parse(body))
  }
  expect(got).toHaveLength(1)
})
