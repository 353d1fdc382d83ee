import { once } from 'node:events'
import { connect } from 'node:net'
import { standardWebhooks as sender, slack } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { usualBounds } from '../base/quarantine-bounds.ts'
import type { RateLimit } from '../base/rate-limit.ts'
import { createSeal } from '../base/seal.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { createSourceDirectory } from '../inbound/open-source.ts'
import { examineHere } from '../inbound/parse.ts'
import { createQuarantine } from '../inbound/quarantine/quarantine.ts'
import { secretsPlace } from '../inbound/secrets.ts'
import type { SourceDefinition } from '../inbound/source.ts'
import type { Source } from '../inbound/source-store.ts'
import { sourceDefinitions } from '../inbound/sources/index.ts'
import { clientAddress } from './client-address.ts'
import { pour } from './exercise-connection.ts'
import { createIngest } from './ingest.ts'
import { createMetrics } from './metrics.ts'
import { watchPace } from './pace.ts'
import { createBudget } from './read-body.ts'
import { createHttpServer, listen } from './serve.ts'
import { limitSources } from './source-limits.ts'

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
const key = 'k'.repeat(32)
const seal = createSeal(Buffer.alloc(32, 7))
const source: Source = {
  id: 'src_1',
  workspaceId: defaultWorkspaceId,
  customer: null,
  kind: 'standard-webhooks',
  name: 'test',
  key,
  sealedSecrets: seal.seal(JSON.stringify([secret]), secretsPlace({ workspaceId: defaultWorkspaceId, id: 'src_1' })),
  config: '{}',
  isEnabled: true,
  origin: 'api',
  fixedPath: null,
  holding: 'none',
  routesVersion: 0,
  rateLimit: null,
  createdAt: 0,
  updatedAt: 0,
}

interface Staging {
  commit?: (commit: Commit) => Commit
  byKey?: () => Promise<Source | undefined>
  definition?: Partial<SourceDefinition>
  budgetBytes?: number
  /** How far the clock that the processes share is ahead of this machine's. */
  aheadMs?: number
  /** For sources without a limit of their own. */
  byDefault?: RateLimit
  /** How many processes take requests. */
  processes?: number
}

/** The way in over real HTTP, with real storage behind it. */
async function open({ commit, byKey, definition, budgetBytes, aheadMs = 0, byDefault, processes = 1 }: Staging = {}) {
  const storage = openTestStorage()
  const { meter, show } = createMetrics()
  const lines: { event: string; facts: Record<string, unknown> }[] = []
  const keep = (event: string, facts: object = {}) => void lines.push({ event, facts: { ...facts } })
  const journal = {
    debug: (event: string, facts?: () => object) => keep(event, facts?.()),
    info: keep,
    warn: keep,
    error: keep,
  }
  const standard = sourceDefinitions.get('standard-webhooks')
  if (!standard) throw new Error('there is no such kind')
  const committing = commit?.(storage.commit) ?? storage.commit
  const ingest = createIngest({
    quarantine: createQuarantine({ commit: committing, seal, journal, meter, bounds: usualBounds }),
    examine: examineHere,
    publicUrl: () => 'https://hooks.example',
    variablesOf: () => ['STANDARD_SECRET'],
    unknownRoutes: { note() {} },
    commit: committing,
    clock: { now: () => systemClock.now() + aheadMs, elapsed: systemClock.elapsed },
    wall: systemClock,
    journal,
    meter,
    dedupeSecret: Buffer.alloc(32, 9),
    sources: createSourceDirectory({
      clock: systemClock,
      journal,
      seal,
      definitions: new Map([[standard.kind, { ...standard, ...definition }]]),
      reads: {
        ...storage.reads.sources,
        byKey: byKey ?? (async (each) => (each === key ? source : undefined)),
      },
    }),
    clientAddress: clientAddress([]),
    budget: createBudget(meter, budgetBytes),
    pace: watchPace({ slowest: 1024, clock: systemClock }),
    limits: limitSources({ byDefault, processes: () => processes, clock: systemClock, journal, meter }),
  })
  const server = createHttpServer([ingest])
  const port = await listen(server, 0, '127.0.0.1')
  const url = `http://127.0.0.1:${port}`
  return {
    storage,
    lines,
    port,
    url,
    show,
    send: (body: string | Buffer, headers: Record<string, string> = {}, path = `/in/${key}`) =>
      fetch(url + path, { method: 'POST', body, headers: { ...signed(body), ...headers } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await storage.close()
    },
  }
}

let sent = 0
function signed(body: string | Buffer): Record<string, string> {
  return sender.sign({ body: Buffer.from(body), secret, nowMs: Date.now(), id: `msg_${sent++}`, event: '' })
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const body = (await answer.json()) as Record<string, unknown>
  expect(body).toMatchObject({
    status: answer.status,
    type: `urn:trunkline:error:${body.code}`,
    requestId: expect.stringMatching(/^req_/),
  })
  return body
}

describe('a genuine request', () => {
  it('is answered with the ids of what was stored, after it was stored', async () => {
    await using stage = await open()
    const answer = await stage.send('{"type":"a.b"}')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    const { requestId, eventIds } = (await answer.json()) as { requestId: string; eventIds: string[] }
    expect(stage.storage.sql('SELECT id, request_id FROM events')).toEqual([{ id: eventIds[0], request_id: requestId }])
    expect(stage.storage.sql('SELECT sender_address, method FROM requests')).toEqual([
      { sender_address: '127.0.0.1', method: 'POST' },
    ])
  })

  it('comes through with its bytes and headers as they were sent', async () => {
    await using stage = await open()
    const bytes = Buffer.from([...Buffer.from('{"type":"a.b","x":"'), 0xc3, 0xa9, 0x0d, 0x0a])
    await stage.send(bytes, {
      'X-Twice': 'a',
      'content-type': 'text/odd; charset=latin1',
      'content-encoding': 'identity',
    })
    const [row] = stage.storage.sql('SELECT body, headers FROM requests')
    expect(Buffer.from(row?.body as Uint8Array).equals(bytes)).toBe(true)
    expect(JSON.parse(String(row?.headers))).toContainEqual(['X-Twice', 'a'])
  })

  it('may come in pieces, without a length, and slowly', async () => {
    await using stage = await open()
    const body = '{"type":"a.b"}'
    const headers = Object.entries({ host: 'x', 'transfer-encoding': 'chunked', ...signed(body) })
    const socket = connect(stage.port, '127.0.0.1')
    socket.write(`POST /in/${key} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    for (const character of body) {
      socket.write(`1\r\n${character}\r\n`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.write('0\r\n\r\n')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/)
    socket.destroy()
  })

  it('is answered in its sender’s own way where that is asked for', async () => {
    await using stage = await open({ definition: { answer: () => ({ contentType: 'text/xml', body: '<Response/>' }) } })
    const answer = await stage.send('{}')
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/xml',
      '<Response/>',
    ])
  })

  it('of Slack’s that asks whose the URL is gets its challenge back if it is signed, and else no word of it', async () => {
    await using stage = await open({ definition: { ...sourceDefinitions.get('slack') } })
    const { body } = slack.sample({ event: 'url_verification', id: 'challenge-7' })
    const post = async (headers: Record<string, string>) => {
      const answer = await fetch(`${stage.url}/in/${key}`, { method: 'POST', body: Buffer.from(body), headers })
      return [answer.status, await answer.text()]
    }
    expect(await post(slack.sign({ body, secret, nowMs: Date.now(), id: '' }))).toEqual([200, 'challenge-7'])
    const [status, text] = await post({ 'content-type': 'application/json' })
    expect(status).toBe(401)
    expect(text).not.toContain('challenge-7')
    expect(stage.storage.sql('SELECT count(*) AS n FROM events')).toEqual([{ n: 0 }])
  })

  it('may be answered with nothing: no body, and no length of one', async () => {
    const nothing = { status: 204, contentType: 'application/json', body: '' }
    await using stage = await open({ definition: { answer: () => nothing } })
    const answer = await stage.send('{"a":1}')
    expect([answer.status, await answer.text()]).toEqual([204, ''])
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('content-length')).toBeNull()
    expect(answer.headers.get('transfer-encoding')).toBeNull()
  })

  it('that repeats itself gets the same answer', async () => {
    await using stage = await open()
    const headers = signed('{"type":"a.b"}')
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.send('{"type":"a.b"}', headers)))
    const bodies = new Set(await Promise.all(answers.map((each) => each.text())))
    expect(answers.map((each) => each.status)).toEqual(answers.map(() => 200))
    expect(bodies.size).toBe(1)
  })

  it('is counted by its kind, with the time that it took', async () => {
    await using stage = await open()
    await stage.send('{}')
    expect((await stage.show()).text).toContain('trunkline_accept_seconds_count{kind="standard-webhooks"} 1')
  })
})

it.each([-600_000, 600_000])(
  'a signature is fresh by this machine’s clock, whatever the database shows (%d ms)',
  async (aheadMs) => {
    await using stage = await open({ aheadMs })
    expect((await stage.send('{"type":"a.b"}')).status).toBe(200)
    const [row] = stage.storage.sql('SELECT received_at FROM requests')
    expect(Math.abs(Number(row?.received_at) - Date.now() - aheadMs)).toBeLessThan(60_000)
  },
)

describe('a request that is not genuine', () => {
  it('is told only that it was refused', async () => {
    await using stage = await open()
    const answer = await stage.send('{"type":"a.b"}', { 'webhook-signature': 'v1,AAAA' })
    expect(answer.status).toBe(401)
    expect(await problemOf(answer)).toEqual({
      type: 'urn:trunkline:error:SIGNATURE_REFUSED',
      title: 'The signature was refused',
      status: 401,
      code: 'SIGNATURE_REFUSED',
      detail: 'the request could not be proven genuine',
      requestId: expect.any(String),
    })
    expect(stage.storage.sql('SELECT verdict FROM requests')).toEqual([{ verdict: 'quarantined' }])
  })
})

describe('a path', () => {
  it.each([
    '/in/',
    '/in/short',
    `/in/${'x'.repeat(32)}`,
    `/in/${key}/`,
    `/in/${key}/more`,
    `/in/${key}%20`,
    '/in/..%2f',
    `/in/${'x'.repeat(5000)}`,
  ])('that means no source (%s) is not found', async (path) => {
    await using stage = await open()
    const answer = await stage.send('{}', {}, path)
    expect(answer.status).toBe(404)
    expect((await problemOf(answer)).code).toBe('SOURCE_NOT_FOUND')
    expect(JSON.stringify(stage.lines)).not.toContain(key)
  })

  it('may have a query, which is no part of the key', async () => {
    await using stage = await open()
    expect((await stage.send('{}', {}, `/in/${key}?a=1&token=x`)).status).toBe(200)
    expect(stage.storage.sql('SELECT url FROM requests')).toEqual([{ url: '/in/kkkk***?a=1&token=***' }])
  })

  it('beside it is left to others', async () => {
    await using stage = await open()
    expect((await fetch(`${stage.url}/inside`, { method: 'POST' })).status).toBe(404)
    expect(stage.lines).toEqual([])
  })
})

describe('a method', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('other than POST (%s) is not taken', async (method) => {
    await using stage = await open()
    const answer = await fetch(`${stage.url}/in/${key}`, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    if (method !== 'HEAD') expect((await problemOf(answer)).code).toBe('METHOD_NOT_ALLOWED')
  })

  it('of a question that comes before events is answered', async () => {
    const handshake: SourceDefinition['handshake'] = ({ url }) => ({
      status: 200,
      contentType: 'text/plain',
      body: url.split('challenge=')[1] ?? '',
    })
    await using stage = await open({ definition: { handshake } })
    const answer = await fetch(`${stage.url}/in/${key}?challenge=42`)
    expect([answer.status, await answer.text()]).toEqual([200, '42'])
  })
})

describe('a body', () => {
  it('that says it is too large is refused, and the sender gets to read that although it goes on sending', async () => {
    await using stage = await open()
    const said = await pour(
      stage.port,
      `POST /in/${key} HTTP/1.1\r\nhost: x\r\ncontent-length: ${8 * 1024 * 1024}\r\n\r\n`,
      8,
    )
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(said).toMatch(/connection: close/i)
    expect(said).toContain('"code":"TOO_LARGE"')
    expect(said).toContain('1048576 bytes')
    const records = () => stage.storage.sql('SELECT verdict, cause, body, body_bytes FROM requests')
    for (let i = 0; i < 500 && records().length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(records()).toEqual([{ verdict: 'quarantined', cause: 'TOO_LARGE', body: null, body_bytes: 8 * 1024 * 1024 }])
    expect((await stage.show()).text).toMatch(
      /^trunkline_requests_total\{kind="standard-webhooks",verdict="quarantined",cause="TOO_LARGE"\} 1$/m,
    )
  })

  it('that turns out too large is refused the same way', async () => {
    await using stage = await open()
    const chunk = Buffer.alloc(1024 * 1024).toString('latin1')
    const head = `POST /in/${key} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`
    const said = await pour(stage.port, head + `100000\r\n${chunk}\r\n`.repeat(4) + '0\r\n\r\n', 0)
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(said).toContain('"code":"TOO_LARGE"')
  })

  it('for nobody is not read before the sender is told', async () => {
    await using stage = await open()
    const said = await pour(
      stage.port,
      `POST /in/${'x'.repeat(32)} HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n`,
      2,
    )
    expect(said).toMatch(/^HTTP\/1\.1 404 /)
  })

  it('that never ends does not keep the connection of a refused sender for long', async () => {
    await using stage = await open()
    const socket = connect(stage.port, '127.0.0.1')
    socket.write(`POST /in/${key} HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n`)
    socket.resume()
    const begun = performance.now()
    await once(socket, 'end')
    expect(performance.now() - begun).toBeLessThan(4000)
    socket.destroy()
  })

  it('that breaks off leaves nothing behind', async () => {
    await using stage = await open()
    const socket = connect(stage.port, '127.0.0.1')
    socket.write(`POST /in/${key} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"type"`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    const isTold = () => stage.lines.some((each) => each.facts.code === 'REQUEST_ABORTED')
    for (let i = 0; i < 500 && !isTold(); i++) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(isTold()).toBe(true)
    expect(stage.storage.sql('SELECT id FROM requests')).toEqual([])
    expect((await stage.show()).text).toContain('trunkline_receiving_bytes 0')
  })
})

describe('too much at once', () => {
  it('is answered 503 with a time to come back', async () => {
    await using stage = await open({ budgetBytes: 1000 })
    const answer = await stage.send(JSON.stringify('x'.repeat(2000)))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect((await problemOf(answer)).code).toBe('OVERLOADED')
    expect((await stage.send('{}')).status).toBe(200)
  })

  it('counts what waits for the database too, until the database has it', async () => {
    const held: (() => void)[] = []
    const slow: Staging['commit'] = (commit) => async (command, args) => {
      await new Promise<void>((resolve) => held.push(resolve))
      return commit(command, args)
    }
    await using stage = await open({ budgetBytes: 1000, commit: slow })
    const body = JSON.stringify('x'.repeat(600))
    expect((await stage.send(body)).status).toBe(503)
    const answer = await stage.send(body)
    expect((await problemOf(answer)).code).toBe('OVERLOADED')
    for (const each of held.splice(0)) each()
    const isFree = async () => (await stage.show()).text.includes('trunkline_receiving_bytes 0')
    for (let i = 0; i < 500 && !(await isFree()); i++) await new Promise((resolve) => setImmediate(resolve))
    expect(await isFree()).toBe(true)
    expect(stage.storage.sql('SELECT id FROM requests')).toHaveLength(1)
  })
})

describe('a database', () => {
  it('that does not take it is answered 503 with a time to come back, and says nothing of itself', async () => {
    await using stage = await open({
      commit: () => () => Promise.reject(new StoreUnavailable('SQLITE_FULL on /secret/path')),
    })
    const answer = await stage.send('{}')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    const problem = await problemOf(answer)
    expect(problem.code).toBe('STORE_UNAVAILABLE')
    expect(JSON.stringify(problem)).not.toContain('/secret/path')
  })

  it('that hangs is answered 503 within a second', async () => {
    await using stage = await open({ commit: () => () => new Promise(() => {}) })
    const begun = performance.now()
    const answer = await stage.send('{}')
    expect(answer.status).toBe(503)
    expect(performance.now() - begun).toBeLessThan(1300)
  })

  it('that hangs over the look-up is answered 503 within a second', async () => {
    await using stage = await open({ byKey: () => new Promise(() => {}) })
    const begun = performance.now()
    const answer = await stage.send('{}')
    expect([answer.status, (await problemOf(answer)).code]).toEqual([503, 'STORE_UNAVAILABLE'])
    expect(performance.now() - begun).toBeLessThan(1300)
  })

  it('that is slow over both still answers within a second', async () => {
    await using stage = await open({
      byKey: () => new Promise((resolve) => setTimeout(resolve, 600, source)),
      commit: () => () => new Promise(() => {}),
    })
    const begun = performance.now()
    expect((await stage.send('{}')).status).toBe(503)
    expect(performance.now() - begun).toBeLessThan(1300)
  })
})

it('a fault of a plug-in is a 500 that says nothing, and the log has its class and not its words', async () => {
  await using stage = await open({
    definition: {
      verify() {
        throw new RangeError('hunter2')
      },
    },
  })
  const answer = await stage.send('{}')
  expect(answer.status).toBe(500)
  expect(JSON.stringify(await problemOf(answer))).not.toContain('hunter2')
  expect(stage.lines).toContainEqual(
    expect.objectContaining({
      event: 'ingest.failed',
      facts: expect.objectContaining({ error: expect.objectContaining({ name: 'RangeError' }) }),
    }),
  )
  expect(stage.lines.map(({ facts }) => String(facts?.error))).not.toContainEqual(expect.stringContaining('hunter2'))
})

describe('a source that gets more than it takes', () => {
  it('tells its sender when to come again, before any of the body is read', async () => {
    await using stage = await open({ byDefault: { requests: 2, perSeconds: 3600 } })
    expect([(await stage.send('{}')).status, (await stage.send('{}')).status]).toEqual([200, 200])
    const answer = await stage.send('{}')
    expect(await problemOf(answer)).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect(answer.headers.get('retry-after')).toMatch(/^1[78]\d\d$/)
    expect(answer.headers.get('ratelimit-policy')).toBe('"source";q=2;w=3600')

    // A body that never comes: the answer does not wait for it.
    const socket = connect(stage.port, '127.0.0.1')
    socket.write(`POST /in/${key} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`)
    const [chunk] = await once(socket, 'data')
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 429 /)
    socket.destroy()
    expect((await stage.show()).text).toContain('trunkline_receiving_bytes 0')
  })

  it('counts forged requests too, and none to addresses of nobody', async () => {
    await using stage = await open({ byDefault: { requests: 2, perSeconds: 3600 } })
    const status = async (headers: Record<string, string>, path?: string) =>
      (await stage.send('{}', headers, path)).status
    const forged = { 'webhook-signature': 'v1,AAAA' }
    for (let i = 0; i < 5; i++) expect(await status({}, `/in/${'n'.repeat(32)}`)).toBe(404)
    expect([await status(forged), await status(forged), await status({})]).toEqual([401, 401, 429])
  })

  it('has its part of the limit in each of several processes', async () => {
    await using stage = await open({ byDefault: { requests: 4, perSeconds: 3600 }, processes: 2 })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await stage.send('{}')).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})
