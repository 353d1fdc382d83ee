import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, createClient, TrunklineError } from './client.ts'

const apiKey = `osk_${'k'.repeat(48)}`

interface Call {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function server(answer: (response: ServerResponse) => void): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = []
  const listening = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    calls.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
    answer(response)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, calls }
}

const json = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function failure(call: Promise<unknown>): Promise<TrunklineError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof TrunklineError)) throw new Error('the call did not fail as it should', { cause: error })
  return error
}

describe('the client', () => {
  it.each<[string, (client: Client) => Promise<unknown>]>([
    ['GET /api/v1/sources/kinds', (client) => client.sources.kinds()],
    ['POST /api/v1/sources', (client) => client.sources.create({ kind: 'github', name: 'a' })],
    ['GET /api/v1/sources?limit=5', (client) => client.sources.list({ limit: 5 })],
    ['PATCH /api/v1/sources/src_1', (client) => client.sources.update('src_1', { status: 'disabled' })],
    ['DELETE /api/v1/sources/src_1', (client) => client.sources.delete('src_1')],
    ['POST /api/v1/sources/src_1/sample', (client) => client.sources.sample('src_1')],
    ['POST /api/v1/endpoints', (client) => client.endpoints.create({ url: 'https://example.com' })],
    ['POST /api/v1/endpoints/check', (client) => client.endpoints.check('https://example.com')],
    ['POST /api/v1/endpoints/ep_1/rotate-secret', (client) => client.endpoints.rotateSecret('ep_1')],
    ['PATCH /api/v1/endpoints/ep_1', (client) => client.endpoints.update('ep_1', { status: 'paused' })],
    ['POST /api/v1/events', (client) => client.events.publish({ type: 'a.b', data: 1 })],
    ['GET /api/v1/endpoints/ep_1/stats?by=day', (client) => client.endpoints.stats('ep_1', { by: 'day' })],
    ['GET /api/v1/stats?customer=acme', (client) => client.stats({ customer: 'acme' })],
    ['GET /api/v1/queue', (client) => client.queue()],
    ['POST /api/v1/event-types', (client) => client.eventTypes.register('a.b', { validation: 'off' })],
    ['PUT /api/v1/event-types/a.b', (client) => client.eventTypes.replace('a.b', { description: 'It is.' })],
    ['DELETE /api/v1/event-types/a.b', (client) => client.eventTypes.delete('a.b')],
    ['POST /api/v1/event-types/product-events', (client) => client.eventTypes.registerProductEvents()],
    ['GET /api/v1/events?type=a.*', (client) => client.events.list({ type: 'a.*' })],
    ['GET /api/v1/parked-events?state=parked', (client) => client.parkedEvents.list({ state: 'parked' })],
    ['GET /api/v1/parked-events/evt_1.accounts', (client) => client.parkedEvents.read('evt_1.accounts')],
    ['POST /api/v1/parked-events/evt_1.accounts/rerun', (client) => client.parkedEvents.rerun('evt_1.accounts')],
    ['POST /api/v1/parked-events/rerun', (client) => client.parkedEvents.rerunMany({ type: 'a.*' }, { dryRun: true })],
    ['POST /api/v1/parked-events/evt_1.accounts/dismiss', (client) => client.parkedEvents.dismiss('evt_1.accounts')],
    ['POST /api/v1/events/rehandle', (client) => client.events.rehandle('fan-out', { type: 'a.*' })],
    ['POST /api/v1/requests/reprocess', (client) => client.requests.reprocess({ cause: 'UNPARSABLE' })],
    ['POST /api/v1/requests/reprocess', (client) => client.requests.planReprocess()],
    [
      'GET /api/v1/jobs?status=failed&customer=acme',
      (client) => client.jobs.list({ status: 'failed', customer: 'acme' }),
    ],
    ['GET /api/v1/jobs/job_1', (client) => client.jobs.read('job_1')],
    ['POST /api/v1/jobs/job_1/pause', (client) => client.jobs.pause('job_1')],
    ['POST /api/v1/jobs/job_1/resume', (client) => client.jobs.resume('job_1')],
    ['POST /api/v1/jobs/job_1/cancel', (client) => client.jobs.cancel('job_1')],
    ['GET /api/v1/events/evt_1/body', (client) => client.events.body('evt_1')],
    ['GET /api/v1/requests', (client) => client.requests.list()],
    [
      'GET /api/v1/requests?verdict=duplicate&verdict=quarantined&text=a+b',
      (client) => client.requests.list({ verdict: ['duplicate', 'quarantined'], text: 'a b' }),
    ],
    ['GET /api/v1/requests/req_1', (client) => client.requests.read('req_1')],
    ['GET /api/v1/requests/req_1/body', (client) => client.requests.body('req_1')],
    ['GET /api/v1/requests/req_1/curl', (client) => client.requests.curl('req_1')],
    ['GET /api/v1/deliveries', (client) => client.deliveries.list()],
    ['GET /api/v1/deliveries/..%2Fkeys', (client) => client.deliveries.read('../keys')],
    ['POST /api/v1/deliveries/dlv_1/retry', (client) => client.deliveries.retry('dlv_1')],
    ['POST /api/v1/deliveries/retry-failed', (client) => client.deliveries.retryFailed()],
    ['POST /api/v1/deliveries/cancel', (client) => client.deliveries.cancel({ type: 'a.*' })],
    ['POST /api/v1/deliveries/cancel', (client) => client.deliveries.planCancel({ type: 'a.*' })],
    ['POST /api/v1/deliveries/clean', (client) => client.deliveries.clean({ keep: 1000 })],
    ['POST /api/v1/replays/plan', (client) => client.replays.plan()],
    ['POST /api/v1/replays', (client) => client.replays.start({ include: ['missed'] }, { perSecond: 5 })],
    ['GET /api/v1/endpoints/ep_1/missed?since=1', (client) => client.endpoints.missed('ep_1', { since: '1' })],
  ])('calls %s', async (line, use) => {
    const { url, calls } = await server(json(200, {}))
    await use(createClient({ url: `${url}/`, apiKey }))
    const [call] = calls
    expect(`${call?.method} ${call?.path}`).toBe(line)
    expect(call?.headers.authorization).toBe(`Bearer ${apiKey}`)
    expect(call?.headers['content-type']).toBe(call?.body === '' ? undefined : 'application/json')
  })

  it('answers what the server answered: JSON, bytes, or nothing', async () => {
    const { url } = await server(json(200, { id: 'evt_1' }))
    const client = createClient({ url, apiKey })
    expect(await client.events.read('evt_1')).toEqual({ id: 'evt_1' })
    expect(new TextDecoder().decode(await client.events.body('evt_1'))).toBe('{"id":"evt_1"}')
    const empty = await server((response) => response.writeHead(204).end())
    expect(await createClient({ url: empty.url, apiKey }).sources.delete('src_1')).toBeUndefined()
  })

  it('rejects with the code, the status, the request and the fields that the server names', async () => {
    const errors = [{ at: '/url', message: 'must be https' }]
    const { url } = await server(
      json(422, { code: 'ENDPOINT_URL_REFUSED', title: 'No', detail: 'not there', requestId: 'req_1', errors }),
    )
    const error = await failure(createClient({ url, apiKey }).endpoints.create({ url: 'http://x' }))
    expect(error).toMatchObject({
      code: 'ENDPOINT_URL_REFUSED',
      status: 422,
      requestId: 'req_1',
      message: 'not there',
      errors,
    })
  })

  it('rejects with UNREACHABLE when nothing answers, or not in time', async () => {
    const gone = await failure(createClient({ url: 'http://127.0.0.1:9', apiKey }).sources.list())
    expect(gone).toMatchObject({ code: 'UNREACHABLE', status: 0 })
    const { url } = await server(() => {})
    const slow = await failure(createClient({ url, apiKey, timeoutMs: 50 }).sources.list())
    expect(slow).toMatchObject({ code: 'UNREACHABLE', message: `${url} cannot be reached: no answer in time` })
    const broken = await server((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await failure(createClient({ url: broken.url, apiKey }).sources.list())).toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  it('rejects with UNEXPECTED_ANSWER when something else stands there, and follows no redirect with the key', async () => {
    const page = await server((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello'))
    expect(await failure(createClient({ url: page.url, apiKey }).sources.list())).toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      status: 200,
    })
    const other = await server(json(200, {}))
    const moved = await server((response) => response.writeHead(302, { location: other.url }).end())
    expect(await failure(createClient({ url: moved.url, apiKey }).sources.list())).toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      status: 302,
    })
    expect(other.calls).toEqual([])
  })
})
