import { createPublicKey, randomBytes, verify as verifyBytes } from 'node:crypto'
import { verify as verifyGithub, verifyWithFallback } from '@octokit/webhooks-methods'
import { calculateJwkThumbprint, importJWK } from 'jose'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { signingPair } from '../../access/signing-pair.ts'
import type { SignatureDialect } from '../endpoint/endpoint.ts'
import { sign } from './exercise-sign.ts'
import { type Keys, type Message, mayKnowAnother, userAgentOf } from './sign.ts'
import { makeSigningSecret, signingSecret } from './signing-secret.ts'

const body = '{"type":"a.b","data":{"name":"Zoë","n":12345678901234567890}}'
const bytes = Buffer.from(body)
const pair = signingPair(randomBytes(32))
const every: readonly SignatureDialect[] = ['standard', 'ed25519', 'svix', 'stripe', 'github', 'opencom', 'remotedev']

const message = (over: Partial<Message> = {}): Message => ({
  ...{ eventId: 'evt_1', deliveryId: 'dlv_1', eventType: 'a.b', attempts: 0, atMs: Date.now(), body: bytes },
  ...over,
})
/** The current secret first. */
const keys = (first: string, ...others: string[]): Keys => ({
  secrets: [signingSecret(first), ...others.map(signingSecret)],
  privateKey: pair.privateKey,
})
const value = (dialect: SignatureDialect, name: string, over: Partial<Message>, secret: string) =>
  sign(message(over), [dialect], keys(secret))[name]

describe('the vectors of the contracts', () => {
  const vector = { eventId: 'msg_1', atMs: 1_769_000_000_000, body: Buffer.from('{"hello":"world"}') }

  it.each([
    [
      'stripe',
      'stripe-signature',
      'whsec_test_secret',
      't=1769000000,v1=f3634f676cfd50859be379b06a747e20ff6bed11c8302d9f0ea992f029e58282',
    ],
    [
      'svix',
      'svix-signature',
      'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      'v1,mcGE9c0eFRb9WUlnrx8CDdEVyThKaqyVc4N4ywHQ4Io=',
    ],
    [
      'standard',
      'webhook-signature',
      'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      'v1,mcGE9c0eFRb9WUlnrx8CDdEVyThKaqyVc4N4ywHQ4Io=',
    ],
    [
      'github',
      'x-hub-signature-256',
      'meta_app_secret',
      'sha256=4b39d82db7cb9b38f1ee51f627f0a6c33786196a69f7521b11240a6508c68872',
    ],
    [
      'opencom',
      'x-opencom-signature',
      'whsec_opencom_test',
      't=1769000000,v1=619e78e865e772b9f2ec1919f21b5d2e0efbaf3c0caf3c11c8e283d6f2dfb6e1',
    ],
    [
      'remotedev',
      'x-webhook-signature',
      '0'.repeat(64),
      '60df8511f29ae8e5f225e292fa07928a13d85f2d14a3b5a1b0f8c79836e601d5',
    ],
  ] as const)('%s', (dialect, header, secret, expected) => {
    expect(value(dialect, header, vector, secret)).toBe(expected)
  })

  it('of Standard Webhooks', () => {
    const published = ['whsec', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'].join('_')
    const over = {
      ...{ eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', atMs: 1_614_265_330_999 },
      body: Buffer.from('{"test": 2432232314}'),
    }
    expect(sign(message(over), ['standard'], keys(published))).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })
})

describe('the headers of a dialect', () => {
  const secret = makeSigningSecret()
  const names = (...dialects: SignatureDialect[]) => Object.keys(sign(message(), dialects, keys(secret))).sort()

  it('are those, and the id of the event', () => {
    expect(names('standard')).toEqual(['webhook-id', 'webhook-signature', 'webhook-timestamp'])
    expect(names('ed25519')).toEqual(names('standard'))
    expect(names('svix')).toEqual(['svix-id', 'svix-signature', 'svix-timestamp', 'webhook-id'])
    expect(names('stripe')).toEqual(['stripe-signature', 'webhook-id'])
    expect(names('github')).toEqual(['webhook-id', 'x-hub-signature-256'])
  })

  it('of Opencom and RemoteDevAI tell the ids, the type and the time as those do', () => {
    const at = { atMs: 1_769_000_000_999, eventType: 'project.created' }
    expect(sign(message(at), ['opencom', 'remotedev'], keys(secret))).toEqual({
      'webhook-id': 'evt_1',
      'x-opencom-signature': expect.stringMatching(/^t=1769000000,v1=[0-9a-f]{64}$/),
      'x-opencom-event-id': 'evt_1',
      'x-opencom-delivery-id': 'dlv_1',
      'x-opencom-timestamp': '1769000000',
      'x-webhook-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'x-webhook-timestamp': '1769000000',
      'x-webhook-id': 'evt_1',
      'x-webhook-event': 'project.created',
    })
    expect(userAgentOf(['opencom', 'remotedev'])).toBe('RemoteDevAI-Webhooks/1.0')
    expect(userAgentOf(['opencom', 'standard'])).toBeUndefined()
  })

  it('stand beside one another as they stand alone', () => {
    const at = message()
    const all = sign(at, every, keys(secret))
    for (const dialect of every.filter((each) => each !== 'standard' && each !== 'ed25519'))
      expect(all).toMatchObject(sign(at, [dialect], keys(secret)))
    const proofs = ['standard', 'ed25519'] as const
    const [mac, point] = proofs.map((dialect) => sign(at, [dialect], keys(secret))['webhook-signature'])
    expect(all['webhook-signature']).toBe(`${mac} ${point}`)
  })
})

/** Who verifies each dialect: the official library, or what the provider's own code does. Throws, or answers false. */
const verifiers: Record<string, (headers: Record<string, string>, secret: string, text: string) => unknown> = {
  standard: (headers, secret, text) => new Webhook(secret).verify(text, headers),
  svix: (headers, secret, text) => new SvixWebhook(secret).verify(text, headers),
  stripe: (headers, secret, text) =>
    new Stripe('sk_test_0').webhooks.constructEvent(text, headers['stripe-signature'] ?? '', secret),
  // Opencom's header is Stripe's in all but the name.
  opencom: (headers, secret, text) =>
    new Stripe('sk_test_0').webhooks.constructEvent(text, headers['x-opencom-signature'] ?? '', secret),
}
const accepts = (...call: [dialect: string, headers: Record<string, string>, secret: string, text?: string]) => {
  const [dialect, headers, secret, text = body] = call
  try {
    return verifiers[dialect]?.(headers, secret, text) !== undefined
  } catch {
    return false
  }
}

describe.each(Object.keys(verifiers) as SignatureDialect[])('the official verifier of %s', (dialect) => {
  const [secret, former, other] = [makeSigningSecret(), makeSigningSecret(), makeSigningSecret()]

  it('accepts the signature, alone and among all others', () => {
    for (const dialects of [[dialect], every])
      expect(accepts(dialect, sign(message(), dialects, keys(secret)), secret)).toBe(true)
  })

  it('accepts the new secret and the former one during a rotation, and no other', () => {
    for (const dialects of [[dialect], every]) {
      const headers = sign(message(), dialects, keys(secret, former))
      expect([secret, former, other].map((each) => accepts(dialect, headers, each))).toEqual([true, true, false])
    }
  })

  it('accepts no other body and no old signature', () => {
    expect(accepts(dialect, sign(message(), [dialect], keys(secret)), secret, `${body} `)).toBe(false)
    const old = message({ atMs: Date.now() - 600_000 })
    expect(accepts(dialect, sign(old, [dialect], keys(secret)), secret)).toBe(false)
  })
})

describe('the official verifier of github', () => {
  const [secret, former, other] = [makeSigningSecret(), makeSigningSecret(), makeSigningSecret()]
  const signed = (given: Keys, dialects: readonly SignatureDialect[] = ['github']) =>
    sign(message(), dialects, given)['x-hub-signature-256'] ?? ''

  it('accepts the signature, and no other body', async () => {
    for (const dialects of [['github'], every] as const) {
      expect(await verifyGithub(secret, body, signed(keys(secret), dialects))).toBe(true)
      expect(await verifyGithub(secret, `${body} `, signed(keys(secret), dialects))).toBe(false)
    }
  })

  it('accepts one of the attempts during a rotation, whichever secret the receiver has', async () => {
    const during = keys(secret, other, former)
    const attempts = [0, 1, 2, 3].map(
      (made) => sign(message({ attempts: made }), ['github'], during)['x-hub-signature-256'],
    )
    const accepted = (each: string) => Promise.all(attempts.map((proof = '') => verifyGithub(each, body, proof)))
    expect(await accepted(former)).toEqual([true, false, false, true])
    expect(await accepted(other)).toEqual([false, true, false, false])
    expect(await accepted(secret)).toEqual([false, false, true, false])
  })

  it('accepts every attempt during a rotation when its fallback has the former secret', async () => {
    for (const attempts of [0, 1, 2]) {
      const proof = sign(message({ attempts }), ['github'], keys(secret, former))['x-hub-signature-256'] ?? ''
      expect(await verifyWithFallback(secret, body, proof, [former])).toBe(true)
    }
  })
})

describe('an Ed25519 signature', () => {
  const at = message()
  const [, written = ''] = sign(at, ['ed25519'], keys(makeSigningSecret()))['webhook-signature']?.split(',') ?? []
  const proof = Buffer.from(written, 'base64')
  const signed = Buffer.concat([Buffer.from(`evt_1.${Math.floor(at.atMs / 1000)}.`), bytes])

  it('is verified with the public key as JOSE reads it, and with no other', async () => {
    const key = await importJWK({ ...pair.jwk }, 'EdDSA')
    if (key instanceof Uint8Array) throw new Error('it is no public key')
    expect(verifyBytes(null, signed, key as never, proof)).toBe(true)
    expect(verifyBytes(null, Buffer.concat([signed, Buffer.from(' ')]), key as never, proof)).toBe(false)
    const stranger = createPublicKey(signingPair(randomBytes(32)).privateKey)
    expect(verifyBytes(null, signed, stranger, proof)).toBe(false)
  })

  it('of a large body is of all of it', () => {
    const large = Buffer.alloc(100_000, 'ü')
    const [, proof = ''] =
      sign({ ...at, body: large }, ['ed25519'], keys(makeSigningSecret()))['webhook-signature']?.split(',') ?? []
    const text = Buffer.concat([Buffer.from(`evt_1.${Math.floor(at.atMs / 1000)}.`), large])
    const key = createPublicKey(pair.privateKey)
    expect(verifyBytes(null, text, key, Buffer.from(proof, 'base64'))).toBe(true)
    expect(verifyBytes(null, text.subarray(1), key, Buffer.from(proof, 'base64'))).toBe(false)
  })

  it('has a key whose id is its thumbprint, and whose whpk_ form is the same 32 bytes', async () => {
    expect(pair.jwk.kid).toBe(await calculateJwkThumbprint({ ...pair.jwk }))
    expect(pair.publicKey).toBe(`whpk_${Buffer.from(pair.jwk.x, 'base64url').toString('base64')}`)
  })

  it('fits the vector of RFC 8032', () => {
    const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
    const expected = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
    expect(Buffer.from(signingPair(seed).jwk.x, 'base64url').toString('hex')).toBe(expected)
  })
})

describe('a signature', () => {
  const secret = makeSigningSecret()

  it('covers the bytes as they are, whatever they are', () => {
    const odd = Buffer.from([0xff, 0x00, 0xc3, 0x28])
    const of = (each: Uint8Array) => sign(message({ body: each, atMs: 0 }), every, keys(secret))
    const [asIs, decoded] = [of(odd), of(Buffer.from(odd.toString()))]
    for (const name of Object.keys(asIs).filter((each) => /signature/.test(each)))
      expect(asIs[name], name).not.toBe(decoded[name])
  })

  it.each([
    ['id', { 'webhook-id': 'evt_2' }],
    ['time', { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
  ])('of Standard Webhooks does not fit another %s', (_, changed) => {
    const headers = { ...sign(message(), ['standard'], keys(secret)), ...changed }
    expect(() => new Webhook(secret).verify(body, headers)).toThrow(/signature/i)
  })

  it.each(['standard', 'svix', 'stripe'] as const)('of a large body is right in %s', (dialect) => {
    const large = Buffer.from(JSON.stringify({ text: 'ü'.repeat(100_000) }))
    const headers = sign(message({ body: large }), [dialect], keys(secret))
    expect(accepts(dialect, headers, secret, large.toString())).toBe(true)
    expect(accepts(dialect, headers, secret, `${large} `)).toBe(false)
  })

  it('of Standard Webhooks is not made with a former secret that is no whsec_', () => {
    const headers = sign(message(), ['standard', 'stripe'], keys(secret, 'a text of sixteen and more'))
    expect(headers['webhook-signature']).toMatch(/^v1,[^ ]{44}$/)
    expect(headers['stripe-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/)
  })
})

describe('a signing secret', () => {
  it('is whsec_ and 32 random bytes', () => {
    const secrets = new Set(Array.from({ length: 1000 }, makeSigningSecret))
    expect(secrets.size).toBe(1000)
    for (const each of secrets) {
      expect(each).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
      expect(signingSecret(each).key?.symmetricKeySize).toBe(32)
    }
  })

  it('that is no whsec_ in base64 has no bytes', () => {
    for (const text of ['', 'whsec_', 'whsec_opencom_test', '0'.repeat(64), `${makeSigningSecret()}!`])
      expect(signingSecret(text)).toMatchObject({ text, key: undefined })
  })
})

describe('a receiver that refuses one secret while it is changed', () => {
  const now = 1_800_000_000_000
  const former = (...untils: number[]) => untils.map((until) => ({ sealed: 'x', until }))

  it('may know the next one, as long as there is one and the dialect has room for one only', () => {
    const github = { signatures: ['github' as const], formerSecrets: former(now + 1) }
    expect([0, 1, 2, 3].map((attempts) => mayKnowAnother(github, attempts, now))).toEqual([true, false, true, false])
    const two = { signatures: ['remotedev' as const, 'standard' as const], formerSecrets: former(now + 1, now + 2) }
    expect([0, 1, 2].map((attempts) => mayKnowAnother(two, attempts, now))).toEqual([true, true, false])
  })

  it('has refused them all otherwise', () => {
    expect(mayKnowAnother({ signatures: ['github'], formerSecrets: former(now) }, 0, now)).toBe(false)
    expect(mayKnowAnother({ signatures: ['github'], formerSecrets: [] }, 0, now)).toBe(false)
    expect(mayKnowAnother({ signatures: ['standard', 'stripe'], formerSecrets: former(now + 1) }, 0, now)).toBe(false)
    expect(mayKnowAnother({ signatures: null, formerSecrets: former(now + 1) }, 0, now)).toBe(false)
  })
})
