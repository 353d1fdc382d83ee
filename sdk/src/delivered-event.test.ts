import { describe, expect, expectTypeOf, it } from 'vitest'
import { type DeliveredEvent, isEvent, readEvent } from './delivered-event.ts'
import type { EventData, KnownEventType } from './generated/event-types.ts'

const disabled = {
  type: 'trunkline.endpoint.disabled',
  timestamp: '2026-11-20T08:14:03.000Z',
  data: { id: 'ep_1', url: 'https://hooks.example', reason: 'GONE' },
}

describe('isEvent', () => {
  it('tells a type, and its data has that type’s shape then', () => {
    const event: unknown = disabled
    expect(isEvent(event, 'trunkline.endpoint.created')).toBe(false)
    if (!isEvent(event, 'trunkline.endpoint.disabled')) throw new Error('it is of the type')
    expectTypeOf(event.data).toEqualTypeOf<{ id: string; url: string; reason: string }>()
    expect(event.data.reason).toBe('GONE')
  })

  it('tells the type of what was read out of a body', () => {
    const event = readEvent(JSON.stringify(disabled))
    if (!isEvent(event, 'trunkline.endpoint.disabled')) throw new Error('it is of the type')
    expectTypeOf(event.data.reason).toEqualTypeOf<string>()
    expect(event.data.reason).toBe('GONE')
  })

  it('takes a type that nobody has described, whose data may be anything', () => {
    const event: unknown = { ...disabled, type: 'orchard.harvested', data: 7 }
    if (!isEvent(event, 'orchard.harvested')) throw new Error('it is of the type')
    expectTypeOf(event).toEqualTypeOf<{ type: 'orchard.harvested'; timestamp: string; data: unknown }>()
    expect(event.data).toBe(7)
  })

  it.each<[unknown]>([
    [undefined],
    [null],
    ['trunkline.endpoint.disabled'],
    [[]],
    [{ type: disabled.type }],
    [{ ...disabled, timestamp: 1 }],
    [{ type: disabled.type, timestamp: disabled.timestamp }],
  ])('is not led astray by %j', (value) => {
    expect(isEvent(value, 'trunkline.endpoint.disabled')).toBe(false)
  })
})

describe('readEvent', () => {
  it('reads the event of a body, as text or as bytes', () => {
    const body = JSON.stringify(disabled)
    expect(readEvent(body)).toEqual(disabled)
    expect(readEvent(new TextEncoder().encode(body))).toEqual(disabled)
  })

  it.each(['', 'Body=Hello', '{', '7', 'null', '[]', '{"type":"a.b"}'])('finds none in %j', (body) => {
    expect(readEvent(body)).toBeUndefined()
  })
})

describe('the types', () => {
  it('of delivered events are told apart by `type`', () => {
    const told = (event: DeliveredEvent<KnownEventType>): string => {
      switch (event.type) {
        case 'trunkline.endpoint.disabled':
          return event.data.url
        case 'agent.run.started':
          expectTypeOf(event.data.prompt).toEqualTypeOf<string | null | undefined>()
          return event.data.runId
        default:
          return event.type
      }
    }
    expect(told(disabled as DeliveredEvent<'trunkline.endpoint.disabled'>)).toBe('https://hooks.example')
  })

  it('of data hold what the provider adds, and nothing of an undescribed type', () => {
    expectTypeOf<EventData['agent.run.started']['action']>().toEqualTypeOf<'start'>()
    expectTypeOf<EventData['agent.run.started']['whatever']>().toEqualTypeOf<unknown>()
    expectTypeOf<EventData['slack.app_mention']>().toEqualTypeOf<unknown>()
    expectTypeOf<EventData['whatsapp.message.received']['message']['id']>().toEqualTypeOf<string>()
    expectTypeOf<DeliveredEvent['data']>().toEqualTypeOf<unknown>()
    // @ts-expect-error a type that is misspelt is none
    expectTypeOf<EventData['whatsapp.message.recieved']>()
  })
})
