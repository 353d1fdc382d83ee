import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { z } from 'zod'
import type { paymentShape, subscriptionShape, userShape } from '../../server/src/api/accounts/shape.ts'
import type { jobShape } from '../../server/src/api/jobs/shape.ts'
import type { Operation } from '../../server/src/api/operation.ts'
import { operations } from '../../server/src/api/operations.ts'
import type { sourceShape } from '../../server/src/api/sources/shape.ts'
import type { Payment, Subscription, User } from './account-shapes.ts'
import { type Client, createClient, TrunklineError } from './client.ts'
import { clientCalls } from './exercise-client.ts'
import type { Job } from './inspection-shapes.ts'
import type { Source } from './source-shapes.ts'

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

/** The operation that answers a line. `/sources/kinds` is not the source with that id: the server looks for words first. */
function operationOf(line: string): Operation | undefined {
  const [method, url = ''] = line.split(' ')
  const path = url.replace(/\?.*/, '').replace('/api/v1', '')
  const fitting = operations.filter(
    (each) => each.method === method && new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path),
  )
  return fitting.find((each) => each.path === path) ?? fitting[0]
}

describe('the client', () => {
  it.each(clientCalls)('calls %s', async (line, use) => {
    const { url, calls } = await server(json(200, {}))
    await use(createClient({ url: `${url}/`, apiKey }))
    const [call] = calls
    expect(`${call?.method} ${call?.path}`).toBe(line)
    expect(call?.headers.authorization).toBe(`Bearer ${apiKey}`)
    expect(call?.headers['content-type']).toBe(call?.body === '' ? undefined : 'application/json')
  })

  it('has a method for each operation of the API', () => {
    const called = new Set(clientCalls.map(([line]) => operationOf(line)))
    expect(operations.filter((each) => !called.has(each)).map(({ name }) => name)).toEqual([])
  })

  it.each<[body: unknown, use: (client: Client) => Promise<unknown>]>([
    [
      { kind: 'github', name: 'a', rateLimit: { requests: 9, perSeconds: 60 } },
      (client) => client.sources.create({ kind: 'github', name: 'a', rateLimit: { requests: 9, perSeconds: 60 } }),
    ],
    [{ rateLimit: null }, (client) => client.sources.update('src_1', { rateLimit: null })],
    [{ overlapHours: 0 }, (client) => client.sources.rotateSecret('src_1', { overlapHours: 0 })],
    [
      { follower: 'accounts', filter: { type: 'a.*' }, dryRun: true },
      (client) => client.events.planRehandle('accounts', { type: 'a.*' }),
    ],
    [{ keep: 5, dryRun: true }, (client) => client.deliveries.planClean({ keep: 5 })],
    [{ filter: { type: 'a.*' }, dryRun: true }, (client) => client.deliveries.planCancel({ type: 'a.*' })],
  ])('sends %j', async (body, use) => {
    const { url, calls } = await server(json(200, {}))
    await use(createClient({ url, apiKey }))
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual(body)
  })

  it('publishes once under an idempotency key, and sends none where none is given', async () => {
    const { url, calls } = await server(json(202, {}))
    const { events } = createClient({ url, apiKey })
    await events.publish({ type: 'a.b', data: 1 }, { idempotencyKey: 'k-1' })
    await events.publish({ type: 'a.b', data: 1 })
    expect(calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-1', undefined])
    expect(calls.map(({ headers }) => headers['content-type'])).toEqual(['application/json', 'application/json'])
  })

  it('types what the server answers, field for field', () => {
    expectTypeOf<Source>().toEqualTypeOf<z.output<typeof sourceShape>>()
    expectTypeOf<Job>().toEqualTypeOf<z.output<typeof jobShape>>()
    expectTypeOf<Subscription>().toEqualTypeOf<z.output<typeof subscriptionShape>>()
    expectTypeOf<Payment>().toEqualTypeOf<z.output<typeof paymentShape>>()
    expectTypeOf<User>().toEqualTypeOf<z.output<typeof userShape>>()
    expectTypeOf<Awaited<ReturnType<Client['sources']['reverify']>>>().toEqualTypeOf<Job>()
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
