import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { github, senders, standardWebhooks, stripe } from './index.ts'

const now = Date.now()
const stripeSecret = ['whsec', 'for the tests'.replaceAll(' ', '')].join('_')
const standardSecret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`

describe('the senders', () => {
  it('are known by kinds of their own', () => {
    expect(senders.map((sender) => sender.kind)).toEqual(['github', 'standard-webhooks', 'stripe'])
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

describe('Stripe’s samples', () => {
  const objectOf = (event: string) => {
    const { body } = stripe.sample({ event, id: 'evt_1', nowMs: Date.UTC(2027, 0, 15, 8) })
    const value = JSON.parse(new TextDecoder().decode(body))
    expect(value).toMatchObject({ id: 'evt_1', object: 'event', created: 1_800_000_000, type: event.split('@')[0] })
    return value.data.object
  }
  const handled = stripe.events.filter((event) => !event.includes('@') && event !== 'checkout.session.completed')

  it('are there in both shapes of its API', () => {
    expect(handled).toHaveLength(6)
    for (const event of handled) expect(stripe.events).toContain(`${event}@2024-06-20`)
  })

  it('have the billing period where the version has it', () => {
    for (const event of handled.filter((each) => each.startsWith('customer.'))) {
      const [since, before] = [objectOf(event), objectOf(`${event}@2024-06-20`)]
      expect(since).not.toHaveProperty('current_period_end')
      expect(before.items.data[0]).not.toHaveProperty('current_period_end')
      expect(before.current_period_end).toBe(since.items.data[0].current_period_end)
    }
  })

  it('have the subscription of an invoice where the version has it', () => {
    for (const event of handled.filter((each) => each.startsWith('invoice.'))) {
      const [since, before] = [objectOf(event), objectOf(`${event}@2024-06-20`)]
      expect(since).not.toHaveProperty('subscription')
      expect(before).not.toHaveProperty('parent')
      expect(before.subscription).toBe(since.parent.subscription_details.subscription)
    }
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
