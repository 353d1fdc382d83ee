import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tavus as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { exerciseFixedPath, exerciseTokenSource } from '../../exercise-token-source.ts'
import { readable } from '../../readable.ts'
import { Headers, type Incoming, type ParsedEvent } from '../../source.ts'
import tavus from './source.ts'

// Joined here, so that no scanner takes them for secrets of somebody's account.
const secret = ['tavus', 'one+of/the=tests&1'].join('_')
const otherSecret = ['tavus', 'another+of/the=tests'].join('_')

const accepts = [
  {
    fixture: 'fixtures/shutdown.json',
    gives: { type: 'tavus.conversation.ended', subject: 'c1', orderKey: 'conversation:c1' },
  },
  { fixture: 'fixtures/replica-joined.json', gives: { type: 'tavus.conversation.started', dedupeKey: 'started:c1' } },
  { fixture: 'fixtures/tool-call.json', gives: { type: 'tavus.tool_call', dedupeKey: 'tool_call:["c1","call_1"]' } },
  {
    fixture: 'fixtures/tool-call-by-api.json',
    gives: { type: 'tavus.tool_call', dedupeKey: 'tool_call:["c1","call_2"]' },
  },
  { fixture: 'fixtures/message.json', gives: { type: 'tavus.message', subject: 'c1' } },
]

exerciseSource(tavus, {
  accepts,
  secret,
  otherSecret,
  sign: sender.sign,
  config: { proof: 'required' },
  proof: { headers: ['x-tavus-signature'], encoding: 'hex', foreign: [] },
})

exerciseSource(tavus, {
  accepts,
  secret,
  otherSecret,
  sign: (message) => ({ 'tavus-signature': `sha256=${sender.sign(message)['x-tavus-signature']}` }),
  config: { proof: 'required' },
  proof: {
    headers: ['tavus-signature'],
    encoding: 'hex',
    foreign: [
      ['sha256=', 'sha1='],
      ['sha256=', 'SHA256='],
      ['sha256=', 'sha256=sha256='],
      ['sha256=', '='],
    ],
  },
})

const shown = { accepts, secret, otherSecret, header: 'authorization', write: (token: string) => `Bearer ${token}` }
exerciseTokenSource(tavus, { ...shown, isAddressProof: true })
exerciseTokenSource(tavus, { ...shown, config: { proof: 'required' } })
exerciseFixedPath(tavus, { parameters: ['t', 'token'] })

describe('a proof of Tavus’', () => {
  const body = Buffer.from('{"hello":"world"}')
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const wrong = '0'.repeat(64)

  it('is right for the vector of a tool’s call', () => {
    const vector = 'cab24bbcb15205b69dd7b461acc722d6e9c2267167f897289b5b499ae369005a'
    const own = ['tavus', 'test', 'secret'].join('_')
    expect(verify({ 'X-Tavus-Signature': vector }, 'required', [own])).toEqual({ kind: 'verified' })
  })

  it('may stand in both headers if they say the same', () => {
    expect(verify({ 'x-tavus-signature': signature, 'tavus-signature': signature })).toEqual({ kind: 'verified' })
    const pairs = [
      [signature, wrong],
      [wrong, signature],
      [signature, `sha256=${signature}`],
      [signature, ''],
    ]
    for (const [long = '', short = ''] of pairs) {
      expect(verify({ 'x-tavus-signature': long, 'tavus-signature': short }), short).toMatchObject({
        cause: 'MALFORMED_SIGNATURE',
        detail: 'header x-tavus-signature differs from header tavus-signature',
      })
    }
    expect(verify({ 'x-tavus-signature': wrong, 'tavus-signature': wrong })).toMatchObject({
      cause: 'SIGNATURE_MISMATCH',
    })
    const thrice = new Headers([
      ['x-tavus-signature', signature],
      ['tavus-signature', signature],
      ['tavus-signature', wrong],
    ])
    expect(verify(thrice)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('that is wrong is refused beside a right one, and at an address that would do', () => {
    const both = { authorization: `Bearer ${secret}`, 'x-tavus-signature': signature }
    expect(verify(both)).toEqual({ kind: 'verified' })
    expect(verify({ ...both, authorization: 'Bearer wrong' })).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    expect(verify({ ...both, 'x-tavus-signature': wrong })).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    for (const odd of [
      '',
      'zz',
      signature.slice(1),
      `sha256=sha256=${signature}`,
      signature.toUpperCase(),
      'sha256=',
    ]) {
      expect(verify({ 'tavus-signature': odd }), odd).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('is never the name of the program that sends', () => {
    expect(verify({ 'user-agent': 'Tavus-Webhooks/1.0' }, 'required')).toMatchObject({ cause: 'MISSING_SIGNATURE' })
  })

  it('is asked for by a setting', () => {
    expect(tavus.config.parse({})).toEqual({ proof: 'any' })
    expect(tavus.config.safeParse({ proof: 'none' }).success).toBe(false)
  })

  function verify(headers: Record<string, string> | Headers, proof: 'any' | 'required' = 'any', secrets = [secret]) {
    return tavus.verify(requestOf(body, headers), { secrets, now: 0, config: { proof } })
  }
})

describe('Tavus', () => {
  it('is answered OK', () => {
    expect(tavus.answer?.(readable(of('{}')), { eventIds: [] })).toMatchObject({ body: 'OK' })
  })

  it('tells of one conversation under the old name and the new one', () => {
    const twins = ['system.replica_joined', 'system.pal_joined'].map((event_type, i) =>
      parse({ event_type, conversation_id: 'c1', timestamp: `2026-01-15T10:30:0${i}Z` }),
    )
    expect(twins.map((each) => each?.type)).toEqual(Array(2).fill('tavus.conversation.started'))
    expect(twins[0]?.dedupeKey).toBe(twins[1]?.dedupeKey)
    expect(parse({ event_type: 'system.pal_joined', conversation_id: 'c2' })?.dedupeKey).toBe('started:c2')
    expect(parse({ event_type: 'system.pal_joined' })?.dedupeKey).toMatch(/^sha256:/)
  })

  it('tells of one call of a tool in every shape', () => {
    const shapes = [
      { event_type: 'conversation.tool_call', properties: { name: 'f', arguments: '{}', tool_call_id: 'call_1' } },
      { event_type: 'conversation.perception_tool_call', properties: { name: 'f', tool_call_id: 'call_1' } },
      { event_type: 'conversation.tool_called', tool_call: { id: 'call_1', function: { name: 'f' } } },
      { event_type: 'conversation.toolcall', data: { name: 'f', args: {}, tool_call_id: 'call_1' } },
      { tool_call_id: 'call_1', name: 'f', arguments: {} },
    ]
    for (const shape of shapes) {
      expect(parse(shape)).toMatchObject({ type: 'tavus.tool_call', dedupeKey: 'tool_call:call_1' })
    }
    expect(parse({ event_type: 'conversation.tool_result', tool_call_id: 'call_1' })?.dedupeKey).toBe(
      'tool_result:call_1',
    )
    expect(parse({ name: 'f', arguments: '{}' })).toMatchObject({ type: 'tavus.tool_call' })
    expect(parse({ tool_call_id: '\ud83d' })?.dedupeKey).toMatch(/^tool_call:sha256:/)
  })

  it('tells calls of two conversations apart, and what is said in one second', () => {
    const call = (conversation: string) =>
      parse({ event_type: 'conversation.tool_call', conversation_id: conversation, tool_call_id: 'functions.f:0' })
    expect(call('c1')?.dedupeKey).toBe('tool_call:["c1","functions.f:0"]')
    expect(call('c2')?.dedupeKey).not.toBe(call('c1')?.dedupeKey)
    const said = (speech: string, more = {}) =>
      parse({
        event_type: 'conversation.utterance',
        conversation_id: 'c1',
        timestamp: '2026-11-27T10:00:00Z',
        properties: { role: 'user', speech },
        ...more,
      })?.dedupeKey
    expect(said('yes')).toBe(said('yes'))
    expect(said('yes')).not.toBe(said('no'))
    expect(said('yes', { seq: 7 })).toBe(said('no', { seq: 7 }))
  })

  it('tells nobody the URL that it came to, which is all the proof there is', () => {
    const body = '{"event_type":"system.shutdown", "webhook_url" : "https://hooks.example/in/abc" ,"n":1.0}'
    const [event] = tavus.parse(readable(requestOf(Buffer.from(body), {})), tavus.config.parse({}))
    expect(event?.data).toBe('{"event_type":"system.shutdown", "webhook_url" : null ,"n":1.0}')
  })

  it('leaves a tool’s arguments as they came, also when they are no JSON', () => {
    for (const text of ['"{\\"a\\": 1.0}"', '"{broken"', '{"n":12345678901234567890}', '[]', 'null']) {
      const body = `{"tool_call_id":"call_1","name":"f","arguments":${text},"conversation_id":"c1"}`
      expect(tavus.parse(readable(of(body)), { proof: 'any' })[0]).toMatchObject({
        type: 'tavus.tool_call',
        data: body,
      })
    }
  })

  it('keeps what it does not know, under its own name if it has one', () => {
    expect(parse({ event_type: 'conversation.user.started_speaking' })?.type).toBe(
      'tavus.conversation.user.started_speaking',
    )
    expect(parse({ event_type: 'toString' })?.type).toBe('tavus.toString')
    for (const value of [{}, [], 'x', { event_type: 7 }, { event_type: 'a b' }, { name: 'f' }]) {
      expect(parse(value)?.type, JSON.stringify(value)).toBe('tavus.unknown')
    }
  })
})

describe('a repeat of Tavus’', () => {
  const key = (more: object) =>
    parse({ event_type: 'application.objective_completed', conversation_id: 'c1', ...more })?.dedupeKey

  it('is known by conversation, type and time, under any name of the type', () => {
    const timestamp = '2026-01-15T10:36:00.123456+00:00'
    expect(key({ timestamp, extra: 1 })).toBe(`callback:["tavus.objective.completed","${timestamp}","c1"]`)
    for (const event_type of ['objective_completed', 'conversation.objective.completed']) {
      expect(key({ timestamp, event_type }), event_type).toBe(key({ timestamp }))
    }
    const others = [{ conversation_id: 'c2' }, { event_type: 'system.shutdown' }, { timestamp: '2026-01-15T10:36:01Z' }]
    for (const other of others) expect(key({ timestamp, ...other })).not.toBe(key({ timestamp }))
    expect(key({ timestamp: 1786505572.25 })).toBe(key({ timestamp: '1786505572.25' }))
  })

  it('is not one when two objectives are reached in one moment', () => {
    const timestamp = '2026-01-15T10:36:00Z'
    const keys = ['a', 'b'].map((objective_name) => key({ timestamp, properties: { objective_name } }))
    expect(new Set(keys).size).toBe(2)
  })

  it('is known by the number of an app message before its time', () => {
    expect(key({ seq: 42, timestamp: 1746000000.5 })).toBe('callback:["tavus.objective.completed",42,"c1"]')
  })

  it('is known by its bytes when it tells no time, or one that cannot be', () => {
    const odd = ['1e9', '-1', 'T.1', '', '2026', '0000000000', '2026-13-45', 1e9, -1, 0, 1e300, null, {}, ['x']]
    for (const timestamp of odd) {
      const [first, second] = [key({ timestamp, n: 1 }), key({ timestamp, n: 2 })]
      expect(first, JSON.stringify(timestamp)).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(second).not.toBe(first)
    }
    expect(key({ timestamp: '2026-01-15T10:36:00Z', conversation_id: '' })).toMatch(/^sha256:/)
  })
})

describe('the samples of Tavus', () => {
  const docs = readFileSync(new URL('../../../../../docs/tavus.md', import.meta.url), 'utf8')

  it('are each read as an event whose type and shape the catalogue has', () => {
    for (const event of sender.events) {
      const [read] = tavus.parse(readable(of(sender.sample({ event }).body)), { proof: 'any' })
      const entry = tavus.eventTypes?.find(({ type }) => type === read?.type)
      expect(entry, event).toBeDefined()
      expect(entry?.data?.safeParse(JSON.parse(read?.data ?? '')).error, event).toBeUndefined()
      expect(read?.subject, event).toBe('sample_1')
      expect(docs, `docs/tavus.md has no row of ${event}`).toMatch(rowOf(event, read?.type ?? ''))
    }
  })

  it('leave no type out of the page, and no shape that cannot be told as JSON Schema', () => {
    for (const { type, data } of tavus.eventTypes ?? []) {
      expect(docs, type).toContain(`\`${type}\``)
      if (data) expect(() => z.toJSONSchema(data), type).not.toThrow()
    }
  })
})

/** A row of one of the page's tables, with the sample and the type that it becomes. */
function rowOf(sample: string, type: string): RegExp {
  const [left, right] = [sample, type].map((each) => each.replaceAll('.', '\\.'))
  return new RegExp(`^\\| \`${left}\` \\|.*\`${right}\`.*\\|`, 'm')
}

function parse(value: unknown): ParsedEvent | undefined {
  return tavus.parse(readable(of(JSON.stringify(value))), { proof: 'any' })[0]
}

function of(body: string | Uint8Array): Incoming {
  return requestOf(Buffer.from(body as string), {})
}
