import { readFileSync } from 'node:fs'
import { cloudevents as sender } from '@trunkline/senders'
import { CloudEvent, HTTP } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import { Headers, Unparsable } from '../../source.ts'
import cloudevents from './source.ts'

const token = 'a token that only two of us know'.replaceAll(' ', '-')
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }
const batched = { 'content-type': 'application/cloudevents-batch+json' }

describe('an event in the structured mode', () => {
  it('has its own data, as it was written', () => {
    expect(read(fixture('order-paid.json'), structured)).toEqual([
      {
        dedupeKey: 'https://shop.example/orders|A234-1234-1234',
        type: 'cloudevents.example.shop.order.paid',
        subject: 'order-1001',
        data: '{ "order": 1001, "total": 49.00, "big": 9007199254740993 }',
      },
    ])
  })

  it('is its own data when that is in base64, or when there is none', () => {
    const body = fixture('label-printed.json')
    expect(read(body, structured)).toMatchObject([{ data: body.toString(), subject: '/printers/3' }])
    expect(one('{"id":"1","source":"/a","type":"a.b"}').data).toBe('{"id":"1","source":"/a","type":"a.b"}')
    expect(one('{"data":null}').data).toBe('null')
    expect(one('\uFEFF{"data":"\uFEFF"}').data).toBe('"\uFEFF"')
  })

  it('reads as the SDK wrote it', () => {
    const event = new CloudEvent({ type: 'example.made', source: '/sdk', subject: 'pear', data: { a: [1, 2] } })
    const { headers, body } = HTTP.structured(event)
    expect(read(Buffer.from(String(body)), flat(headers))).toEqual([
      { dedupeKey: `/sdk|${event.id}`, type: 'cloudevents.example.made', subject: 'pear', data: '{"a":[1,2]}' },
    ])
  })

  it('is still an event when the sender left something out or wrote it oddly', () => {
    const hash = 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588'
    expect(one('{"hello":"world"}')).toMatchObject({ dedupeKey: hash, type: 'cloudevents.unknown', subject: null })
    for (const text of [
      '{"id":7,"source":"/a"}',
      '{"id":"","source":"/a"}',
      '{"id":"a"}',
      '{"id":"a b","source":"/a"}',
      '{"id":"b|c","source":"a|b"}',
      `{"id":"a","source":"/${'x'.repeat(300)}"}`,
      '{"id":"\\u0000","source":"\\ud83d","type":"a b"}',
      '{"__proto__":{"id":"a","source":"/a"}}',
    ]) {
      expect(one(text).dedupeKey, text).toMatch(/^sha256:/)
    }
  })

  it('is unparsable when it is no object', () => {
    for (const text of ['[]', 'null', '"a"', '7', '', '{', '{"data":'])
      expect(() => one(text), text).toThrow(Unparsable)
  })

  it('may be nested as deep as it likes', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    expect(one(`{"data":${deep}}`).data === deep).toBe(true)
  })
})

describe('an event in the binary mode', () => {
  it('has the body for its data, whatever it is', () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/a', 'ce-type': 'a.b', 'ce-subject': 'pear' }
    const event = { dedupeKey: '/a|1', type: 'cloudevents.a.b', subject: 'pear' }
    expect(read(Buffer.from('{"total": 49.00}'), headers)).toEqual([{ ...event, data: '{"total": 49.00}' }])
    for (const body of [Buffer.alloc(0), Buffer.from('by post'), Buffer.from([0xff, 0x00])])
      expect(read(body, headers)).toEqual([{ ...event, data: null }])
  })

  it('reads as the SDK wrote it, beyond ASCII too', () => {
    const event = new CloudEvent({ type: 'example.made', source: '/sdk', subject: 'Zoë', data: { a: 1 } })
    const { headers, body } = HTTP.binary(event)
    const [parsed] = read(Buffer.from(String(body)), flat(headers))
    expect(parsed).toMatchObject({ dedupeKey: `/sdk|${event.id}`, type: 'cloudevents.example.made', data: '{"a":1}' })
    const named = (subject: string) => read(Buffer.from('{}'), { 'ce-type': 'a.b', 'ce-subject': subject })[0]?.subject
    expect(named('Zo%C3%AB')).toBe('Zoë')
    expect(named('100%')).toBe('100%')
  })

  it('has no attribute that came twice', () => {
    const twice = new Headers([
      ['ce-type', 'a.b'],
      ['ce-source', '/a'],
      ['ce-id', '1'],
      ['CE-ID', '2'],
    ])
    expect(read(Buffer.from('{}'), twice)[0]?.dedupeKey).toMatch(/^sha256:/)
  })
})

describe('a batch', () => {
  it('is as many events, each with its own text', () => {
    expect(read(fixture('batch.json'), batched)).toEqual([
      {
        dedupeKey: '/orders|1',
        type: 'cloudevents.example.shop.order.paid',
        subject: '/orders',
        data: '{"total":49.00}',
      },
      { dedupeKey: '/orders|2', type: 'cloudevents.example.shop.order.sent', subject: 'order-1001', data: '"by post"' },
      {
        dedupeKey: '/orders|3',
        type: 'cloudevents.example.shop.order.done',
        subject: '/orders',
        data: '{"specversion":"1.0","type":"example.shop.order.done","source":"/orders","id":"3"}',
      },
    ])
    expect(read(Buffer.from('[]'), batched)).toEqual([])
  })

  it('holds an event once, the first, however often it repeats it', () => {
    const text = '[{"id":"1","source":"/a","data":1},{"id":"2","source":"/a"},{"id":"1","source":"/a","data":2},{},{}]'
    const events = read(Buffer.from(text), batched)
    expect(events.map(({ dedupeKey }) => dedupeKey)).toEqual(['/a|1', '/a|2', expect.stringMatching(/^sha256:/)])
    expect(events[0]?.data).toBe('1')
  })

  it('keeps what is no event beside the others', () => {
    const events = read(Buffer.from('[{"id":"1","source":"/a"},null,[7],"x",{"id":"2","source":"/a"}]'), batched)
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['cloudevents.unknown', '{"id":"1","source":"/a"}'],
      ['cloudevents.malformed', 'null'],
      ['cloudevents.malformed', '[7]'],
      ['cloudevents.malformed', '"x"'],
      ['cloudevents.unknown', '{"id":"2","source":"/a"}'],
    ])
    expect(new Set(events.map(({ dedupeKey }) => dedupeKey)).size).toBe(5)
  })

  it('is unparsable when it is no list, or holds more than five thousand', () => {
    const many = (count: number) =>
      Buffer.from(`[${Array.from({ length: count }, (_, i) => `{"id":"${i}"}`).join(',')}]`)
    for (const text of ['{}', '7', '[{}']) expect(() => read(Buffer.from(text), batched), text).toThrow(Unparsable)
    expect(read(many(5000), batched)).toHaveLength(5000)
    expect(() => read(many(5001), batched)).toThrow('5001 events')
  })
})

it('anything else is unparsable', () => {
  for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain' }])
    expect(() => read(Buffer.from('{"id":"1"}'), headers)).toThrow('application/cloudevents+json')
})

describe('the proof', () => {
  const judge = (headers: Record<string, string>, secrets: string[], isAddressed = true) =>
    cloudevents.verify(requestOf(Buffer.from('{}'), headers, { isAddressed }), {
      secrets,
      now: 0,
      config: cloudevents.config.parse({}),
    })

  it('is the address alone while the source has no secret', () => {
    expect(judge({}, [])).toEqual({ kind: 'unsigned' })
    expect(judge({ authorization: 'Bearer anything' }, [])).toEqual({ kind: 'unsigned' })
    expect(judge({}, [], false)).toMatchObject({ cause: 'MISSING_SIGNATURE' })
  })

  it('is the token once there is one, and never the address', () => {
    const bearer = { authorization: `Bearer ${token}` }
    expect(judge(bearer, [token])).toEqual({ kind: 'verified' })
    expect(judge(bearer, ['another token', token])).toEqual({ kind: 'verified' })
    expect(judge({}, [token])).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    expect(judge({ authorization: `Basic ${token}` }, [token])).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    expect(judge({ authorization: 'Bearer wrong' }, [token])).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    for (const unusable of ['', 'undefined'])
      expect(judge(bearer, [unusable]), unusable).toMatchObject({ kind: 'refused' })
  })

  it('takes secrets that can be sent as a token', () => {
    expect(cloudevents.checkSecret(token)).toBeUndefined()
    for (const wrong of ['too short', 'with a space in the middle of it', 'schlüssel-für-alle-leute'])
      expect(cloudevents.checkSecret(wrong), wrong).toEqual(expect.any(String))
  })
})

describe('the handshake', () => {
  const ask = (headers: Record<string, string>, config = {}, method = 'OPTIONS') =>
    cloudevents.handshake?.(requestOf(Buffer.alloc(0), headers, { method }), {
      secrets: [token],
      now: 0,
      config: cloudevents.config.parse(config),
    })
  const origin = { 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' }

  it('gives permission to whoever asks, at any rate', () => {
    expect(ask(origin)).toEqual({
      contentType: 'text/plain; charset=utf-8',
      body: '',
      headers: {
        allow: 'POST, OPTIONS',
        'webhook-allowed-origin': 'eventemitter.example.com',
        'webhook-allowed-rate': '*',
      },
    })
  })

  it('gives it to those that are named, at the rate that is set', () => {
    const config = { allowedOrigins: ['EventEmitter.example.com'], allowedRatePerMinute: 100 }
    expect(ask(origin, config)?.headers).toMatchObject({ 'webhook-allowed-rate': '100' })
    expect(ask({ 'webhook-request-origin': 'other.example.com' }, config)).toBeUndefined()
  })

  it('is no answer to another method, to nobody, or to what is no name', () => {
    expect(ask(origin, {}, 'GET')).toBeUndefined()
    expect(ask({})).toBeUndefined()
    for (const odd of ['', 'a b', 'a\r\nset-cookie: x', '<b>', 'x'.repeat(254)])
      expect(ask({ 'webhook-request-origin': odd }), odd).toBeUndefined()
  })
})

it('takes everything that its sender sends', () => {
  for (const event of sender.events) {
    const { body } = sender.sample({ event, id: 'evt-1' })
    const headers = sender.sign({ body, secret: token, nowMs: 0, id: 'evt-1' })
    const proof = { secrets: [token], now: 0, config: cloudevents.config.parse({}) }
    expect(cloudevents.verify(requestOf(body, headers), proof), event).toEqual({ kind: 'verified' })
    expect(read(Buffer.from(body), headers)).toMatchObject([
      { type: `cloudevents.${event}`, dedupeKey: 'https://shop.example/orders|evt-1' },
    ])
  }
})

function one(text: string) {
  const [event, ...more] = read(Buffer.from(text), structured)
  if (!event || more.length > 0) throw new Error('a structured request is one event')
  return event
}

function read(body: Buffer, headers: Headers | Record<string, string>) {
  return cloudevents.parse(readable(requestOf(body, headers)), cloudevents.config.parse({}))
}

function flat(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}
