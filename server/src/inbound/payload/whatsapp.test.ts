import { normalizeWebhook } from '@kapso/whatsapp-cloud-api/server'
import { metaWhatsapp as sender } from '@trunkline/senders'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Unparsable } from '../source.ts'
import { readEnvelope } from './whatsapp.ts'
import { whatsappTypes } from './whatsapp-types.ts'

const metadata = { display_phone_number: '15550783881', phone_number_id: '106540352242922' }
const sari = { profile: { name: 'Sari' }, wa_id: '628123456789', user_id: 'ID.1' }
const budi = { profile: { name: 'Budi' }, wa_id: '628999999999' }

describe('a body as Meta sends it', () => {
  it('gives every sample its type, and data of the shape that the type promises', () => {
    const shapes = new Map(whatsappTypes.map(({ type, data }) => [type, data]))
    for (const event of sender.events) {
      const [made, ...others] = readText(new TextDecoder().decode(sender.sample({ event }).body))
      expect(others, event).toEqual([])
      expect(made?.type, event).toBe(typeOf(event))
      const shape = shapes.get(made?.type ?? '')
      if (event !== 'account_update') expect(shape, event).toBeDefined()
      expect(shape?.safeParse(JSON.parse(made?.data ?? '')).error, event).toBeUndefined()
    }
  })

  it('has the messages, statuses and calls that Kapso’s SDK finds in it', () => {
    for (const event of sender.events) {
      const body: unknown = JSON.parse(new TextDecoder().decode(sender.sample({ event }).body))
      const found = normalizeWebhook(body)
      const made = readText(JSON.stringify(body))
      const count = found.messages.length + found.statuses.length + found.calls.length
      if (count > 0) expect(made, event).toHaveLength(count)
      for (const { id } of [...found.messages, ...found.statuses]) expect(made[0]?.dedupeKey, event).toContain(id)
    }
  })

  it('gives each of its entries, changes, messages, statuses and errors, in their order', () => {
    const events = read(
      messages({ contacts: [sari, budi], messages: [text('wamid.1', sari), text('wamid.2', budi)] }),
      messages({ statuses: [status('wamid.3', 'sent'), status('wamid.3', 'read')], errors: [{ code: 130429 }] }),
    )
    expect(events.map(({ type, dedupeKey }) => `${type} ${dedupeKey?.slice(0, 22)}`)).toEqual([
      'whatsapp.message.received message:wamid.1',
      'whatsapp.message.received message:wamid.2',
      'whatsapp.message.sent status:wamid.3:sent',
      'whatsapp.message.read status:wamid.3:read',
      `whatsapp.error ${events[4]?.dedupeKey?.slice(0, 22)}`,
    ])
    expect(events.map(({ subject }) => subject)).toEqual([sari.wa_id, budi.wa_id, sari.wa_id, sari.wa_id, null])
    expect(events.map(({ route }) => route)).toEqual(Array(5).fill(metadata.phone_number_id))
    expect(JSON.parse(events[1]?.data ?? '')).toMatchObject({ contact: budi, message: { id: 'wamid.2' } })
  })

  it('lets 49 messages arrive beside the 50th, which has no form', () => {
    for (const wrong of [7, null, 'text', [], {}, { id: 7, type: 'text' }, { id: '', type: 'text' }, { id: 'a b' }]) {
      const all: unknown[] = Array.from({ length: 50 }, (_, i) => text(`wamid.${i}`, sari))
      all[17] = wrong
      const events = read(messages({ contacts: [sari], messages: all }))
      const malformed = events.filter(({ type }) => type === 'whatsapp.message.malformed')
      expect(events, JSON.stringify(wrong)).toHaveLength(50)
      expect(malformed.map(({ data }) => data)).toEqual([JSON.stringify(wrong)])
      expect(malformed[0]).toMatchObject({ subject: null, route: metadata.phone_number_id })
      expect(events[17]).toBe(malformed[0])
    }
  })

  it('does not mind odd times, and a status before its message', () => {
    for (const timestamp of ['-1', '', 'yesterday', 1_769_000_000, 1.5e300, null, [], '9'.repeat(400)]) {
      const events = read(
        messages({
          contacts: [sari],
          messages: [{ ...text('wamid.1', sari), timestamp }],
          statuses: [{ ...status('wamid.9', 'read'), timestamp }],
        }),
      )
      expect(events.map(({ type }) => type)).toEqual(['whatsapp.message.received', 'whatsapp.message.read'])
    }
  })

  it('keeps the sender’s own text: numbers, escapes, repeated keys, white space', () => {
    const message =
      '{ "id":"wamid.1","from":"628123456789","order":{"price":12.50,"n":9007199254740993,"n":1e999},"a":"\\u00fc\\/" }'
    const body = `{"entry":[ {"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1\\u0030"},"messages":[${message}]}}]} ]}`
    expect(readText(body)).toEqual([
      {
        dedupeKey: 'message:wamid.1',
        type: 'whatsapp.message.received',
        subject: '628123456789',
        orderKey: '10:628123456789',
        route: '10',
        data: `{"phone_number_id":"1\\u0030","display_phone_number":null,"contact":null,"message":${message}}`,
      },
    ])
  })

  it('is about a number when there is one, else about the business-scoped id, else about nobody', () => {
    const subject = (message: object, contacts: unknown = []) => {
      const [event] = read(messages({ contacts, messages: [{ id: 'wamid.1', ...message }] }))
      return event?.subject
    }
    expect(subject({ from: '628123456789', from_user_id: 'ID.1' })).toBe('628123456789')
    expect(subject({ from_user_id: 'ID.1' }, [sari])).toBe('628123456789')
    expect(subject({ from_user_id: 'ID.134912' }, [{ user_id: 'ID.134912' }])).toBe('ID.134912')
    expect(subject({ from_user_id: 'US.ENT.506847293015824' })).toBe('US.ENT.506847293015824')
    expect(subject({}, [sari])).toBeNull()
    expect(subject({ from: 'somebody\u0000', from_user_id: 'x'.repeat(500) }, 'none')).toBeNull()
  })

  it('knows a Mexican number in its other form, and nobody else’s', () => {
    const contact = { wa_id: '525512345678', profile: { name: 'Luz' } }
    const data = (from: string) =>
      JSON.parse(read(messages({ contacts: [contact], messages: [{ id: 'wamid.1', from }] }))[0]?.data ?? '')
    expect(data('5215512345678').contact).toEqual(contact)
    expect(data('628123456789').contact).toBeNull()
  })

  it('holds a message that comes twice once', () => {
    const twice = { contacts: [sari], messages: [text('wamid.1', sari), text('wamid.1', sari)] }
    expect(read(messages(twice), messages(twice))).toHaveLength(1)
  })

  it('tells the statuses of a group’s participants apart', () => {
    const group = { recipient_id: 'group-1', recipient_type: 'group' }
    const statuses = ['628111111111', '628222222222', '628111111111'].map((recipient_participant_id) => ({
      ...status('wamid.1', 'read'),
      ...group,
      recipient_participant_id,
    }))
    expect(read(messages({ statuses })).map(({ dedupeKey, subject }) => [dedupeKey, subject])).toEqual([
      ['status:wamid.1:read:628111111111', '628111111111'],
      ['status:wamid.1:read:628222222222', '628222222222'],
    ])
  })

  it('keeps a status of another word under its own hash', () => {
    const [event] = read(messages({ statuses: [status('wamid.1', 'evaporated')] }))
    expect(event).toMatchObject({ type: 'whatsapp.message.status', dedupeKey: expect.stringMatching(/^sha256:/) })
    for (const wrong of ['received', 'malformed', 'echo', '../x', '__proto__']) {
      expect(read(messages({ statuses: [status('wamid.1', wrong)] }))[0]?.type).toBe('whatsapp.message.status')
    }
  })

  it('lets a field that is not known arrive whole', () => {
    const [event] = read({ field: 'phone_number_quality_update', value: { current_limit: 'TIER_1K' } })
    expect(event).toMatchObject({ type: 'whatsapp.phone_number_quality_update', subject: null })
    expect(JSON.parse(event?.data ?? '')).toEqual({
      account_id: '102290129340398',
      time: null,
      field: 'phone_number_quality_update',
      value: { current_limit: 'TIER_1K' },
    })
    expect(read({ field: 'standby', value: { metadata, messages: [text('wamid.1', sari)] } })[0]?.type).toBe(
      'whatsapp.standby',
    )
  })

  it('drops nothing that it cannot take apart', () => {
    const wholes: [unknown, string][] = [
      [messages({}), 'whatsapp.messages'],
      [messages({ messages: {}, statuses: 'none', errors: null }), 'whatsapp.messages'],
      [{ field: 'messages', value: 7 }, 'whatsapp.messages'],
      [{ field: 'messages' }, 'whatsapp.messages'],
      [{ value: {} }, 'whatsapp.unknown'],
      [{ field: 'message.received', value: {} }, 'whatsapp.unknown'],
      [{ field: '../x', value: {} }, 'whatsapp.unknown'],
      [7, 'whatsapp.unknown'],
    ]
    for (const [change, type] of wholes) {
      const events = read(change)
      expect(
        events.map((each) => each.type),
        JSON.stringify(change),
      ).toEqual([type])
    }
    expect(readText('{"entry":[7,{"id":"1"},{"changes":{}}]}').map(({ data }) => data)).toEqual([
      '7',
      '{"id":"1"}',
      '{"changes":{}}',
    ])
    expect(readText('{"entry":[]}')).toEqual([])
  })

  it('never throws anything else, whatever JSON stands where', () => {
    const part = fc.jsonValue({ maxDepth: 3 })
    const value = fc.record({
      metadata: part,
      contacts: fc.oneof(part, fc.array(part)),
      messages: fc.oneof(part, fc.array(part)),
      statuses: fc.array(part),
      calls: fc.array(part),
    })
    const field = fc.constantFrom('messages', 'calls', 'smb_message_echoes', 'other')
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.record({ field, value }))), (changes) => {
        const events = read(...changes)
        expect(new Set(events.map(({ dedupeKey }) => dedupeKey)).size).toBe(events.length)
        for (const { data, dedupeKey } of events) {
          expect(() => JSON.parse(data ?? '')).not.toThrow()
          expect(dedupeKey).toMatch(/^[!-~]{1,255}$/)
        }
      }),
    )
  })

  it('reads three megabytes of messages, or of one message, in a moment', () => {
    const many = Array.from({ length: 1000 }, (_, i) => text(`wamid.${i}`, sari, 'x'.repeat(3000)))
    const begin = process.cpuUsage()
    expect(read(messages({ contacts: [sari], messages: many }))).toHaveLength(1000)
    expect(read(messages({ messages: [text('wamid.1', sari, '"\\{['.repeat(400_000))] }))).toHaveLength(1)
    // The processor's work, which other programs on the machine do not make more.
    const { user, system } = process.cpuUsage(begin)
    expect((user + system) / 1000).toBeLessThan(10_000)
  })

  it('is too many pieces beyond a thousand', () => {
    const many = `{"entry":[{"changes":[{"field":"messages","value":{"messages":[${'{},'.repeat(1000)}{}]}}]}]}`
    expect(() => readText(many)).toThrow(Unparsable)
  })
})

function typeOf(sample: string): string {
  const [group, word] = sample.split('.')
  if (group === 'message') return 'whatsapp.message.received'
  if (group === 'status') return `whatsapp.message.${word}`
  return group === 'echo' ? 'whatsapp.message.echo' : `whatsapp.${group}`
}

function text(id: string, { wa_id }: { wa_id: string }, body = 'Halo') {
  return { from: wa_id, id, timestamp: '1769000000', type: 'text', text: { body } }
}

function status(id: string, word: string) {
  return { id, status: word, timestamp: '1769000002', recipient_id: sari.wa_id }
}

function messages(parts: object) {
  return { field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...parts } }
}

function read(...changes: unknown[]) {
  return readText(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '102290129340398', changes }] }))
}

function readText(body: string) {
  return readEnvelope({ text: body, value: JSON.parse(body) })
}
