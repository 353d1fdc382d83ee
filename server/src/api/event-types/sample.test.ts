import { senders } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { sourceDefinitions } from '../../inbound/sources/index.ts'
import { catalogueOf } from './catalogue.ts'
import { sampleOf, samplesOf } from './sample.ts'

const played = { senders, definitions: sourceDefinitions }
const catalogue = catalogueOf(sourceDefinitions)

describe('the samples', () => {
  it('of every sender make events', () => {
    for (const { kind } of senders) expect([...samplesOf(kind, played)], kind).not.toEqual([])
  })

  it('have the shape that the catalogue promises for their type, whichever kind they come from', () => {
    for (const sample of senders.flatMap(({ kind }) => [...samplesOf(kind, played)])) {
      const shape = catalogue.get(sample.type)?.data
      if (shape) expect(shape.safeParse(JSON.parse(sample.data ?? '')).error, JSON.stringify(sample)).toBeUndefined()
    }
  })

  it('of a type are looked for among the kinds that it comes from, the first of the first kind first', () => {
    const kinds = catalogue.get('whatsapp.message.received')?.kinds ?? []
    expect(kinds).toEqual(['kapso', 'meta-whatsapp'])
    expect(sampleOf('whatsapp.message.received', kinds, played)).toMatchObject({ kind: 'kapso', event: 'message.text' })
    const meta = sampleOf('whatsapp.message.received', ['meta-whatsapp'], played)
    expect(JSON.parse(meta?.data ?? '')).toHaveProperty('display_phone_number')
    expect(sampleOf('whatsapp.message.received', ['github'], played)).toBeUndefined()
  })

  it('are named by headers where the provider names them there', () => {
    expect([...samplesOf('github', played)].map(({ type }) => type)).toContain('github.ping')
  })

  it('have no data where the provider sends forms', () => {
    const sample = sampleOf('twilio.message.received', ['twilio'], played)
    expect(sample?.data).toBeNull()
    expect(Buffer.from(sample?.body ?? []).toString()).toContain('SmsStatus=received')
  })

  it('are none of a kind that nobody plays, or that is no kind', () => {
    expect([...samplesOf('orchard', played)]).toEqual([])
    expect([...samplesOf('github', { senders, definitions: new Map() })]).toEqual([])
  })
})
