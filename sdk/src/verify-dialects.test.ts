import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signingPair } from '../../server/src/access/signing-pair.ts'
import { sign } from '../../server/src/outbound/signature/exercise-sign.ts'
import { signingSecret } from '../../server/src/outbound/signature/signing-secret.ts'
import type { Signature } from './shapes.ts'
import { type RefusalCode, VerificationError } from './verification-error.ts'
import { verify } from './verify.ts'

const secretOf = (text: string) => `whsec_${Buffer.alloc(32, text).toString('base64')}`
const [secret, former, other] = [secretOf('secret'), secretOf('former'), secretOf('other')]
const pair = signingPair(Buffer.alloc(32, 1))
const stranger = signingPair(Buffer.alloc(32, 2))
const nowMs = 1_769_000_000_000
const body = '{"type":"github.push","timestamp":"2026-01-21T13:20:00.000Z","data":{"name":"Zoë"}}'
const every: readonly Signature[] = ['standard', 'ed25519', 'svix', 'stripe', 'github', 'opencom', 'remotedev']
const ofText = ['stripe', 'github', 'opencom', 'remotedev'] as const

/** Headers as the server signs them. */
function signed(dialects: readonly Signature[], { atMs = nowMs, text = body, secrets = [secret] } = {}) {
  const [first = '', ...rest] = secrets
  return sign(
    { eventId: 'evt_1', deliveryId: 'dlv_1', eventType: 'github.push', attempts: 0, atMs, body: Buffer.from(text) },
    dialects,
    { secrets: [signingSecret(first), ...rest.map(signingSecret)], privateKey: pair.privateKey },
  )
}

const check = (dialect: Signature, headers: Record<string, string>, key: string | string[] = secret, text = body) =>
  verify(text, headers, dialect === 'ed25519' && key === secret ? pair.publicKey : key, { nowMs, dialect })

function refusal(...call: Parameters<typeof check>): RefusalCode {
  try {
    check(...call)
  } catch (error) {
    return (error as { code: RefusalCode }).code
  }
  throw new Error('it was not refused')
}

describe.each(every)('a delivery signed as %s', (dialect) => {
  it('is accepted when that is what the receiver asks for, alone and among all others', () => {
    const sentAt = dialect === 'github' ? undefined : new Date(nowMs)
    for (const dialects of [[dialect], every])
      expect(check(dialect, signed(dialects))).toEqual({ id: 'evt_1', sentAt, event: JSON.parse(body) })
  })

  it('is refused with another body', () => {
    expect(refusal(dialect, signed([dialect]), secret, `${body} `)).toBe('SIGNATURE_MISMATCH')
  })

  it('is refused when it was signed in every way but this one', () => {
    const shared = new Set<Signature>(['standard', 'ed25519', 'svix'])
    const others = every.filter((each) => each !== dialect && !(shared.has(dialect) && shared.has(each)))
    expect(['MISSING_SIGNATURE', 'MALFORMED_SIGNATURE']).toContain(refusal(dialect, signed(others)))
  })
})

describe.each(ofText)('the proof of %s', (dialect) => {
  it('holds for the former secret during a rotation, and for a receiver that knows both at any time', () => {
    const during = signed([dialect], { secrets: [secret, former] })
    expect(check(dialect, during, former).id).toBe('evt_1')
    for (const headers of [during, signed([dialect]), signed([dialect], { secrets: [former] })])
      expect(check(dialect, headers, [secret, former]).id).toBe('evt_1')
    expect(refusal(dialect, during, other)).toBe('SIGNATURE_MISMATCH')
    expect(refusal(dialect, during, [])).toBe('SIGNATURE_MISMATCH')
  })

  it('is never taken from who knows a public key alone, or from an empty secret', () => {
    const forged = signed([dialect], { secrets: [pair.publicKey] })
    expect(refusal(dialect, forged, pair.publicKey)).toBe('UNUSABLE_SECRET')
    expect(refusal(dialect, signed([dialect], { secrets: [''] }), '')).toBe('UNUSABLE_SECRET')
  })

  it('must be hex, once, with an id beside it', () => {
    const headers = signed([dialect])
    const [name = ''] = Object.keys(headers).filter((each) => each.includes('signature'))
    const value = headers[name] ?? ''
    for (const wrong of ['', 'x', value.slice(0, -1), `${value}0`, value.replace(/[0-9a-f]{64}$/, 'g'.repeat(64))])
      expect(refusal(dialect, { ...headers, [name]: wrong }), wrong).toBe('MALFORMED_SIGNATURE')
    expect(refusal(dialect, { ...headers, [name]: [value, value] as never })).toBe('MALFORMED_SIGNATURE')
    const noId = Object.fromEntries(Object.entries(headers).filter(([each]) => !/-id$/.test(each)))
    expect(refusal(dialect, noId)).toBe('MISSING_SIGNATURE')
  })
})

describe.each(every.filter((each) => each !== 'github'))('the time of %s', (dialect) => {
  it('is signed, and may be five minutes ago and not more', () => {
    expect(check(dialect, signed([dialect], { atMs: nowMs - 300_000 })).id).toBe('evt_1')
    expect(refusal(dialect, signed([dialect], { atMs: nowMs - 301_000 }))).toBe('STALE')
    const ahead = dialect === 'remotedev' ? 60_000 : 300_000
    expect(check(dialect, signed([dialect], { atMs: nowMs + ahead })).id).toBe('evt_1')
    expect(refusal(dialect, signed([dialect], { atMs: nowMs + ahead + 1000 }))).toBe('FROM_FUTURE')
    const later = Object.entries(signed([dialect])).map(([name, value]) => [
      name,
      value.replace('1769000000', '1769000001'),
    ])
    expect(refusal(dialect, Object.fromEntries(later))).toBe('SIGNATURE_MISMATCH')
  })
})

describe('an Ed25519 proof', () => {
  it('needs the sender’s public key, alone or beside a secret', () => {
    const headers = signed(['ed25519'])
    expect(check('ed25519', headers, [stranger.publicKey, pair.publicKey]).id).toBe('evt_1')
    expect(check('standard', headers, [secret, pair.publicKey]).id).toBe('evt_1')
    expect(check('standard', signed(['standard']), [secret, pair.publicKey]).id).toBe('evt_1')
    expect(refusal('ed25519', headers, stranger.publicKey)).toBe('SIGNATURE_MISMATCH')
    expect(refusal('ed25519', headers, [secret])).toBe('MALFORMED_SIGNATURE')
    expect(refusal('ed25519', signed(['standard']), pair.publicKey)).toBe('MALFORMED_SIGNATURE')
  })

  it('is not made by who takes the public key for a secret', () => {
    const bytes = Buffer.from(pair.publicKey.slice('whpk_'.length), 'base64')
    const forged = signed(['standard'], { secrets: [`whsec_${bytes.toString('base64')}`] })
    expect(refusal('standard', forged, pair.publicKey)).toBe('MALFORMED_SIGNATURE')
  })

  it.each(['whpk_', 'whpk_AAAA', `whpk_${Buffer.alloc(32).toString('base64')}`, `${pair.publicKey}!`, 'whsk_x'])(
    'cannot be checked with %j',
    (key) => expect(refusal('ed25519', signed(['ed25519']), key)).toBe('UNUSABLE_SECRET'),
  )
})

it('the vectors of the contracts are genuine', () => {
  const text = '{"hello":"world"}'
  const of = (dialect: Signature, key: string, headers: Record<string, string>) => check(dialect, headers, key, text).id
  const [stripe, opencom] = [
    't=1769000000,v1=f3634f676cfd50859be379b06a747e20ff6bed11c8302d9f0ea992f029e58282',
    't=1769000000,v1=619e78e865e772b9f2ec1919f21b5d2e0efbaf3c0caf3c11c8e283d6f2dfb6e1',
  ]
  const meta = 'sha256=4b39d82db7cb9b38f1ee51f627f0a6c33786196a69f7521b11240a6508c68872'
  const remotedev = '60df8511f29ae8e5f225e292fa07928a13d85f2d14a3b5a1b0f8c79836e601d5'
  const at = { 'x-webhook-timestamp': '1769000000', 'x-webhook-id': 'evt_mk2f9x1c' }
  expect(of('stripe', 'whsec_test_secret', { 'stripe-signature': stripe, 'webhook-id': 'a' })).toBe('a')
  expect(of('opencom', 'whsec_opencom_test', { 'x-opencom-signature': opencom, 'x-opencom-event-id': 'b' })).toBe('b')
  expect(of('github', 'meta_app_secret', { 'x-hub-signature-256': meta, 'webhook-id': 'c' })).toBe('c')
  expect(of('remotedev', '0'.repeat(64), { 'x-webhook-signature': remotedev, ...at })).toBe('evt_mk2f9x1c')
})

it('whatever the headers hold, a forgery is refused and nothing else is thrown', () => {
  const names = Object.keys(signed(every))
  const part = fc.constantFrom(
    'v1,',
    'v1a,',
    't=',
    'v1=',
    'sha256=',
    ',',
    ' ',
    '1769000000',
    'A'.repeat(43),
    '=',
    'f'.repeat(64),
  )
  const value = fc.oneof(
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 100 }),
  )
  const headers = fc.dictionary(fc.constantFrom(...names), value)
  fc.assert(
    fc.property(fc.constantFrom(...every), headers, (dialect, forged) => {
      try {
        check(dialect, forged)
      } catch (error) {
        return error instanceof VerificationError
      }
      return false
    }),
    { numRuns: 500 },
  )
})
