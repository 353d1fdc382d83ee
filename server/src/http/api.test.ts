import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Answer, type Caller, openTestApi, type TestApi } from '../api/exercise-api.ts'
import { operation } from '../api/operation.ts'
import { operations } from '../api/operations.ts'
import { Problem, StoreUnavailable } from '../base/errors.ts'
import { pour } from './exercise-connection.ts'
import { createHttpServer, listen } from './serve.ts'

/** An operation that fails as its input says. */
const failing = operation({
  name: 'failOnce',
  method: 'POST',
  path: '/failures',
  scope: 'events.write',
  summary: 'Fail',
  body: z.strictObject({ how: z.string(), list: z.array(z.object({ 'a/b': z.number() })).optional() }),
  output: z.object({ how: z.string() }),
  async run(_, { body }) {
    if (body.how === 'problem') throw new Problem('CONFLICT', 'it is taken', { retryAfterSeconds: 7 })
    if (body.how === 'gone') throw new StoreUnavailable('SQLITE_FULL: /secret/path')
    if (body.how === 'bug') throw new TypeError('hunter2')
    return { how: body.how }
  },
})

let api: TestApi
let caller: Caller
beforeAll(async () => {
  api = await openTestApi({ operations: [...operations, failing] })
  caller = api.caller()
})
afterAll(() => api[Symbol.asyncDispose]())

/** An error has one shape, whoever found it. */
function expectProblem({ status, headers, json }: Answer, code: string, expected: number): void {
  expect([status, json.code]).toEqual([expected, code])
  expect(headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(headers['x-request-id']).toBe(json.requestId)
  expect(json).toMatchObject({
    type: `urn:trunkline:error:${code}`,
    status,
    title: expect.any(String),
    requestId: expect.stringMatching(/^req_/),
  })
}

const raw = (body: string | Buffer, headers: Record<string, string>, path = '/api/v1/failures') =>
  api.call('POST', path, caller.key, body, headers)

describe('a failure', () => {
  it('that its operation foresaw is told as it is', async () => {
    const answer = await caller.post('/failures', { how: 'problem' })
    expectProblem(answer, 'CONFLICT', 409)
    expect(answer.json.detail).toBe('it is taken')
    expect(answer.headers['retry-after']).toBe('7')
  })

  it('of the database is said to pass', async () => {
    const answer = await caller.post('/failures', { how: 'gone' })
    expectProblem(answer, 'STORE_UNAVAILABLE', 503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.text).not.toContain('/secret/path')
  })

  it('that nobody foresaw says nothing of itself, and is in the log with the id of the request', async () => {
    const answer = await caller.post('/failures', { how: 'bug' })
    expectProblem(answer, 'INTERNAL', 500)
    expect(answer.text).not.toContain('hunter2')
    expect(api.lines).toContainEqual({
      event: 'api.failed',
      facts: {
        request: answer.json.requestId,
        method: 'POST',
        route: '/api/v1/failures',
        error: new TypeError('hunter2'),
      },
    })
  })

  it('of the database while the key is looked up is said to pass too', async () => {
    const broken = await openTestApi({})
    const key = broken.caller().key
    const { byHash } = broken.storage.reads.credentials
    broken.storage.reads.credentials.byHash = () => Promise.reject(new StoreUnavailable('gone'))
    expectProblem(await broken.call('GET', '/api/v1/events', key), 'STORE_UNAVAILABLE', 503)
    broken.storage.reads.credentials.byHash = byHash
    expect((await broken.call('GET', '/api/v1/events', key)).status).toBe(200)
    await broken[Symbol.asyncDispose]()
  })
})

describe('input', () => {
  it('that does not fit is told with the place of each fault, as a JSON pointer', async () => {
    const answer = await caller.post('/failures', { list: [{ 'a/b': 1 }, { 'a/b': 'x' }] })
    expectProblem(answer, 'INVALID_INPUT', 400)
    expect(answer.json.errors).toEqual([
      { at: '/how', message: expect.any(String) },
      { at: '/list/1/a~1b', message: expect.any(String) },
    ])
    expect(answer.json.detail).toContain('/how: ')
  })

  it('with a thousand faults is told in a bounded answer', async () => {
    const answer = await caller.post('/failures', { how: 'x', list: Array.from({ length: 1000 }, () => 5) })
    expectProblem(answer, 'INVALID_INPUT', 400)
    expect(answer.json.detail.length).toBeLessThanOrEqual(1000)
  })

  it('may be left out where nothing is required', async () => {
    const { id } = (await caller.post('/endpoints', { url: 'https://example.com/' })).json
    expect((await api.call('PATCH', `/api/v1/endpoints/${id}`, caller.key)).status).toBe(200)
    expectProblem(await api.call('POST', '/api/v1/failures', caller.key), 'INVALID_INPUT', 400)
  })

  it('takes nothing from a prototype', async () => {
    const answer = await raw('{"__proto__":{"how":"x"}}', {})
    expectProblem(answer, 'INVALID_INPUT', 400)
  })
})

describe('a body', () => {
  it.each([
    '{',
    '{"how":"x"',
    'how=x',
    '{"how":"x"}}',
    "{'how':'x'}",
    '\u{FEFF}{"how":"x"}',
    '{"how":NaN}',
    '{"how":"x",}',
  ])('that is not JSON is refused: %s', async (body) => {
    expectProblem(await raw(body, {}), 'INVALID_JSON', 400)
  })

  it('that is not UTF-8 is refused, not read with holes in it', async () => {
    const bytes = Buffer.concat([Buffer.from('{"how":"'), Buffer.from([0xff]), Buffer.from('"}')])
    expectProblem(await raw(bytes, {}), 'INVALID_JSON', 400)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'x',
  ])('of another type is refused: %s', async (type) => {
    expectProblem(await raw('{"how":"x"}', { 'content-type': type }), 'INVALID_JSON', 400)
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    'may be of the type %s',
    async (type) => {
      expect((await raw('{"how":"x"}', { 'content-type': type })).json).toEqual({ how: 'x' })
    },
  )

  it('larger than a megabyte is refused', async () => {
    expectProblem(await raw(JSON.stringify({ how: 'x'.repeat(1024 * 1024) }), {}), 'TOO_LARGE', 413)
    expect((await raw(JSON.stringify({ how: 'x'.repeat(1024 * 1024 - 20) }), {})).status).toBe(200)
  })

  it('larger than a megabyte is refused over a real connection too, and the caller gets to read that', async () => {
    const server = createHttpServer([api.route])
    const port = await listen(server, 0, '127.0.0.1')
    const head = `POST /api/v1/failures HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${caller.key}\r\n`
    const said = await pour(port, `${head}content-type: application/json\r\ncontent-length: 4194304\r\n\r\n`, 4)
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(said).toContain('"code":"TOO_LARGE"')
    await new Promise((resolve) => server.close(resolve))
  })

  it('deeper than anybody writes is read, or refused, without a fault', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expectProblem(await raw(`{"how":"x","list":${deep}}`, {}), 'INVALID_INPUT', 400)
    expectProblem(await raw(`{"how":${deep}}`, {}), 'INVALID_INPUT', 400)
  })
})

describe('a path', () => {
  it.each([
    '/api/v1',
    '/api/v1/',
    '/api/v1/nothing',
    '/api/v1/events/a/b/c',
    '/api/v2/events',
    '/',
    '/api/v1/%ff',
    '/api/v1//events',
    '/openapi.yaml',
    `/api/v1/events/${'x'.repeat(300)}`,
  ])('where nothing is (%s) is not found', async (path) => {
    expectProblem(await api.call('GET', path, caller.key), 'NOT_FOUND', 404)
  })

  it('of another method tells which it takes', async () => {
    const answer = await api.call('PUT', '/api/v1/events', caller.key)
    expectProblem(answer, 'METHOD_NOT_ALLOWED', 405)
    expect(answer.headers.allow).toBe('POST, GET')
    const one = await api.call('POST', '/api/v1/endpoints/ep_1', caller.key, {})
    expectProblem(one, 'METHOD_NOT_ALLOWED', 405)
    expect(one.headers.allow).toBe('GET, PATCH, DELETE')
  })

  it('may end in a slash', async () => {
    expect((await caller.get('/events/')).status).toBe(200)
  })

  it('is not found by strangers either, who learn nothing more', async () => {
    expectProblem(await api.call('GET', '/api/v1/nothing', undefined), 'NOT_FOUND', 404)
  })
})

describe('an answer', () => {
  it('has an id of its own, which the caller cannot choose', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.call('GET', '/api/v1/events', caller.key, undefined, { 'x-request-id': 'mine', 'request-id': 'mine' }),
      ),
    )
    expect(new Set(answers.map((each) => each.headers['x-request-id'])).size).toBe(20)
    for (const each of answers) expect(each.headers['x-request-id']).toMatch(/^req_/)
  })

  it('to HEAD is that to GET without its body', async () => {
    const answer = await api.call('HEAD', '/api/v1/events', caller.key)
    expect([answer.status, answer.text]).toEqual([200, ''])
  })
})
