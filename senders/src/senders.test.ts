import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { github, senders, standardWebhooks, stripe } from './index.ts'

const now = Date.now()
const stripeSecret = ['whsec', 'for the tests'.replaceAll(' ', '')].join('_')
const standardSecret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`

/** Those whose proof does not cover the body. */
const unsigned = new Set(['cloudevents', 'generic'])

describe('the senders', () => {
  it('are known by kinds of their own', () => {
    const kinds = senders.map((sender) => sender.kind)
    expect(kinds).toEqual([...new Set(kinds)].sort())
  })

  it('sign the same message the same way, and another body another way', () => {
    for (const sender of senders) {
      const { body } = sender.sample()
      const message = { body, secret: standardSecret, nowMs: now, id: 'msg_1' }
      expect(sender.sign(message), sender.kind).toEqual(sender.sign(message))
      const other = sender.sign({ ...message, body: body.subarray(1) })
      if (unsigned.has(sender.kind)) expect(other, sender.kind).toEqual(sender.sign(message))
      else expect(other, sender.kind).not.toEqual(sender.sign(message))
    }
  })

  it('sample a JSON body, the same each time', () => {
    for (const sender of senders) {
      for (const event of sender.events) {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(sender.sample({ event }).body)
        expect(JSON.parse(text), `${sender.kind} ${event}`).toBeTypeOf('object')
        expect(sender.sample({ event }), `${sender.kind} ${event}`).toEqual(sender.sample({ event }))
      }
    }
  })
})

describe('GitHub’s sender', () => {
  it('signs what octokit verifies', async () => {
    const { body, event } = github.sample()
    const headers = github.sign({ body, secret: 'It is a secret', nowMs: now, id: 'guid', event })
    const text = Buffer.from(body).toString()
    expect(await verifyGithub('It is a secret', text, headers['x-hub-signature-256'] ?? '')).toBe(true)
    expect(await verifyGithub('It is another', text, headers['x-hub-signature-256'] ?? '')).toBe(false)
    expect(headers).toMatchObject({ 'x-github-event': 'push', 'x-github-delivery': 'guid' })
  })
})

describe('Stripe’s sender', () => {
  it('signs what the SDK verifies', () => {
    const { body } = stripe.sample({ id: 'evt_1' })
    const header = stripe.sign({ body, secret: stripeSecret, nowMs: now, id: '' })['stripe-signature'] ?? ''
    const event = Stripe.webhooks.constructEvent(Buffer.from(body), header, stripeSecret)
    expect(event).toMatchObject({ id: 'evt_1', type: 'invoice.paid' })
    expect(() => Stripe.webhooks.constructEvent(Buffer.from(body), header, `${stripeSecret}x`)).toThrow('signature')
  })
})

describe('the sender of Standard Webhooks', () => {
  it('signs what both SDKs verify, under both names', () => {
    const { body } = standardWebhooks.sample()
    const headers = standardWebhooks.sign({ body, secret: standardSecret, nowMs: now, id: 'msg_1' })
    const svix = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]),
    )
    const event = { type: 'user.created' }
    expect(new Webhook(standardSecret).verify(Buffer.from(body), headers)).toMatchObject(event)
    expect(new SvixWebhook(standardSecret).verify(Buffer.from(body), svix)).toMatchObject(event)
    const other = `whsec_${Buffer.from('another thirty-two bytes of them').toString('base64')}`
    expect(() => new Webhook(other).verify(Buffer.from(body), headers)).toThrow('signature')
  })
})
