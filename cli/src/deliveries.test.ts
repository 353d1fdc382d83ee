import type { Delivery, DeliveryWithAttempts } from '@trunkline/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { openServer, type Received, runCli } from './exercise-cli.ts'

const key = `osk_${'k'.repeat(48)}`

const failing: Delivery = {
  id: 'dlv_2',
  endpointId: 'ep_1',
  eventId: 'evt_2',
  eventType: 'github.push',
  customer: null,
  orderKey: null,
  status: 'pending',
  attempts: 2,
  nextAttemptAt: '2026-11-22T06:30:00.000Z',
  cause: 'TLS_EXPIRED',
  explanation: 'The certificate has expired.',
  advice: 'Renew it.',
  createdAt: '2026-11-22T06:00:00.000Z',
  endedAt: null,
}
const done: Delivery = {
  ...failing,
  id: 'dlv_1',
  status: 'success',
  attempts: 1,
  nextAttemptAt: null,
  cause: null,
  explanation: null,
  advice: null,
  endedAt: '2026-11-22T06:00:01.000Z',
}
const timing = { dnsMs: 1, connectMs: 2, tlsMs: null, firstByteMs: null, totalMs: 12.4 }
const detailed: DeliveryWithAttempts = {
  ...failing,
  history: [
    {
      number: 1,
      startedAt: '2026-11-22T06:00:00.000Z',
      status: null,
      cause: 'TLS_EXPIRED',
      explanation: 'The certificate has expired.',
      advice: 'Renew it.',
      detail: 'it ended in May',
      timing,
      responseHeaders: [],
      responseBody: '',
      isTruncated: false,
      signed: null,
      nextAttemptAt: null,
      erasedAt: null,
    },
    {
      number: 2,
      startedAt: '2026-11-22T06:00:05.000Z',
      status: 500,
      cause: 'SERVER_ERROR',
      explanation: 'The receiver failed with a 5xx status.',
      advice: 'Read the answer.',
      detail: null,
      timing,
      responseHeaders: [['content-type', 'text/plain']],
      responseBody: 'oh no\nreally\u001b[2J',
      isTruncated: true,
      signed: null,
      nextAttemptAt: null,
      erasedAt: null,
    },
  ],
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function api(answer: (request: Received) => { status: number; body: unknown }) {
  const server = await openServer(answer)
  closing.push(server.close)
  return { ...server, environment: { TRUNKLINE_URL: server.url, TRUNKLINE_API_KEY: key } }
}

const page = (data: Delivery[], nextCursor: string | null = null) => ({
  status: 200,
  body: { data, nextCursor, hasMore: nextCursor !== null, lookedBackTo: nextCursor && '2026-11-20T06:00:00.000Z' },
})

describe('deliveries', () => {
  it('prints a table with the cause in words, and how to go on', async () => {
    const { environment, received } = await api(() => page([failing, done], 'next1'))
    const run = runCli(['deliveries'], environment)
    expect(await run.code).toBe(0)
    expect(received[0]).toMatchObject({
      path: '/api/v1/deliveries?limit=20',
      headers: { authorization: `Bearer ${key}` },
    })
    const [head, first, second, more] = run.lines
    expect(head).toMatch(/^CREATED +ID +TYPE +ENDPOINT +STATUS +ATTEMPTS +NEXT ATTEMPT +CAUSE$/)
    expect(first).toMatch(/dlv_2 +github\.push +ep_1 +pending +2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +TLS expired$/)
    expect(second).toMatch(/dlv_1 +github\.push +ep_1 +success +1 +-$/)
    expect(more).toMatch(/^Looked back to 2026-11-\d\d \d\d:\d\d:\d\d; there is more: add --cursor next1$/)
    expect(run.printed()).not.toContain(key)
  })

  it('looks further by itself until something is found', async () => {
    const { environment, received } = await api(({ path }) =>
      page(
        path.includes('cursor=b') ? [done] : [],
        path.includes('cursor=b') ? null : path.includes('cursor=a') ? 'b' : 'a',
      ),
    )
    const run = runCli(['deliveries', '--status', 'unfinished'], environment)
    expect(await run.code).toBe(0)
    expect(received.map(({ path }) => new URL(path, 'http://x').searchParams.get('cursor'))).toEqual([null, 'a', 'b'])
    expect(run.lines).toHaveLength(2)
  })

  it('asks only for what is wanted', async () => {
    const { environment, received } = await api(() => page([]))
    const words = ['--endpoint', 'ep_1', '--status', 'failed', '--limit', '5', '--cursor', 'c']
    const run = runCli(['deliveries', ...words], environment)
    expect(await run.code).toBe(0)
    expect(received[0]?.path).toBe('/api/v1/deliveries?limit=5&endpoint=ep_1&status=failed&cursor=c')
    expect(run.lines).toEqual(['There are no such deliveries.'])
  })

  it('prints JSON for scripts', async () => {
    const { environment } = await api(() => page([done]))
    const run = runCli(['deliveries', '--json'], environment)
    expect(await run.code).toBe(0)
    expect(JSON.parse(run.lines.join('\n'))).toEqual(page([done]).body)
  })

  it('exits 2 with the server’s reason, and never the key', async () => {
    const { environment } = await api(() => ({
      status: 401,
      body: { code: 'UNAUTHENTICATED', detail: 'the key is unknown', requestId: 'req_9' },
    }))
    const run = runCli(['deliveries'], environment)
    expect(await run.code).toBe(2)
    expect(run.complaints).toEqual(['the key is unknown (UNAUTHENTICATED, request req_9)'])
    expect(run.printed()).not.toContain(key)
  })

  it('exits 2 when there is no server, or something else stands there', async () => {
    const { environment, close } = await api(() => ({ status: 200, body: 'hello' }))
    await close()
    const run = runCli(['deliveries'], environment)
    expect(await run.code).toBe(2)
    expect(run.complaints[0]).toContain('ECONNREFUSED')
    const other = await api(() => ({ status: 502, body: 'bad gateway' }))
    const otherRun = runCli(['deliveries'], other.environment)
    expect(await otherRun.code).toBe(2)
    expect(otherRun.complaints[0]).toContain('check the URL')
  })
})

describe('delivery', () => {
  it('prints every attempt with its answer and why it failed', async () => {
    const { environment, received } = await api(() => ({ status: 200, body: detailed }))
    const run = runCli(['delivery', 'dlv_2'], environment)
    expect(await run.code).toBe(0)
    expect(received[0]?.path).toBe('/api/v1/deliveries/dlv_2')
    expect(run.printed()).toContain('pending: TLS expired')
    expect(run.printed()).toMatch(
      /attempt 1 {2}.+ {2}no answer {2}12 ms\n {2}The certificate has expired\.\n {2}it ended in May/,
    )
    expect(run.printed()).toMatch(/attempt 2 {2}.+ {2}500 {2}12 ms/)
    expect(run.printed()).toContain('  | oh no\n  | really\ufffd[2J\n  | … the rest was not kept')
  })

  it('exits 2 for an id that is not there, whatever it is made of', async () => {
    const { environment, received } = await api(() => ({ status: 404, body: { code: 'NOT_FOUND', title: 'Not here' } }))
    const run = runCli(['delivery', '../keys'], environment)
    expect([await run.code, run.complaints]).toEqual([2, ['Not here (NOT_FOUND)']])
    expect(received[0]?.path).toBe('/api/v1/deliveries/..%2Fkeys')
  })
})
