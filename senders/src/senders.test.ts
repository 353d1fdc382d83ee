import { createHmac } from 'node:crypto'
import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { github, openclaw, senders, standardWebhooks, stripe, tavus } from './index.ts'

const now = Date.now()
const stripeSecret = ['whsec', 'for the tests'.replaceAll(' ', '')].join('_')
const standardSecret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`

describe('the senders', () => {
  it('are known by kinds of their own', () => {
    expect(senders.map((sender) => sender.kind)).toEqual(['github', 'openclaw', 'standard-webhooks', 'stripe', 'tavus'])
  })

  it('sign the same message the same way, and another body another way', () => {
    for (const sender of senders) {
      const { body } = sender.sample()
      const message = { body, secret: standardSecret, nowMs: now, id: 'msg_1' }
      expect(sender.sign(message), sender.kind).toEqual(sender.sign(message))
      expect(sender.sign({ ...message, body: body.subarray(1) }), sender.kind).not.toEqual(sender.sign(message))
    }
  })

  it('sample a JSON body, the same each time', () => {
    for (const sender of senders) {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(sender.sample().body)
      expect(JSON.parse(text), sender.kind).toBeTypeOf('object')
      expect(sender.sample(), sender.kind).toEqual(sender.sample())
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

describe('the senders of OpenClaw and Tavus', () => {
  it('have a sample for each of their events, which names the id and the moment that were asked for', () => {
    for (const sender of [openclaw, tavus]) {
      for (const event of sender.events) {
        const text = new TextDecoder().decode(sender.sample({ event, id: 'asked_1', nowMs: now }).body)
        expect(text, event).toContain('asked_1')
        expect(text, event).not.toBe(new TextDecoder().decode(sender.sample({ event, id: 'asked_2' }).body))
      }
    }
    expect(new TextDecoder().decode(openclaw.sample({ event: 'start', nowMs: 0 }).body)).toContain('1970-01-01T00:00')
    expect(() => tavus.sample({ event: 'push' })).toThrow('Tavus sends no "push"')
  })

  it('sign the raw body in hex, and put the token into the query, encoded', () => {
    const message = { body: new TextEncoder().encode('{"hello":"world"}'), secret: 'a+b/c=&', nowMs: now, id: '' }
    const hex = createHmac('sha256', message.secret).update(message.body).digest('hex')
    expect(openclaw.sign(message)).toMatchObject({ 'x-openclaw-signature': `sha256=${hex}` })
    expect(tavus.sign(message)).toMatchObject({ 'x-tavus-signature': hex })
    for (const sender of [openclaw, tavus]) {
      expect(new URLSearchParams(sender.query?.(message)).get('t')).toBe(message.secret)
    }
  })
})
