import { readFileSync } from 'node:fs'
import { generic as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import generic from './source.ts'

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))

describe('a generic source', () => {
  it('takes whatever comes to its own address, and nothing that comes to one that everybody knows', () => {
    for (const body of [fixture('order.json'), fixture('order.csv'), Buffer.alloc(0)]) {
      const request = requestOf(body, {})
      expect(verify(request)).toEqual({ kind: 'unsigned' })
      expect(verify({ ...request, isAddressed: false })).toMatchObject({ kind: 'refused', cause: 'MISSING_SIGNATURE' })
    }
  })

  it('has no use for a secret', () => {
    expect(generic.isSecretless).toBe(true)
    expect(generic.makeSecret).toBeUndefined()
    expect(generic.checkSecret('a very long and random secret')).toContain('no secret')
  })

  it('gives the JSON’s own text as data, and null for everything else', () => {
    expect(read(fixture('order.json')).data).toBe(fixture('order.json').toString())
    expect(read(fixture('order.csv')).data).toBeNull()
    expect(read(Buffer.from('\uFEFF{"a":1.0}')).data).toBe('{"a":1.0}')
  })

  it('knows a repeat by the id that came with it; without one, equal bodies are two events', () => {
    expect(read(fixture('order.json'), {}, { 'Idempotency-Key': 'order-7' }).dedupeKey).toBe('order-7')
    expect(read(fixture('order.json')).dedupeKey).toBeNull()
    expect(read(fixture('order.json'), { idPath: 'order.id' }).dedupeKey).toBe('1001')
    expect(read(fixture('order.json'), { idHeader: 'x-id' }, { 'x-id': 'a', 'idempotency-key': 'b' }).dedupeKey).toBe(
      'a',
    )
    expect(read(fixture('order.csv'), {}, { 'idempotency-key': 'a b' }).dedupeKey).toBeNull()
  })

  it('reads type and subject where its settings say', () => {
    const config = { eventPrefix: 'shop', typePath: 'event', subjectPath: 'order.id' }
    expect(read(fixture('order.json'), config)).toMatchObject({ type: 'shop.order.paid', subject: '1001' })
    expect(read(fixture('order.csv'), config)).toMatchObject({ type: 'shop.event', subject: null })
    expect(read(fixture('order.json'))).toMatchObject({ type: 'generic.event', subject: null })
  })

  it('takes everything that its sender sends', () => {
    for (const event of sender.events) {
      const { body } = sender.sample({ event })
      const headers = sender.sign({ body, secret: '', nowMs: 0, id: 'msg_1' })
      expect(verify(requestOf(body, headers))).toEqual({ kind: 'unsigned' })
      expect(read(Buffer.from(body), { typePath: 'type' }, headers)).toMatchObject({ dedupeKey: 'msg_1' })
    }
  })
})

function verify(request: ReturnType<typeof requestOf>) {
  return generic.verify(request, { secrets: [], now: 0, config: generic.config.parse({}) })
}

function read(body: Buffer, config: object = {}, headers: Record<string, string> = {}) {
  const [event, ...more] = generic.parse(readable(requestOf(body, headers)), generic.config.parse(config))
  if (!event || more.length > 0) throw new Error('a generic request is one event')
  return event
}

it('says that it is there to a sender that only looks, and to no other', () => {
  const asked = (method: string) =>
    generic.handshake?.(
      { ...requestOf(Buffer.alloc(0), {}), method },
      {
        secrets: [],
        now: 0,
        config: generic.config.parse({}),
      },
    )
  expect(asked('HEAD')).toEqual({ contentType: 'text/plain; charset=utf-8', body: '' })
  expect([asked('GET'), asked('OPTIONS')]).toEqual([undefined, undefined])
})
