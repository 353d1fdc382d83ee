import { standardWebhooks as sender } from '@trunkline/senders'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import type { Log } from '../base/log.ts'
import { usualBounds } from '../base/quarantine-bounds.ts'
import { createSeal } from '../base/seal.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { createMetrics } from '../http/metrics.ts'
import type { OpenSource } from './open-source.ts'
import { examineHere } from './parse.ts'
import { createQuarantine } from './quarantine/quarantine.ts'
import { type Answer, receive } from './receive.ts'
import { defineSource, Headers, type Incoming, type SourceDefinition, Unparsable } from './source.ts'
import genericSource from './sources/generic/source.ts'
import standardWebhooks from './sources/standard-webhooks/source.ts'

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
const clock = fakeClock()
const lines: { level: string; event: string; facts: Record<string, unknown> }[] = []
const keep =
  (level: string) =>
  (event: string, facts: object = {}) =>
    void lines.push({ level, event, facts: { ...facts } })
const journal: Log = {
  debug: (event, facts) => keep('debug')(event, facts?.()),
  info: keep('info'),
  warn: keep('warn'),
  error: keep('error'),
}
let storage: TestStorage
let metrics: ReturnType<typeof createMetrics>
beforeEach(() => {
  lines.length = 0
  storage = openTestStorage()
  metrics = createMetrics()
})
afterEach(() => storage.close())

function sourceOf(definition: SourceDefinition, more: Partial<OpenSource> = {}): OpenSource {
  const config = definition.config.parse({})
  return {
    id: 'src_1',
    workspaceId: defaultWorkspaceId,
    customer: null,
    definition,
    secrets: [secret],
    config,
    routes: new Map(),
    endsAt: Number.POSITIVE_INFINITY,
    rateLimit: null,
    ...more,
  }
}

/** A request as a sender signs it. */
function signed(body: string | Buffer, id: string, more: Record<string, string> = {}): Incoming {
  const bytes = Buffer.from(body)
  const headers = { ...sender.sign({ body: bytes, secret, nowMs: clock.now(), id, event: '' }), ...more }
  return {
    method: 'POST',
    url: '/in/abcdefgh?token=s3cret',
    address: 'https://hooks.example/in/abcdefgh?token=s3cret',
    isAddressed: true,
    headers: new Headers(Object.entries(headers)),
    body: bytes,
  }
}

const source = sourceOf(standardWebhooks as SourceDefinition)
const dedupeSecret = Buffer.alloc(32, 9)
const seal = createSeal(Buffer.alloc(32, 7))
/** However slow the machine is: what is refused here is looked at afterwards. */
const patient = { requests: 2000, bytes: 2 ** 24, batch: { requests: 64, bytes: 2 ** 18 }, waitMs: 60_000 }

function arrive(incoming: Incoming, to = source, commit = storage.commit): Promise<Answer> {
  const receivedAt = clock.now()
  const arrival = {
    requestId: newId('request', receivedAt),
    receivedAt,
    wallTime: receivedAt,
    senderAddress: '203.0.113.9',
  }
  return receive(incoming, to, arrival, {
    examine: examineHere,
    commit,
    clock,
    journal,
    meter: metrics.meter,
    dedupeSecret,
    quarantine: createQuarantine({ commit, seal, journal, meter: metrics.meter, bounds: usualBounds, limits: patient }),
    unknownRoutes: { note: (sourceId, route) => void unknown.push([sourceId, route]) },
  })
}

/** The routes that no source knew. */
const unknown: [string, string][] = []

async function accepted(answer: Promise<Answer>) {
  const got = await answer
  if (got.kind !== 'accepted') throw new Error('it was refused')
  return got.receipt
}

const requests = () => storage.sql('SELECT * FROM requests ORDER BY id')
const events = () => storage.sql('SELECT * FROM events ORDER BY seq')
const counted = async (name: string) =>
  (await metrics.show()).text.split('\n').filter((line) => line.startsWith(`${name}{`))

describe('a genuine request', () => {
  it('is on disk when its sender is answered, with its event, byte for byte', async () => {
    const body = '\u{FEFF}{"type":"user.created","data":{"id":"user_1","n":12345678901234567890,"n":1.0}}'
    const receipt = await accepted(arrive(signed(body, 'msg_1'), { ...source, customer: 'acme' }))
    expect(receipt).toEqual({
      requestId: expect.stringMatching(/^req_/),
      eventIds: [expect.stringMatching(/^evt_/)],
      isRepeat: false,
      bodyDiffers: false,
    })
    expect(requests()).toEqual([
      expect.objectContaining({
        id: receipt.requestId,
        workspace_id: defaultWorkspaceId,
        source_id: 'src_1',
        received_at: clock.now(),
        method: 'POST',
        url: '/in/abcd***?token=***',
        body_bytes: Buffer.byteLength(body),
        sender_address: '203.0.113.9',
        verdict: 'verified',
        cause: null,
      }),
    ])
    expect(Buffer.from(requests()[0]?.body as Uint8Array).equals(Buffer.from(body))).toBe(true)
    expect(events()).toEqual([
      expect.objectContaining({
        id: receipt.eventIds[0],
        request_id: receipt.requestId,
        source_id: 'src_1',
        customer: 'acme',
        type: 'standard-webhooks.user.created',
        subject: 'user_1',
        data: body.slice(1),
        received_at: clock.now(),
      }),
    ])
  })

  it('is named in the log and the figures, without its body', async () => {
    await arrive(signed('{"type":"a.b","data":{"secret":"s3cret"}}', 'msg_1'))
    expect(lines).toEqual([
      {
        level: 'info',
        event: 'accepted',
        facts: expect.objectContaining({ source: 'src_1', kind: 'standard-webhooks', events: 1 }),
      },
    ])
    expect(JSON.stringify(lines)).not.toContain('s3cret')
    expect(await counted('trunkline_requests_total')).toEqual([
      'trunkline_requests_total{kind="standard-webhooks",verdict="verified",cause=""} 1',
    ])
    expect(await counted('trunkline_events_total')).toEqual(['trunkline_events_total{kind="standard-webhooks"} 1'])
  })

  it('keeps its headers in order, secrets masked', async () => {
    await arrive(signed('{}', 'msg_1', { Cookie: 'session=s3cret', 'X-Note': 'a' }))
    const headers = JSON.parse(String(requests()[0]?.headers)) as [string, string][]
    expect(headers).toContainEqual(['Cookie', '***'])
    expect(headers).toContainEqual(['X-Note', 'a'])
    expect(headers.map(([name]) => name)).toContain('webhook-signature')
  })
})

it.each([
  ['7', 7],
  ['0', null],
  ['many', null],
])('an event that came through a delivery (X-Trunkline-Hops: %s) keeps the count %s', async (header, hops) => {
  await arrive(signed('{"type":"a.b"}', 'msg_1', { 'X-Trunkline-Hops': header }))
  expect(storage.sql('SELECT hops FROM events')).toEqual([{ hops }])
})

describe('a repeat', () => {
  it('is told what the first one was told, and nothing more is stored', async () => {
    const first = await accepted(arrive(signed('{"type":"a.b"}', 'msg_1')))
    clock.advance(60_000)
    const again = await accepted(arrive(signed('{"type":"a.b"}', 'msg_1')))
    expect(again).toEqual({ ...first, isRepeat: true })
    expect([requests().length, events().length]).toEqual([1, 1])
    expect(await counted('trunkline_events_total')).toEqual(['trunkline_events_total{kind="standard-webhooks"} 1'])
    expect(await counted('trunkline_requests_total')).toContain(
      'trunkline_requests_total{kind="standard-webhooks",verdict="duplicate",cause=""} 1',
    )
  })

  it('is one event also when a hundred come at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 100 }, () => accepted(arrive(signed('{"type":"a.b"}', 'msg_1')))),
    )
    expect(new Set(all.map((each) => each.eventIds[0])).size).toBe(1)
    expect(all.filter((each) => !each.isRepeat)).toHaveLength(1)
    expect(events()).toHaveLength(1)
  })

  it('with other bytes makes no event, and is kept for the operator', async () => {
    const first = await accepted(arrive(signed('{"type":"a.b","n":1}', 'msg_1')))
    const again = await accepted(arrive(signed('{"type":"a.b","n":2}', 'msg_1')))
    expect(again).toEqual({ ...first, isRepeat: true, bodyDiffers: true })
    expect(events()).toHaveLength(1)
    const repeat = requests().find((each) => each.id !== first.requestId)
    expect(repeat).toMatchObject({ verdict: 'duplicate', cause: 'BODY_DIFFERS', repeat_of: first.requestId })
    expect(lines.at(-1)?.facts).toMatchObject({ repeatOf: first.requestId, bodyDiffers: true })
  })

  it('of another source is another event', async () => {
    await arrive(signed('{"type":"a.b"}', 'msg_1'))
    await arrive(signed('{"type":"a.b"}', 'msg_1'), { ...source, id: 'src_2' })
    expect(events().map((each) => each.source_id)).toEqual(['src_1', 'src_2'])
  })
})

describe('a request that cannot be proven', () => {
  it('is refused; it is kept with its body, and the operator learns why', async () => {
    const incoming = signed('{"type":"a.b","data":"s3cret"}', 'msg_1', { 'webhook-signature': 'v1,AAAA' })
    expect(await arrive(incoming)).toEqual({ kind: 'refused' })
    expect(events()).toEqual([])
    expect(requests()).toEqual([
      expect.objectContaining({
        verdict: 'quarantined',
        body_bytes: 30,
        cause: expect.stringMatching(/SIGNATURE/),
      }),
    ])
    expect(lines).toEqual([
      {
        level: 'warn',
        event: 'refused',
        facts: expect.objectContaining({ source: 'src_1', sender: '203.0.113.9', bytes: 30 }),
      },
    ])
    expect(Buffer.from(requests()[0]?.body as Uint8Array).equals(incoming.body)).toBe(true)
    expect(JSON.stringify(lines)).not.toContain('s3cret')
    expect((await counted('trunkline_requests_total'))[0]).toContain('verdict="quarantined"')
  })

  it('does not keep its id from the genuine one', async () => {
    await arrive(signed('{"type":"a.b"}', 'msg_1', { 'webhook-signature': 'v1,AAAA' }))
    expect((await accepted(arrive(signed('{"type":"a.b"}', 'msg_1')))).isRepeat).toBe(false)
  })

  it('is refused also when its record cannot be kept', async () => {
    const incoming = signed('{}', 'msg_1', { 'webhook-signature': 'v1,AAAA' })
    const gone = () => Promise.reject(new StoreUnavailable('gone'))
    expect(await arrive(incoming, source, gone)).toEqual({ kind: 'refused' })
    expect(lines.map((each) => each.event)).toEqual(['refused', 'refused.unrecorded'])
  })

  it('leaves no more of one network than there is room for', async () => {
    const refused = (_: unknown, i: number) => arrive(signed('{}', `msg_${i}`, { 'webhook-signature': 'v1,AAAA' }))
    await Promise.all(Array.from({ length: 1005 }, refused))
    expect(requests()).toHaveLength(usualBounds.network.requests)
  })

  it('has what its record masks sealed beside it, and nothing where nothing is masked', async () => {
    const forged = { 'webhook-signature': 'v1,AAAA', Authorization: 'Bearer t0ken', Cookie: 'a=c00kie' }
    await arrive(signed('{}', 'msg_1', forged))
    await arrive({ ...signed('{}', 'msg_2', { 'webhook-signature': 'v1,AAAA' }), url: '/in/abcdefgh?n=1' })
    const kept = storage.sql('SELECT * FROM quarantined')
    const masked = kept.find(({ sealed_parts }) => sealed_parts !== null)
    expect([kept.length, kept.filter(({ sealed_parts }) => sealed_parts === null).length]).toEqual([2, 1])
    const place = {
      workspace: defaultWorkspaceId,
      table: 'quarantined',
      row: String(masked?.request_id),
      column: 'sealed_parts',
    }
    const parts = JSON.parse(seal.open(String(masked?.sealed_parts), place))
    expect(parts).toEqual({ query: '?token=s3cret', headers: [[expect.any(Number), 'Bearer t0ken']] })
    expect(JSON.stringify(requests())).not.toMatch(/t0ken|c00kie|s3cret/)
  })
})

describe('a genuine request that cannot be read', () => {
  it.each(['not json', '', '{"a":', Buffer.from([0x22, 0xff, 0x22]).toString('latin1')])(
    '(%j) is kept and answered as received',
    async (body) => {
      const receipt = await accepted(arrive(signed(Buffer.from(body, 'latin1'), 'msg_1')))
      expect(receipt.eventIds).toEqual([])
      expect(requests()).toEqual([
        expect.objectContaining({
          verdict: 'verified',
          cause: 'UNPARSABLE',
          detail: expect.stringMatching(/^the body is /),
        }),
      ])
      expect(Buffer.from(requests()[0]?.body as Uint8Array).toString('latin1')).toBe(body)
      expect(lines.at(-1)?.facts).toMatchObject({ cause: 'UNPARSABLE', events: 0 })
    },
  )

  it('because of a fault of ours is kept too, and the fault is told', async () => {
    const broken = defineSource({ ...standardWebhooks, parse: () => JSON.parse('{') })
    const receipt = await accepted(arrive(signed('{"type":"a.b"}', 'msg_1'), sourceOf(broken as SourceDefinition)))
    expect(receipt.eventIds).toEqual([])
    expect(requests()).toEqual([expect.objectContaining({ verdict: 'verified', cause: 'UNPARSABLE' })])
    expect(lines[0]).toMatchObject({ level: 'error', event: 'parser.failed', facts: { kind: 'standard-webhooks' } })
  })
})

describe('a kind of source', () => {
  it('may make several events of one request, each with its own id', async () => {
    const several = defineSource({
      kind: 'several',
      title: 'Several',
      limits: { bodyBytes: 1000 },
      config: z.strictObject({}),
      checkSecret: () => undefined,
      verify: () => ({ kind: 'unsigned' }),
      parse({ json }) {
        const { value } = json()
        if (!Array.isArray(value)) throw new Unparsable('the body is no list')
        return value.map((n) => ({ dedupeKey: `n${n}`, type: 'several.one', subject: null, data: String(n) }))
      },
    })
    const to = sourceOf(several)
    const incoming = (body: string): Incoming => ({
      method: 'POST',
      url: '/in/x',
      address: 'https://hooks.example/in/x',
      isAddressed: true,
      headers: new Headers([]),
      body: Buffer.from(body),
    })
    const first = await accepted(arrive(incoming('[1,2,3]'), to))
    expect(first.eventIds).toHaveLength(3)
    const overlapping = await accepted(arrive(incoming('[3,4]'), to))
    expect(overlapping.isRepeat).toBe(false)
    expect(overlapping.eventIds[0]).toBe(first.eventIds[2])
    expect(events().map((each) => each.data)).toEqual(['1', '2', '3', '4'])
    expect(requests().map((each) => each.verdict)).toEqual(['unsigned', 'unsigned'])
    expect((await accepted(arrive(incoming('"x"'), to))).eventIds).toEqual([])
    expect(await accepted(arrive(incoming('[]'), to))).toMatchObject({ eventIds: [], isRepeat: false })
  })

  it('may say that nothing repeats an event: every time it comes it is another one', async () => {
    const chatty = defineSource({
      ...standardWebhooks,
      parse: ({ json }) => [{ dedupeKey: null, type: 'chatty.said', subject: null, data: json().text }],
    })
    const to = sourceOf(chatty as SourceDefinition)
    const receipts = await Promise.all(
      Array.from({ length: 3 }, () => accepted(arrive(signed('{"message":"Thinking…"}', 'msg_1'), to))),
    )
    expect(receipts.map(({ isRepeat }) => isRepeat)).toEqual([false, false, false])
    expect(events().map((each) => each.id)).toEqual(receipts.flatMap(({ eventIds }) => eventIds))
    expect(storage.sql('SELECT * FROM dedupe_keys')).toEqual([])
  })
})

it('a database that is gone is told to the sender, who sends it again', async () => {
  const gone = () => Promise.reject(new StoreUnavailable('gone'))
  await expect(arrive(signed('{"type":"a.b"}', 'msg_1'), source, gone)).rejects.toBeInstanceOf(StoreUnavailable)
  expect((await accepted(arrive(signed('{"type":"a.b"}', 'msg_1')))).isRepeat).toBe(false)
})

describe('an event that nothing tells from another', () => {
  const generic = sourceOf(genericSource as SourceDefinition, { secrets: [] })
  const post = (headers: Record<string, string> = {}): Incoming => ({
    ...signed('{"pears":12}', 'msg_1'),
    headers: new Headers(Object.entries(headers)),
  })

  it('is stored each time it comes, as a request that nothing proves', async () => {
    for (let i = 0; i < 2; i++) expect((await accepted(arrive(post(), generic))).isRepeat).toBe(false)
    expect(events().map(({ type, data }) => [type, String(data)])).toEqual([
      ['generic.event', '{"pears":12}'],
      ['generic.event', '{"pears":12}'],
    ])
    expect(requests().map(({ verdict }) => verdict)).toEqual(['unsigned', 'unsigned'])
  })

  it('is one event when it has an id after all', async () => {
    const first = await accepted(arrive(post({ 'idempotency-key': 'a' }), generic))
    const again = await accepted(arrive(post({ 'idempotency-key': 'a' }), generic))
    expect(again).toMatchObject({ isRepeat: true, eventIds: first.eventIds })
    expect(events()).toHaveLength(1)
  })

  it('is not taken at an address that everybody knows', async () => {
    expect(await arrive({ ...post(), isAddressed: false }, generic)).toEqual({ kind: 'refused' })
    expect(events()).toEqual([])
  })
})

describe('a route', () => {
  const routed = (routes: readonly (string | undefined)[]) =>
    sourceOf(
      {
        ...(standardWebhooks as SourceDefinition),
        parse: () =>
          routes.map((route, i) => ({
            dedupeKey: `${routes.join()} ${i}`,
            type: 'a.b',
            subject: null,
            data: `${i}`,
            ...(route === undefined ? {} : { route }),
          })),
      },
      {
        customer: 'own',
        routes: new Map([
          ['pn_1', { workspaceId: 'ws_other', customer: 'acme' }],
          ['pn_2', { workspaceId: defaultWorkspaceId, customer: null }],
        ]),
      },
    )
  const destinations = () => events().map((event) => [event.workspace_id, event.customer])
  const cause = () => requests()[0]?.cause

  it('says whose its event is, and the request stays the source’s', async () => {
    await accepted(arrive(signed('{}', 'msg_1'), routed(['pn_1'])))
    expect([destinations(), cause()]).toEqual([[['ws_other', 'acme']], null])
    expect(requests()[0]?.workspace_id).toBe(defaultWorkspaceId)
  })

  it('of several in one request leaves a word in its record that the body is nobody’s alone', async () => {
    await accepted(arrive(signed('{}', 'msg_1'), routed(['pn_1', 'pn_2', undefined])))
    expect([destinations(), cause()]).toEqual([
      [
        ['ws_other', 'acme'],
        [defaultWorkspaceId, null],
        [defaultWorkspaceId, 'own'],
      ],
      'SHARED',
    ])
  })

  it('that is unknown is told with its source, once it is stored and unless it is nothing to show', async () => {
    unknown.splice(0)
    await accepted(arrive(signed('{}', 'msg_1'), routed(['pn_9', 'pn_1', '', 'x'.repeat(201)])))
    expect(unknown).toEqual([['src_1', 'pn_9']])
    await accepted(arrive(signed('{}', 'msg_1'), routed(['pn_9', 'pn_1', '', 'x'.repeat(201)])))
    expect(unknown).toHaveLength(1)
    expect(destinations()[0]).toEqual([defaultWorkspaceId, 'own'])
  })
})
