import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { standardWebhooks as sender } from '@trunkline/senders'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import type { Exercise } from '../../exercise-source-trial.ts'
import { requestOf as requestAt } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { Incoming } from '../../source.ts'
import standardWebhooks from './source.ts'

const secret = secretOf('thirty-two bytes for these tests')
const otherSecret = secretOf('another thirty-two bytes of them')

const exercise: Exercise = {
  accepts: [
    {
      fixture: 'fixtures/user-created.json',
      gives: { type: 'standard-webhooks.user.created', subject: 'user_2Orchard', dedupeKey: 'msg_1' },
    },
    { fixture: 'fixtures/contact-created.json', gives: { type: 'standard-webhooks.contact.created' } },
  ],
  secret,
  otherSecret,
  sign: sender.sign,
  proof: {
    headers: ['webhook-signature', 'webhook-id', 'webhook-timestamp'],
    encoding: 'base64',
    foreign: [
      ['v1,', 'v1a,'],
      ['v1,', 'v2,'],
      ['v1,', 'V1,'],
      ['v1,', 'v1='],
      ['v1,', ''],
    ],
    several: { join: (values) => values.join(' '), unknown: ['v1a,c29tZXRoaW5n', 'v2,anything', 'odd', ''] },
    toleranceSeconds: 300,
    idHeader: 'webhook-id',
  },
}

exerciseSource(standardWebhooks, exercise)

exerciseSource(standardWebhooks, {
  ...exercise,
  accepts: [{ fixture: 'fixtures/user-created.json', gives: { type: 'clerk.user.created' } }],
  sign: (message) => svixNames(sender.sign(message)),
  config: { eventPrefix: 'clerk', toleranceSeconds: 60 },
  proof: {
    ...exercise.proof,
    headers: ['svix-signature', 'svix-id', 'svix-timestamp'],
    toleranceSeconds: 60,
    idHeader: 'svix-id',
  },
})

/** What a sender signs with and what its receiver was given, made of any text. */
function keyPair(text: string): { whsk: string; whpk: string } {
  const seed = createHash('sha256').update(text).digest()
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  const bytes = key.export({ format: 'der', type: 'spki' }).subarray(12)
  return { whsk: `whsk_${seed.toString('base64')}`, whpk: `whpk_${bytes.toString('base64')}` }
}

const pairs = [keyPair('one sender'), keyPair('another sender')]
const [publicKey = '', otherPublicKey = ''] = pairs.map(({ whpk }) => whpk)

exerciseSource(standardWebhooks, {
  ...exercise,
  secret: publicKey,
  otherSecret: otherPublicKey,
  // The suite knows one secret for both sides; here the sender has the other half of the pair.
  sign: (message) =>
    sender.sign({
      ...message,
      secret: pairs.find(({ whpk }) => whpk === message.secret)?.whsk ?? keyPair(message.secret).whsk,
    }),
  proof: {
    ...exercise.proof,
    foreign: [
      ['v1a,', 'v1,'],
      ['v1a,', 'v2,'],
      ['v1a,', 'V1a,'],
      ['v1a,', 'v1a='],
      ['v1a,', ''],
    ],
    several: { join: (values) => values.join(' '), unknown: ['v1,c29tZXRoaW5n', 'v2,anything', 'odd', ''] },
  },
})

describe('Standard Webhooks with a public key', () => {
  const body = Buffer.from(sender.sample().body)
  const now = 1_769_000_000_000
  const signedBy = (key: string) => sender.sign({ body, secret: key, nowMs: now, id: 'msg_7' })

  it('takes either proof while a sender changes from a secret to a public key', () => {
    const whsk = pairs[0]?.whsk ?? ''
    const judge = (headers: Record<string, string>, secrets: string[]) =>
      standardWebhooks.verify(requestOf(body, headers), { secrets, now, config: standardWebhooks.config.parse({}) })
    for (const key of [whsk, secret]) {
      expect(judge(signedBy(key), [publicKey, secret]), key).toEqual({ kind: 'verified' })
      expect(judge(signedBy(key), [otherPublicKey, otherSecret]), key).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
    const both = `${signedBy(secret)['webhook-signature']} ${signedBy(whsk)['webhook-signature']}`
    for (const secrets of [[publicKey], [secret]]) {
      expect(judge({ ...signedBy(secret), 'webhook-signature': both }, secrets)).toEqual({ kind: 'verified' })
    }
    expect(judge(signedBy(whsk), [secret])).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    expect(judge(signedBy(secret), [publicKey])).toMatchObject({
      detail: 'header webhook-signature has no "v1a," with 64 bytes in base64',
    })
  })

  it('never takes a public key for a secret: anybody may know it', () => {
    const key = Buffer.from(publicKey.replace('whpk_', ''), 'base64')
    const forged = signedBy(`whsec_${key.toString('base64')}`)
    expect(verify(requestOf(body, forged), publicKey, now)).toMatchObject({ kind: 'refused' })
  })

  it('takes a sender’s key in the long form too, its public half behind it', () => {
    const { whsk, whpk } = keyPair('one more sender')
    const bytes = [whsk, whpk].map((each) => Buffer.from(each.slice(5), 'base64'))
    const long = `whsk_${Buffer.concat(bytes).toString('base64')}`
    expect(verify(requestOf(body, signedBy(long)), whpk, now)).toEqual({ kind: 'verified' })
  })

  it('takes public keys of 32 bytes, and never the sender’s own key', () => {
    expect(standardWebhooks.checkSecret(publicKey)).toBeUndefined()
    expect(standardWebhooks.checkSecret(pairs[0]?.whsk ?? '')).toContain('whpk_')
    for (const wrong of [
      'whpk_',
      publicKey.slice(0, -1),
      `${publicKey}!`,
      `whpk_${Buffer.alloc(32).toString('base64')}`,
    ])
      expect(standardWebhooks.checkSecret(wrong), wrong).toEqual(expect.any(String))
    expect(standardWebhooks.checkSecret(`whpk_${Buffer.alloc(31, 'pears').toString('base64')}`)).toContain('32 bytes')
  })
})

describe('Standard Webhooks', () => {
  it('accepts the published example under both names', () => {
    const published = ['whsec', ['MfKQ9r8GKYqrTwj', 'UPD8ILPZIo2LaLaSw'].join('')].join('_')
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    const body = Buffer.from('{"test": 2432232314}')
    expect(verify(requestOf(body, headers), published, 1_614_265_330_000)).toEqual({ kind: 'verified' })
    expect(verify(requestOf(body, svixNames(headers)), published, 1_614_265_330_000)).toEqual({ kind: 'verified' })
  })

  it('accepts the vector that was checked against the SDK', () => {
    const headers = {
      'svix-id': 'msg_1',
      'svix-timestamp': '1769000000',
      'svix-signature': 'v1,mcGE9c0eFRb9WUlnrx8CDdEVyThKaqyVc4N4ywHQ4Io=',
    }
    const request = requestOf(Buffer.from('{"hello":"world"}'), headers)
    const key = secretOf('0123456789abcdef0123456789abcdef')
    expect(verify(request, key, 1_769_000_000_000)).toEqual({ kind: 'verified' })
  })

  it('accepts what both SDKs sign', () => {
    const body = Buffer.from(sender.sample().body)
    const at = new Date(1_769_000_000_000)
    for (const signature of [
      new Webhook(secret).sign('msg_7', at, body.toString()),
      new SvixWebhook(secret).sign('msg_7', at, body),
    ]) {
      const headers = { 'webhook-id': 'msg_7', 'webhook-timestamp': '1769000000', 'webhook-signature': signature }
      expect(verify(requestOf(body, headers), secret, at.getTime())).toEqual({ kind: 'verified' })
    }
  })

  it('takes the id that was signed for the key, whatever stands in the other names', () => {
    const { body } = sender.sample()
    const signed = svixNames(sender.sign({ body, secret, nowMs: 1_769_000_000_000, id: 'msg_signed' }))
    const request = requestOf(body, { 'webhook-id': 'msg_forged', 'webhook-timestamp': '1', ...signed })
    expect(verify(request, secret, 1_769_000_000_000)).toEqual({ kind: 'verified' })
    const config = standardWebhooks.config.parse({})
    expect(standardWebhooks.parse(readable(request), config)[0]?.dedupeKey).toBe('msg_signed')
    const both = requestOf(body, { 'webhook-signature': 'v1,forged', ...signed })
    expect(verify(both, secret, 1_769_000_000_000)).toMatchObject({ cause: 'MISSING_SIGNATURE' })
  })

  it('takes secrets of 24 to 64 bytes in padded base64 after whsec_', () => {
    for (const length of [24, 32, 64])
      expect(standardWebhooks.checkSecret(secretOf('0123456789'.repeat(7).slice(0, length)))).toBeUndefined()
    for (const length of [1, 23, 65]) {
      expect(standardWebhooks.checkSecret(secretOf('0123456789'.repeat(7).slice(0, length)))).toContain(
        `${length} bytes`,
      )
    }
    const bare = secret.replace('whsec_', '')
    for (const wrong of [
      bare,
      `whsk_${bare}`,
      secret.replace('=', ''),
      `${secret}!`,
      `whsec_-${bare.slice(1)}`,
      secretOf('\0'.repeat(32)),
    ]) {
      expect(standardWebhooks.checkSecret(wrong), wrong).toEqual(expect.any(String))
    }
  })

  it('refuses a prefix that cannot begin a type', () => {
    expect(standardWebhooks.config.parse({})).toEqual({ toleranceSeconds: 300, eventPrefix: 'standard-webhooks' })
    for (const eventPrefix of ['', 'A', 'a b', '.a', 'a.', 'a..b', '-a', 'a'.repeat(65), 'a\n', 'é']) {
      expect(standardWebhooks.config.safeParse({ eventPrefix }).success, eventPrefix).toBe(false)
    }
    for (const eventPrefix of ['clerk', 'acme.billing', 'x-1_2']) {
      expect(standardWebhooks.config.safeParse({ eventPrefix }).success, eventPrefix).toBe(true)
    }
  })
})

function verify(request: Incoming, key: string, now: number) {
  return standardWebhooks.verify(request, { secrets: [key], now, config: standardWebhooks.config.parse({}) })
}

function requestOf(body: Uint8Array, headers: Record<string, string>): Incoming {
  return requestAt(body, headers)
}

function svixNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]))
}

// Encoded here, so that no scanner takes it for a secret of somebody's account.
function secretOf(key: string): string {
  return `whsec_${Buffer.from(key).toString('base64')}`
}
