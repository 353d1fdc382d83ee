import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import type { NewRequest } from '../../events/request.ts'
import { makeRequest, type RequestShape } from '../../storage/exercise/rows.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'
import { fanOut } from '../exercise-calls.ts'

let api: TestApi
let caller: Caller
let sourceId: string
beforeAll(async () => {
  api = await openTestApi()
})
// Each test has a workspace of its own.
beforeEach(async () => {
  caller = api.caller(newId('workspace', api.clock.now()))
  sourceId = (await caller.post('/sources', { kind: 'github', name: 'Repositories', secret: 'It is a secret' })).json.id
})
afterAll(() => api[Symbol.asyncDispose]())

/** Stores a request as it is after proof and parsing; answers its id. */
async function keep(shape: Partial<RequestShape> = {}, over: Partial<NewRequest> = {}): Promise<string> {
  const at = api.clock.now()
  const request = { ...makeRequest({ workspaceId: caller.workspaceId, sourceId, at, data: '1', ...shape }), ...over }
  await api.storage.commit(appendRequest, request)
  return request.id
}

describe('the list of requests', () => {
  it('shows what came in, newest first, page by page', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) {
      api.clock.advance(1000)
      ids.unshift(await keep())
    }
    const { status, json } = await caller.get('/requests?limit=2')
    expect(status).toBe(200)
    expect(json.data[0]).toEqual({
      id: ids[0],
      sourceId,
      receivedAt: new Date(api.clock.now()).toISOString(),
      method: 'POST',
      url: '/in/key',
      senderAddress: '203.0.113.7',
      verdict: 'verified',
      cause: null,
      contentType: 'application/json',
      bodyBytes: 7,
      isBodyKept: true,
      eventCount: 1,
      repeatOf: null,
    })
    expect(json).toMatchObject({ hasMore: true, lookedBackTo: new Date(api.clock.now() - 1000).toISOString() })
    const next = (await caller.get(`/requests?limit=2&cursor=${json.nextCursor}`)).json
    expect([...json.data, ...next.data].map(({ id }) => id)).toEqual(ids)
    expect(next).toMatchObject({ nextCursor: null, hasMore: false, lookedBackTo: null })
  })

  it('is narrowed by source, verdict, cause, sender, time and text', async () => {
    const begin = api.clock.now()
    const first = await keep({ body: '{"name":"pear"}' })
    api.clock.advance(60_000)
    const second = await keep({ verdict: 'unsigned', keys: [] }, { senderAddress: '198.51.100.9', cause: 'UNPARSABLE' })
    const found = async (query: string) =>
      (await caller.get(`/requests?${query}`)).json.data.map((each: { id: string }) => each.id)
    expect(await found(`source=${sourceId}`)).toEqual([second, first])
    expect(await found(`source=${newId('source', 0)}`)).toEqual([])
    expect(await found('verdict=verified')).toEqual([first])
    expect(await found('verdict=verified&verdict=unsigned')).toEqual([second, first])
    expect(await found('cause=UNPARSABLE')).toEqual([second])
    expect(await found('sender=198.51.100.9')).toEqual([second])
    expect(await found(`from=${begin + 1}`)).toEqual([second])
    expect(await found(`to=${new Date(begin + 1).toISOString()}`)).toEqual([first])
    expect(await found('text=pear')).toEqual([first])
    expect(await found(`text=${encodeURIComponent('"pear"}')}&verdict=unsigned`)).toEqual([])
  })

  it.each(['verdict=refused', 'text=', 'from=yesterday', 'limit=0', 'colour=red', `text=${'x'.repeat(201)}`])(
    'cannot be asked for %s',
    async (query) => {
      const answer = await caller.get(`/requests?${query}`)
      expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_INPUT'])
    },
  )

  it.each([
    ['verdict=refused', 'expected one of "verified"'],
    ['cause=stale', 'expected one of "MISSING_SIGNATURE"'],
    ['from=yesterday', 'must be ISO 8601 with a zone'],
  ])('says what may stand in place of %s', async (query, words) => {
    expect((await caller.get(`/requests?${query}`)).json.detail).toContain(words)
  })

  it('has cursors that belong to their filters', async () => {
    for (let i = 0; i < 2; i++) await keep()
    const { nextCursor } = (await caller.get('/requests?limit=1&verdict=verified')).json
    expect((await caller.get(`/requests?limit=1&cursor=${nextCursor}`)).json.code).toBe('INVALID_CURSOR')
    expect((await caller.get(`/requests?limit=1&verdict=verified&cursor=${nextCursor}`)).status).toBe(200)
  })
})

describe('a request', () => {
  it('tells of its events, where they went, and how far it came when', async () => {
    const endpoint = (await caller.post('/endpoints', { url: 'https://example.com/hooks', eventTypes: ['test.*'] }))
      .json.id
    const id = await keep({ keys: ['a', 'b'] })
    const receivedAt = new Date(api.clock.now()).toISOString()
    const before = (await caller.get(`/requests/${id}`)).json
    expect(before.events).toHaveLength(2)
    expect(before.events[0]).toMatchObject({ type: 'test.made', isFannedOut: false })
    expect(before.stages).toEqual([
      { stage: 'received', at: receivedAt, afterMs: 0 },
      { stage: 'read', at: expect.any(String), afterMs: 1.5 },
      { stage: 'proven', at: expect.any(String), afterMs: 1.75 },
      { stage: 'parsed', at: expect.any(String), afterMs: 1.875 },
    ])
    api.clock.advance(40)
    await fanOut(api)
    const after = (await caller.get(`/requests/${id}`)).json
    const none = { pending: 0, waiting: 0, success: 0, failed: 0 }
    expect(after.events).toEqual(
      before.events.map((event: object) => ({ ...event, isFannedOut: true, deliveries: { ...none, pending: 1 } })),
    )
    expect(after.stages.at(-1)).toEqual({
      stage: 'fannedOut',
      at: new Date(api.clock.now()).toISOString(),
      afterMs: 40,
    })
    const listed = (await caller.get(`/deliveries?endpoint=${endpoint}`)).json.data
    expect(listed.map((each: { eventId: string }) => each.eventId).sort()).toEqual(
      after.events.map((event: { id: string }) => event.id).sort(),
    )
    // An event leads back to its request.
    expect((await caller.get(`/events/${after.events[0].id}`)).json.requestId).toBe(id)
  })

  it('tells how often it came again and when', async () => {
    const id = await keep({ keys: ['k'] })
    expect((await caller.get(`/requests/${id}`)).json.repeats).toMatchObject({ count: 0, times: [] })
    const times: string[] = []
    for (let i = 0; i < 12; i++) {
      api.clock.advance(1000)
      times.unshift(new Date(api.clock.now()).toISOString())
      await keep({ keys: ['k'] })
    }
    expect((await caller.get(`/requests/${id}`)).json.repeats).toEqual({
      count: 12,
      firstAt: times.at(-1),
      lastAt: times[0],
      times: times.slice(0, 10),
    })
    expect((await caller.get('/requests')).json.data).toHaveLength(1)
    const differs = await keep({ keys: ['k'], body: '{"n":2}', data: '{"n":2}' })
    const other = (await caller.get(`/requests/${differs}`)).json
    expect(other).toMatchObject({
      verdict: 'duplicate',
      cause: 'BODY_DIFFERS',
      repeatOf: id,
      repeats: null,
      events: [],
    })
    expect(other.body).toEqual({ kind: 'json', text: '{"n":2}', isTruncated: false })
  })

  const longLine = `{"text":"${'x'.repeat(1024 * 1024)}"}`
  const cut = `${'x'.repeat(64 * 1024 - 1)}é and more`
  it.each<[string, string | Buffer, string, object]>([
    [
      'JSON to the letter',
      '{"n":9007199254740993,"n":1.0}\n',
      'application/json',
      { kind: 'json', text: '{"n":9007199254740993,"n":1.0}\n', isTruncated: false },
    ],
    [
      'a megabyte on one line',
      longLine,
      'application/json',
      { kind: 'json', text: longLine.slice(0, 65_536), isTruncated: true },
    ],
    ['no half of a character', cut, 'text/plain', { kind: 'text', text: cut.slice(0, 65_535), isTruncated: true }],
    [
      'control characters',
      '\u001b[2J\u0007',
      'text/plain',
      { kind: 'text', text: '\u001b[2J\u0007', isTruncated: false },
    ],
    [
      'HTML',
      '<script>alert(1)</script>',
      'text/html',
      { kind: 'text', text: '<script>alert(1)</script>', isTruncated: false },
    ],
    [
      'a form',
      'a=1&b=%20',
      'application/x-www-form-urlencoded',
      { kind: 'form', text: 'a=1&b=%20', isTruncated: false },
    ],
    [
      'what is not UTF-8',
      Buffer.from([0x7b, 0xff, 0x7d]),
      'application/json',
      { kind: 'binary', base64: 'e/99', isTruncated: false },
    ],
    ['a NUL', 'a\0b', 'text/plain', { kind: 'binary', base64: 'YQBi', isTruncated: false }],
    [
      'what is compressed',
      gzipSync('{}'),
      'application/json',
      { kind: 'binary', base64: gzipSync('{}').toString('base64'), isTruncated: false },
    ],
    ['nothing', '', 'application/json', { kind: 'text', text: '', isTruncated: false }],
  ])('shows %s, and gives the very bytes', async (_, body, type, shown) => {
    const id = await keep({ body: Buffer.from(body), headers: [['Content-Type', type]] })
    const { status, json } = await caller.get(`/requests/${id}`)
    expect(status).toBe(200)
    expect(json.body).toEqual(shown)
    expect(json.bodyBytes).toBe(Buffer.byteLength(body))
    const answer = await api.app.inject({
      url: `/api/v1/requests/${id}/body`,
      headers: { authorization: `Bearer ${caller.key}` },
    })
    expect(answer.rawPayload.equals(Buffer.from(body))).toBe(true)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    })
    expect((await caller.get('/requests')).json.data[0]).toMatchObject({ id, contentType: type })
  })

  it('without a body that was kept says so, and cannot be downloaded or sent again', async () => {
    const id = await keep({ keys: [] }, { body: null, bodyBytes: 6, verdict: 'quarantined', cause: 'STALE' })
    const { json } = await caller.get(`/requests/${id}`)
    expect(json).toMatchObject({ body: null, isBodyKept: false, bodyBytes: 6, repeats: null })
    for (const what of ['body', 'curl']) {
      const answer = await caller.get(`/requests/${id}/${what}`)
      expect([answer.status, answer.json.code]).toEqual([404, 'NOT_FOUND'])
      expect(answer.json.detail).toMatch(/^the body of request "req_.*" was not kept/)
    }
  })

  it('is noted for what is odd about it, whatever its verdict', async () => {
    const id = await keep({
      headers: [
        ['Content-Type', 'text/xml'],
        ['User-Agent', 'curl/8'],
        ['X-A', '1'],
        ['x-a', '2'],
      ],
    })
    const { verdict, notes } = (await caller.get(`/requests/${id}`)).json
    expect(verdict).toBe('verified')
    expect(notes.map(({ code }: { code: string }) => code)).toEqual([
      'UNUSUAL_CONTENT_TYPE',
      'UNUSUAL_SENDER',
      'DOUBLED_HEADER',
    ])
  })

  it('is still shown when its source is gone', async () => {
    const id = await keep()
    await caller.delete(`/sources/${sourceId}`)
    expect((await caller.get(`/requests/${id}`)).json).toMatchObject({ id, sourceId, notes: [] })
    expect((await caller.get(`/requests/${id}/curl`)).text).toContain('SOURCE_URL:?')
  })
})

describe('a request as a curl command', () => {
  it('goes to the URL of its source, for those who may read sources', async () => {
    const id = await keep({ body: '{"n":1}' }, { url: '/in/abcd***?x=1' })
    const { url } = (await caller.get(`/sources/${sourceId}`)).json
    const answer = await caller.get(`/requests/${id}/curl`)
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.text).toContain(`curl -sS -g '${url}''?x=1' \\\n`)
    expect(answer.text).toContain(`--data-raw '{"n":1}'\n`)
    const other = api.caller(caller.workspaceId, ['events.read'])
    const { text } = await other.get(`/requests/${id}/curl`)
    expect(text).not.toContain(url)
    expect(text).toContain('SOURCE_URL:?')
  })

  it('goes to the path that it came to, where several sources share one', async () => {
    const id = await keep({}, { url: '/webhook?t=***' })
    expect((await caller.get(`/requests/${id}/curl`)).text).toContain(`'https://hooks.example.com/webhook''?t='"`)
  })

  it('does not hold megabytes', async () => {
    const id = await keep({ body: Buffer.alloc(1024 * 1024 + 1, 'x') })
    const { text } = await caller.get(`/requests/${id}/curl`)
    expect(text).toContain(`/api/v1/requests/${id}/body`)
    expect(text.length).toBeLessThan(1000)
  })
})
