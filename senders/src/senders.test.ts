import { createHmac } from 'node:crypto'
import { verifySignature as verifyMeta } from '@kapso/whatsapp-cloud-api/server'
import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { verifyKey as verifyDiscord } from 'discord-interactions'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js'
import { describe, expect, it } from 'vitest'
import {
  discord,
  discordPublicKey,
  github,
  kapso,
  metaWhatsapp,
  openclaw,
  senders,
  slack,
  standardWebhooks,
  stripe,
  tavus,
  twilio,
} from './index.ts'

const now = Date.now()
const stripeSecret = ['whsec', 'for the tests'.replaceAll(' ', '')].join('_')
const standardSecret = `whsec_${Buffer.from('thirty-two bytes for these tests').toString('base64')}`

/** Those whose proof does not cover the body. */
const unsigned = new Set(['cloudevents', 'generic'])

describe('the senders', () => {
  it('are known by kinds of their own, in their order', () => {
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

  it('sample a JSON body or a form of every event, the same each time', () => {
    for (const sender of senders) {
      for (const event of sender.events) {
        const what = `${sender.kind} ${event}`
        const text = new TextDecoder('utf-8', { fatal: true }).decode(sender.sample({ event }).body)
        if (!/^[A-Za-z_]+=/.test(text)) expect(JSON.parse(text), what).toBeTypeOf('object')
        expect(sender.sample({ event }), what).toEqual(sender.sample({ event }))
      }
      expect(() => sender.sample({ event: 'no such' }), sender.kind).toThrow(sender.events[0])
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

describe('the senders of WhatsApp', () => {
  it('sign what Kapso’s SDK verifies, and what Kapso’s page computes', () => {
    const { body } = metaWhatsapp.sample()
    const message = { body, secret: 'an app secret', nowMs: now, id: 'msg_1' }
    const signatureHeader = metaWhatsapp.sign(message)['x-hub-signature-256'] ?? ''
    const rawBody = Buffer.from(body)
    expect(verifyMeta({ appSecret: 'an app secret', rawBody, signatureHeader })).toBe(true)
    expect(verifyMeta({ appSecret: 'another', rawBody, signatureHeader })).toBe(false)
    expect(`sha256=${kapso.sign(message)['x-webhook-signature']}`).toBe(signatureHeader)
  })

  it('put the id that was asked for into every message and status', () => {
    for (const sender of [kapso, metaWhatsapp]) {
      for (const event of sender.events.filter((each) => /(message|status)\./.test(each) || each === 'batch')) {
        const text = new TextDecoder().decode(sender.sample({ event, id: 'asked_for', nowMs: 0 }).body)
        expect(text, `${sender.kind}.${event}`).toContain('"wamid.asked_for"')
      }
      expect(sender.sample({ id: 'wamid.1' })).toEqual(sender.sample({ id: '1' }))
    }
  })

  it('name the event in Kapso’s headers as Kapso does', () => {
    const headersOf = (event: string) =>
      kapso.sign({ ...kapso.sample({ event }), secret: 'a secret', nowMs: now, id: 'msg_1' })
    expect(headersOf('status.read')).toMatchObject({ 'x-webhook-event': 'whatsapp.message.read' })
    expect(headersOf('v1.message.text')).toMatchObject({ 'x-webhook-payload-version': 'v1' })
    expect(headersOf('workflow.execution.failed')).toMatchObject({ 'x-webhook-event': 'workflow.execution.failed' })
    expect(headersOf('batch')).toMatchObject({ 'x-webhook-batch': 'true', 'x-batch-size': '2' })
    expect(headersOf('meta.message.text')['x-webhook-event']).toBeUndefined()
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

describe('Discord’s sender', () => {
  it('signs what Discord’s library verifies with the public key of its secret', async () => {
    const { body } = discord.sample({ id: '1310000000000000300' })
    for (const secret of ['any text', '0a'.repeat(32)]) {
      const headers = discord.sign({ body, secret, nowMs: now, id: '' })
      const [signature = '', time = ''] = [headers['x-signature-ed25519'], headers['x-signature-timestamp']]
      expect(await verifyDiscord(Buffer.from(body), signature, time, discordPublicKey(secret))).toBe(true)
      expect(await verifyDiscord(Buffer.from(body), signature, time, discordPublicKey('another'))).toBe(false)
    }
  })

  it('knows the key pair of RFC 8032’s first example', () => {
    // https://www.rfc-editor.org/rfc/rfc8032#section-7.1
    const seed = ['9d61b19deffd5a60ba844af492ec2cc4', '4449c5697b326919703bac031cae7f60'].join('')
    expect(discordPublicKey(seed)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  })
})

describe('Slack’s sender', () => {
  it('wraps an interaction’s JSON in a form, and says which of the two a body is', () => {
    const form = slack.sample({ event: 'interaction', id: '12.34' }).body
    const payload = new URLSearchParams(new TextDecoder().decode(form)).get('payload') ?? ''
    expect(JSON.parse(payload)).toMatchObject({ type: 'block_actions', trigger_id: '12.34' })
    const typeOf = (body: Uint8Array) => slack.sign({ body, secret: 'x', nowMs: now, id: '' })['content-type']
    expect(typeOf(form)).toBe('application/x-www-form-urlencoded')
    expect(typeOf(slack.sample().body)).toBe('application/json')
  })
})

describe('Twilio’s sender', () => {
  const url = 'https://hooks.example/in/key'

  it('signs forms as the SDK does', () => {
    const { body } = twilio.sample({ event: 'message.received', id: 'SM1' })
    const fields = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))
    const signature = twilio.sign({ body, secret: 'token', nowMs: now, id: '', url })['x-twilio-signature'] ?? ''
    expect(validateRequest('token', signature, url, fields)).toBe(true)
    expect(validateRequest('another', signature, url, fields)).toBe(false)
    expect(twilio.query?.({ body, secret: 'token', nowMs: now, id: '' })).toBe('')
  })

  it('signs JSON as the SDK does, whether the URL has the query already or not', () => {
    const { body } = twilio.sample({ event: 'webhook', id: 'SM1' })
    const message = { body, secret: 'token', nowMs: now, id: '' }
    const posted = `${url}?${twilio.query?.(message)}`
    for (const known of [url, posted]) {
      const signature = twilio.sign({ ...message, url: known })['x-twilio-signature'] ?? ''
      expect(validateRequestWithBody('token', signature, posted, Buffer.from(body).toString()), known).toBe(true)
    }
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
