import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { describe, expect, it } from 'vitest'
import { signingPair } from '../../server/src/access/signing-pair.ts'
import { envelope } from '../../server/src/outbound/body.ts'
import { sign } from '../../server/src/outbound/signature/exercise-sign.ts'
import { signingSecret } from '../../server/src/outbound/signature/signing-secret.ts'
import { kinds, signedDelivery, signedRequest, verifyingSecret } from './testing.ts'
import { verify } from './verify.ts'

const secret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`
const nowMs = 1_795_341_243_000

describe('a signed request', () => {
  it('is what the provider’s own package accepts', async () => {
    const push = signedRequest({ kind: 'github', secret: 'It is a secret' })
    const text = Buffer.from(push.body).toString()
    expect(await verifyGithub('It is a secret', text, push.headers['x-hub-signature-256'] ?? '')).toBe(true)
    const paid = signedRequest({
      kind: 'stripe',
      event: 'invoice.paid',
      id: 'evt_7',
      secret,
      set: { 'data.object.amount_paid': 990 },
    })
    const event = Stripe.webhooks.constructEvent(Buffer.from(paid.body), paid.headers['stripe-signature'] ?? '', secret)
    expect(event).toMatchObject({ id: 'evt_7', data: { object: { amount_paid: 990 } } })
    expect([paid.method, paid.query]).toEqual(['POST', ''])
  })

  it('exists for every event of every kind, the same for the same wishes, new each time otherwise', () => {
    for (const { kind, events } of kinds) {
      for (const event of events) {
        const wanted = { kind, event, secret, nowMs, id: 'id-1', url: 'https://hooks.example/in' }
        expect(signedRequest(wanted)).toEqual(signedRequest(wanted))
      }
      expect(verifyingSecret(kind, secret)).toBeTypeOf('string')
    }
    const ids = [1, 2].map(() => signedRequest({ kind: 'github', secret }).headers['x-github-delivery'])
    expect(ids[0]).not.toBe(ids[1])
  })

  it('of a kind or event that nobody plays is an error that names those there are', () => {
    expect(() => signedRequest({ kind: 'telegraph', secret })).toThrow('"telegraph"; there are')
    expect(() => signedRequest({ kind: 'github', event: 'pushed', secret })).toThrow('it sends push, ping')
    expect(() => signedRequest({ kind: 'github', secret, set: { 'ref.x': 1 } })).toThrow('ref.x: ref is neither')
  })
})

describe('a signed delivery', () => {
  it('is to the letter what the server sends', () => {
    const data = { n: 1, text: 'Zoë\u2028', list: [null, 1.5] }
    const delivery = signedDelivery({
      secret,
      id: 'evt_1',
      type: 'github.push',
      data,
      nowMs,
      receivedAtMs: nowMs - 5000,
    })
    const { bytes, contentType } = envelope('github.push', nowMs - 5000, JSON.stringify(data))
    expect(Buffer.from(delivery.body)).toEqual(Buffer.from(bytes))
    expect(delivery.headers).toEqual({
      'content-type': contentType,
      'user-agent': expect.stringMatching(/^Trunkline\//),
      ...sign(
        { eventId: 'evt_1', deliveryId: 'dlv_1', eventType: 'github.push', attempts: 0, atMs: nowMs, body: bytes },
        ['standard'],
        {
          secrets: [signingSecret(secret)],
          privateKey: signingPair(Buffer.alloc(32)).privateKey,
        },
      ),
    })
  })

  it('is what verifiers accept, ours and the official one, until it is old', () => {
    const { headers, body } = signedDelivery({ secret, type: 'a.b', data: undefined })
    expect(verify(body, headers, secret).id).toMatch(/^evt_[0-9a-f]{26}$/)
    expect(new Webhook(secret).verify(Buffer.from(body), headers)).toMatchObject({ type: 'a.b', data: null })
    const old = signedDelivery({ secret, type: 'a.b', data: 1, nowMs: Date.now() - 600_000 })
    expect(() => verify(old.body, old.headers, secret)).toThrow('s old')
  })
})
