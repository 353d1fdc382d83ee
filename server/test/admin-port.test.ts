import { beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../src/api/operations.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { apiKey, createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const authorization = `Bearer ${apiKey}`

describe('a server whose API has a port of its own', () => {
  let trunkline: Trunkline
  let source: TestSource
  beforeAll(async () => {
    trunkline = await startTrunkline(sqlite, {
      TRUNKLINE_ADMIN_PORT: '0',
      TRUNKLINE_PUBLIC_URL: 'https://hooks.example.com/base/',
    })
    source = await createSource(trunkline, 'github', {})
  })

  const answer = async (base: string, path: string, init: RequestInit = { headers: { authorization } }) => {
    const { status } = await fetch(`${base}${path}`, init)
    return status
  }

  it('takes webhooks at the public one, and delivers them', async () => {
    const { server, api } = trunkline
    expect(server.adminUrl).not.toBe(server.url)
    const receiver = await openReceiver()
    await createEndpoint(trunkline, receiver)
    const { json } = await api.get(`/sources/${source.id}`)
    expect(json.url).toMatch(/^https:\/\/hooks\.example\.com\/base\/in\/[\w-]{32}$/)
    const url = json.url.replace('https://hooks.example.com/base', server.url)
    expect(
      await answer(server.url, new URL(url).pathname, { method: 'POST', headers: source.sign('{}'), body: '{}' }),
    ).toBe(200)
    await receiver.has(1)
  })

  it('shows the world its health and its public keys, and nothing else', async () => {
    const { url } = trunkline.server
    expect(await answer(url, '/health')).toBe(200)
    expect(await answer(url, '/ready?x=1')).toBe(200)
    expect(await answer(url, '/.well-known/jwks.json', {})).toBe(200)
    const closed = [
      ...operations.map(({ path }) => `/api/v1${path}`),
      '/metrics',
      '/openapi.json',
      '/api/v1',
      '/',
      '/health/../metrics',
      '/health%2f..%2fmetrics',
      '/healthy',
      '/ready/',
      '//metrics',
      '/METRICS',
      '/.well-known/../metrics',
      '/.well-known/',
    ]
    for (const path of closed) expect(await answer(url, path), path).toBe(404)
    for (const { method, path } of operations) expect(await answer(url, `/api/v1${path}`, { method }), path).toBe(404)
  })

  it('shows the operator everything, the metrics without a key', async () => {
    const { adminUrl } = trunkline.server
    expect(await answer(adminUrl, '/metrics', {})).toBe(200)
    expect(await answer(adminUrl, '/openapi.json', {})).toBe(200)
    expect(await answer(adminUrl, '/health', {})).toBe(200)
    expect(await answer(adminUrl, '/api/v1/events')).toBe(200)
    expect(await answer(adminUrl, '/api/v1/events', {})).toBe(401)
    expect(await answer(adminUrl, new URL(source.url).pathname, { method: 'POST' })).toBe(404)
  })

  it('counts what it does', async () => {
    const metrics = async () => (await fetch(`${trunkline.server.adminUrl}/metrics`)).text()
    const text = await eventually('the delivery to be counted', async () => {
      const text = await metrics()
      return /^trunkline_attempts_total\{cause=""\} [1-9]/m.test(text) && text
    })
    expect(text).toMatch(/^trunkline_requests_total\{kind="github",verdict="verified",cause=""\} 1$/m)
    expect(text).toMatch(/^trunkline_store_up 1$/m)
    expect(text).not.toContain(apiKey)
  })
})
