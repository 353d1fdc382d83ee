import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { makeSigningSecret, sign, signingKey } from './sign.ts'

const secret = makeSigningSecret()
const body = '{"type":"a.b","data":{"name":"Zoë","n":12345678901234567890}}'

describe('a signature', () => {
  it('is verified by the published verifiers', () => {
    const headers = sign(signingKey(secret), 'evt_1', Date.now(), Buffer.from(body))
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(new SvixWebhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
  })

  it('fits the vector of Standard Webhooks', () => {
    const vector = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    expect(
      sign(signingKey(vector), 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_999, Buffer.from('{"test": 2432232314}')),
    ).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('covers the bytes as they are, whatever they are', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28])
    const at = Date.now()
    const { 'webhook-signature': signature } = sign(signingKey(secret), 'evt_1', at, bytes)
    expect(sign(signingKey(secret), 'evt_1', at, Buffer.from(bytes.toString()))['webhook-signature']).not.toBe(
      signature,
    )
  })

  it.each([
    ['id', { 'webhook-id': 'evt_2' }],
    ['time', { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
  ])('does not fit another %s', (_, changed) => {
    const headers = { ...sign(signingKey(secret), 'evt_1', Date.now(), Buffer.from(body)), ...changed }
    expect(() => new Webhook(secret).verify(body, headers)).toThrow(/signature/i)
  })
})

describe('a signing secret', () => {
  it('is whsec_ and 32 random bytes', () => {
    const secrets = new Set(Array.from({ length: 1000 }, makeSigningSecret))
    expect(secrets.size).toBe(1000)
    for (const each of secrets) {
      expect(each).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
      expect(signingKey(each)).toHaveLength(32)
    }
  })
})
