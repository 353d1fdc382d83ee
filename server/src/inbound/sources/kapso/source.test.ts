import { readFileSync } from 'node:fs'
import { kapso as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import metaWhatsapp from '../meta-whatsapp/source.ts'
import source from './source.ts'

const secret = 'one secret for the tests'

exerciseSource(source, {
  accepts: [
    {
      fixture: 'fixtures/message-received.json',
      gives: {
        type: 'whatsapp.message.received',
        subject: '628123456789',
        orderKey: '106540352242922:628123456789',
        route: '106540352242922',
        dedupeKey: 'message:wamid.HBgMNjI4K1',
        data: fixture('message-received.json'),
      },
    },
    {
      fixture: 'fixtures/message-delivered.json',
      event: 'status.delivered',
      gives: {
        type: 'whatsapp.message.delivered',
        subject: '628123456789',
        dedupeKey: 'status:wamid.HBgMNjI4K2:delivered',
      },
    },
    {
      fixture: 'fixtures/message-v1.json',
      event: 'v1.message.text',
      gives: {
        type: 'whatsapp.message.received',
        subject: '628123456789',
        route: '106540352242922',
        dedupeKey: 'message:wamid.HBgMNjI4K3',
        data: fixture('message-v1.json'),
      },
    },
    {
      fixture: 'fixtures/batch.json',
      event: 'batch',
      gives: { type: 'whatsapp.message.received', dedupeKey: 'message:wamid.HBgMNjI4B1' },
    },
    {
      fixture: 'fixtures/meta-text.json',
      event: 'meta.message.text',
      gives: {
        type: 'whatsapp.message.received',
        dedupeKey: 'message:wamid.HBgMNjI4MTIzNDU2Nzg5FQIAEhgUM0E0QTY1OTlBRUUwMzgxMDE0NEYA',
      },
    },
    {
      fixture: 'fixtures/conversation-ended.json',
      event: 'conversation.ended',
      gives: { type: 'whatsapp.conversation.ended', subject: '628123456789', dedupeKey: 'msg_1' },
    },
    {
      fixture: 'fixtures/workflow-handoff.json',
      event: 'workflow.execution.handoff',
      gives: { type: 'whatsapp.workflow.execution.handoff', subject: 'run_1', data: fixture('workflow-handoff.json') },
    },
  ],
  secret,
  otherSecret: 'another secret for the tests',
  sign: sender.sign,
  proof: { headers: ['x-webhook-signature'], encoding: 'hex', foreign: [] },
})

describe('Kapso', () => {
  it('accepts the vector of its scheme', () => {
    const signature = '1907740c8d3de2389bfc60f8652b33e1b973abacf98b15724eb942f1a5a29ae3'
    const request = requestOf(Buffer.from('{"hello":"world"}'), { 'X-Webhook-Signature': signature })
    const proof = { secrets: ['kapso_test_secret'], now: 0, config: {} }
    expect(source.verify(request, proof)).toEqual({ kind: 'verified' })
  })

  it('tells each type once, in a shape that can be shown as a JSON schema', () => {
    const types = (source.eventTypes ?? []).map(({ type }) => type)
    expect(new Set(types).size).toBe(types.length)
    for (const { type, data } of source.eventTypes ?? []) {
      if (data) expect(z.toJSONSchema(data), type).toHaveProperty('$schema')
    }
  })

  it('keeps a body whose entries are no list whole', () => {
    expect(parse({ object: 'whatsapp_business_account', entry: {} }).map(({ type }) => type)).toEqual([
      'whatsapp.unknown',
    ])
  })

  it('gives every sample its type, and data of the shape that the type promises', () => {
    const shapes = new Map(source.eventTypes?.map(({ type, data }) => [type, data]))
    for (const event of sender.events) {
      const events = eventsOf(event)
      expect(events, event).toHaveLength(event === 'batch' ? 2 : 1)
      for (const { type, data } of events) {
        expect(type, event).toBe(typeOf(event))
        expect(shapes.has(type), type).toBe(true)
        expect(shapes.get(type)?.safeParse(JSON.parse(data ?? '')).error, event).toBeUndefined()
      }
    }
  })

  it('does not take a header of Meta’s for a proof: Kapso signs what it passes on itself', () => {
    const { body } = sender.sample({ event: 'meta.message.text' })
    const signature = sender.sign({ body, secret, nowMs: 0, id: '' })['x-webhook-signature']
    const request = requestOf(body, { 'x-hub-signature-256': `sha256=${signature}` })
    expect(source.verify(request, { secrets: [secret], now: 0, config: {} })).toMatchObject({
      cause: 'MISSING_SIGNATURE',
    })
  })

  it('answers as its senders expect, with the number of events', () => {
    const request = readable(requestOf(Buffer.from('{}'), {}))
    expect(source.answer?.(request, { eventIds: ['evt_1', 'evt_2'] })).toEqual({
      contentType: 'application/json',
      body: '{"received":true,"scheduled":2}',
    })
    expect(source.fixedPath).toEqual({ path: '/webhook/kapso' })
  })

  it('answers the challenge only when a verify token is configured', () => {
    const url = '/webhook/kapso?hub.mode=subscribe&hub.verify_token=harvest%20time&hub.challenge=7'
    const request = requestOf(Buffer.alloc(0), {}, { method: 'GET', url })
    const proof = { secrets: [secret], now: 0 }
    expect(source.handshake?.(request, { ...proof, config: {} })?.status).toBe(403)
    const config = source.config.parse({ verifyToken: 'harvest time' })
    expect(source.handshake?.(request, { ...proof, config })).toMatchObject({ status: 200, body: '7' })
  })
})

describe('a message that comes in several forms', () => {
  const key = (event: string) => eventsOf(event, 'wamid.same')[0]?.dedupeKey

  it('is one event: in v2, in v1, in a batch and from Meta', () => {
    const forms = ['message.text', 'v1.message.text', 'batch', 'meta.message.text'].map(key)
    expect(new Set(forms)).toEqual(new Set(['message:wamid.same']))
    const [direct] = metaWhatsapp.parse(readable(requestOf(sampleBody('meta.message.text', 'wamid.same'), {})), {})
    expect(direct).toMatchObject({ dedupeKey: 'message:wamid.same', subject: eventsOf('message.text')[0]?.subject })
  })

  it('has its statuses as events of their own', () => {
    for (const word of ['sent', 'delivered', 'read', 'failed']) {
      expect(key(`status.${word}`)).toBe(`status:wamid.same:${word}`)
    }
  })
})

describe('a batch', () => {
  const message = (id: unknown) => ({ message: { id, kapso: { direction: 'inbound' } }, phone_number_id: '1' })
  const batch = (data: unknown[], headers = {}) =>
    parse({ type: 'whatsapp.message.received', batch: true, data }, headers)

  it('holds two equal messages once', () => {
    expect(batch([message('wamid.1'), message('wamid.1'), message('wamid.2')])).toHaveLength(2)
  })

  it('lets 49 messages arrive beside the 50th, which has no form', () => {
    for (const wrong of [7, null, [], {}, { message: 7 }, message(7), { message: { text: 'Halo' } }]) {
      const data: unknown[] = Array.from({ length: 50 }, (_, i) => message(`wamid.${i}`))
      data[49] = wrong
      const events = batch(data)
      expect(events, JSON.stringify(wrong)).toHaveLength(50)
      expect(events[49]).toMatchObject({ type: 'whatsapp.message.malformed', data: JSON.stringify(wrong) })
    }
  })

  it('gives no item the key of the whole delivery', () => {
    const events = batch([{ conversation: { id: '1' } }, { conversation: { id: '2' } }, 7], {
      'x-idempotency-key': 'k',
    })
    expect(new Set(events.map(({ dedupeKey }) => dedupeKey)).size).toBe(3)
    for (const { dedupeKey } of events) expect(dedupeKey).toMatch(/^sha256:/)
  })

  it('may be empty, and is known by its header too', () => {
    expect(batch([])).toEqual([])
    expect(parse({ data: [message('wamid.1')] }, { 'x-webhook-batch': 'true' })).toHaveLength(1)
    expect(parse({ batch: true, data: 'none' }).map(({ type }) => type)).toEqual(['whatsapp.unknown'])
  })
})

describe('what the headers say', () => {
  const outbound = (status: string, statuses?: string[]) => ({
    message: {
      id: 'wamid.1',
      kapso: { direction: 'outbound', status, statuses: statuses?.map((each) => ({ status: each })) },
    },
  })
  const type = (body: object, name?: string) =>
    parse(body, name === undefined ? {} : { 'x-webhook-event': `whatsapp.message.${name}` })[0]?.type

  it('is believed of a status that the signed body has reached, and no other', () => {
    expect(type(outbound('read', ['sent', 'delivered', 'read']), 'delivered')).toBe('whatsapp.message.delivered')
    expect(type(outbound('delivered', ['sent', 'delivered']), 'read')).toBe('whatsapp.message.delivered')
    expect(type(outbound('delivered'), 'failed')).toBe('whatsapp.message.delivered')
    expect(type(outbound('pending'), 'sent')).toBe('whatsapp.message.status')
    expect(type(outbound('read'), 'received')).toBe('whatsapp.message.read')
    const inbound = { message: { id: 'wamid.1', kapso: { direction: 'inbound', status: 'received' } } }
    expect(type(inbound, 'read')).toBe('whatsapp.message.received')
  })

  it('can be missing', () => {
    expect(type(outbound('sent'))).toBe('whatsapp.message.sent')
    expect(type({ message: { id: 'wamid.1' } })).toBe('whatsapp.message.received')
    expect(type({ conversation: { id: 'c', status: 'active' } })).toBe('whatsapp.conversation.created')
    expect(type({ conversation: { id: 'c', status: 'ended' } })).toBe('whatsapp.conversation.ended')
    expect(type({ conversation: { id: 'c' }, inactivity: { minutes: 60 } })).toBe('whatsapp.conversation.inactive')
    expect(type({ phone_number_id: '1', project: {} })).toBe('whatsapp.unknown')
  })

  it('goes behind the name that the signed body has', () => {
    const [event] = parse({ event: 'workflow.execution.failed' }, { 'x-webhook-event': 'workflow.execution.handoff' })
    expect(event?.type).toBe('whatsapp.workflow.execution.failed')
  })

  it('cannot make a type of what is no name, or a key that is a message’s', () => {
    for (const name of ['', 'x', '../x', 'whatsapp.', 'Whatsapp.X', 'a.b\n', `a.${'b'.repeat(100)}`]) {
      expect(parse({ phone_number_id: '1' }, { 'x-webhook-event': name })[0]?.type, name).toBe('whatsapp.unknown')
    }
    for (const key of ['message:wamid.1', '', 'a b', 'x'.repeat(201)]) {
      const [event] = parse({ conversation: { id: 'c' } }, { 'x-idempotency-key': key })
      expect(event?.dedupeKey, key).toMatch(/^sha256:/)
    }
  })
})

describe('the person', () => {
  const subject = (body: object) => parse(body)[0]?.subject

  it('is the sender of what came in and the receiver of what went out', () => {
    const kapso = { direction: 'outbound', status: 'sent' }
    const conversation = { id: 'c', phone_number: '+628111111111', business_scoped_user_id: 'ID.1' }
    expect(subject({ message: { id: 'w', from: '628123456789' }, conversation })).toBe('628123456789')
    expect(subject({ message: { id: 'w', from: '15550783881', to: '628123456789', kapso } })).toBe('628123456789')
    expect(subject({ message: { id: 'w' }, conversation })).toBe('628111111111')
    expect(subject({ message: { id: 'w' }, conversation: { ...conversation, phone_number: null } })).toBe('ID.1')
    expect(subject({ message: { id: 'w' } })).toBeNull()
  })
})

it('takes what was written in the business’s own app for an echo', () => {
  const kapso = { direction: 'outbound', status: 'sent', origin: 'business_app' }
  const [event] = parse({ message: { id: 'wamid.1', kapso } })
  expect(event).toMatchObject({ type: 'whatsapp.message.echo', dedupeKey: 'message:wamid.1' })
  expect(parse({ message: { id: 'wamid.1', kapso: { ...kapso, status: 'read' } } })[0]?.type).toBe(
    'whatsapp.message.read',
  )
})

it('reads an event that is wrapped in a name and its data', () => {
  const inner = '{"message":{"id":"wamid.1","n":1.0},"conversation":{"id":"c"}}'
  for (const name of ['', '"event":"whatsapp.message.received",', '"event":7,']) {
    const body = Buffer.from(`{${name}"data":${inner}}`)
    expect(source.parse(readable(requestOf(body, {})), {}), name).toMatchObject([
      { type: 'whatsapp.message.received', dedupeKey: 'message:wamid.1', data: inner },
    ])
  }
})

function typeOf(sample: string): string {
  const [group, ...rest] = sample.replace(/^(v1|meta)\./, '').split('.')
  if (group === 'message' || group === 'batch') return 'whatsapp.message.received'
  if (group === 'status') return `whatsapp.message.${rest[0]}`
  return `whatsapp.${[group, ...rest].join('.')}`
}

function sampleBody(event: string, id: string): Uint8Array {
  return sender.sample({ event, id }).body
}

function eventsOf(event: string, id = 'wamid.sample') {
  const body = sampleBody(event, id)
  const headers = sender.sign({ body, secret, nowMs: 0, id, event })
  return source.parse(readable(requestOf(body, headers)), {})
}

function parse(body: unknown, headers: Record<string, string> = {}) {
  return source.parse(readable(requestOf(Buffer.from(JSON.stringify(body)), headers)), {})
}

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
}
