import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scopes } from '../../access/scope.ts'
import { newId } from '../../base/id.ts'
import type { Resolve } from '../../egress/exchange.ts'
import { makeCertificate } from '../../egress/exercise-certificates.ts'
import { answering, ok, onRequest, portOf } from '../../egress/exercise-receivers.ts'
import { type Caller, openTestApi, type TestApi } from '../exercise-api.ts'

const authority = makeCertificate({ name: 'Test authority', isAuthority: true })

/** A certificate for `hooks.example.com` that is valid so many days more. */
const lasting = (to: number) => makeCertificate({ name: 'hooks.example.com', issuer: authority, from: -30, to })

// Names lead to this machine, where a test may call; the one that may not be called leads out of what is allowed.
const resolve: Resolve = async (hostname) => {
  if (hostname.startsWith('gone.')) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  return [{ address: hostname.startsWith('inner.') ? '::1' : '127.0.0.1', family: 4 }]
}

let api: TestApi
let caller: Caller
const ends: (() => unknown)[] = []
beforeAll(async () => {
  const policy = { allowPrivate: ['127.0.0.0/8'], allowHttp: false }
  api = await openTestApi({ probing: { policy, resolve, ca: [authority.cert], timeoutMs: 300 } })
  api.clock.set(Date.now())
})
beforeEach(() => {
  caller = api.caller(newId('workspace', api.clock.now()))
})
afterAll(async () => {
  for (const end of ends) end()
  await api[Symbol.asyncDispose]()
})

/** A TLS receiver: its URL, and what it was asked. */
async function secure(certificate: { cert: string; key: string }, answer = ok) {
  const asked: string[] = []
  const server = createTlsServer({ ...certificate }, (socket) => {
    socket.on('error', () => {})
    onRequest(socket, (request) => {
      asked.push(request)
      socket.write(answer)
    })
  })
  server.on('tlsClientError', () => {})
  const port = await portOf(server)
  ends.push(() => server.close())
  return { url: `https://hooks.example.com:${port}/in`, asked }
}

const steps = ({ steps }: { steps: { step: string; status: string; cause: string | null }[] }) =>
  Object.fromEntries(steps.map(({ step, status, cause }) => [step, cause ?? status]))
const allWell = { url: 'ok', dns: 'ok', address: 'ok', connect: 'ok', tls: 'ok', answer: 'ok' }
const counts = () =>
  ['endpoints', 'events', 'deliveries'].map((table) => api.storage.sql(`SELECT count(*) AS n FROM ${table}`)[0]?.n)

describe('the check of a URL', () => {
  it('says that all is well, whose certificate it is, and how many days it has left; nothing is stored', async () => {
    const { url, asked } = await secure(lasting(60.5))
    const before = counts()
    const { status, json } = await caller.post('/endpoints/check', { url })
    expect(status).toBe(200)
    expect(json).toMatchObject({ verdict: 'ok', status: 200, warnings: [] })
    expect(json.certificate).toEqual({
      subject: 'CN=hooks.example.com',
      issuer: 'CN=Test authority',
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      daysLeft: 60,
    })
    expect(steps(json)).toEqual(allWell)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/^HEAD \/in /)
    expect(counts()).toEqual(before)
  })

  it.each([
    [13.5, 'warning'],
    [14.5, 'ok'],
  ])('of a certificate that has %d days left says: %s', async (days, verdict) => {
    const { url } = await secure(lasting(days))
    const { json } = await caller.post('/endpoints/check', { url })
    expect([json.verdict, json.certificate.daysLeft]).toEqual([verdict, Math.floor(days)])
    expect(json.warnings.map((each: { code: string }) => each.code)).toEqual(
      verdict === 'ok' ? [] : ['CERTIFICATE_EXPIRES_SOON'],
    )
  })

  it('warns of a redirect, and takes any other status for an answer', async () => {
    const { url } = await secure(lasting(60), 'HTTP/1.1 308 Permanent Redirect\r\nLocation: https://a.example/\r\n\r\n')
    expect((await caller.post('/endpoints/check', { url })).json).toMatchObject({
      verdict: 'warning',
      status: 308,
      warnings: [{ code: 'REDIRECT' }],
    })
    const other = await secure(lasting(60), 'HTTP/1.1 405 Method Not Allowed\r\n\r\n')
    expect((await caller.post('/endpoints/check', { url: other.url })).json).toMatchObject({
      verdict: 'ok',
      status: 405,
    })
  })

  it('names the step that failed with its cause and advice, and shows an expired certificate', async () => {
    const { url } = await secure(lasting(-2.5))
    const { json } = await caller.post('/endpoints/check', { url })
    expect([json.verdict, json.status, json.certificate.daysLeft]).toEqual(['failed', null, -3])
    expect(steps(json)).toEqual({ ...allWell, tls: 'TLS_EXPIRED', answer: 'skipped' })
    expect(json.steps[4]).toMatchObject({
      ms: null,
      explanation: 'The certificate has expired.',
      advice: expect.stringContaining('Renew'),
      detail: expect.stringContaining('has expired'),
    })
  })

  const skipped = { dns: 'skipped', address: 'skipped', connect: 'skipped', tls: 'skipped', answer: 'skipped' }
  it.each([
    ['https://gone.example.com/', 'failed', { ...skipped, dns: 'DNS_NOT_FOUND' }],
    ['https://inner.example.com/', 'refused', { ...skipped, dns: 'ok', address: 'PRIVATE_ADDRESS' }],
    ['https://10.0.0.1/', 'refused', { ...skipped, address: 'PRIVATE_ADDRESS' }],
    ['https://hooks.example.com:1/', 'failed', { ...skipped, dns: 'ok', address: 'ok', connect: 'CONNECT_REFUSED' }],
    ['ftp://hooks.example.com/', 'refused', { ...skipped, url: 'URL_REFUSED' }],
    // The server itself.
    ['https://hooks.example.com/in/abc', 'refused', { ...skipped, url: 'URL_REFUSED' }],
  ])('of %s: %s', async (url, verdict, expected) => {
    const { json } = await caller.post('/endpoints/check', { url })
    expect([json.verdict, json.certificate]).toEqual([verdict, null])
    expect(steps(json)).toEqual({ url: 'ok', ...expected })
  })

  it('ends in time when nothing comes back', async () => {
    await using receiver = await answering('')
    const { json } = await caller.post('/endpoints/check', { url: receiver.origin })
    expect(steps(json)).toEqual({ ...allWell, dns: 'skipped', tls: 'skipped', answer: 'RESPONSE_TIMEOUT' })
  })

  it('trusts the authority that is given with it, and refuses one that cannot be used', async () => {
    const own = makeCertificate({ name: 'Own authority', isAuthority: true })
    const { url } = await secure(makeCertificate({ name: 'hooks.example.com', issuer: own, to: 60 }))
    const verdict = async (tls?: object) => (await caller.post('/endpoints/check', { url, tls })).json
    expect(steps(await verdict())).toMatchObject({ tls: 'TLS_UNTRUSTED' })
    expect((await verdict({ ca: own.cert })).verdict).toBe('ok')
    expect(await verdict({ ca: 'hello' })).toMatchObject({ code: 'INVALID_INPUT', errors: [{ at: '/tls/ca' }] })
  })

  it('is for keys of one customer too, and not for those that only read', async () => {
    const { url } = await secure(lasting(60))
    const bound = api.caller(caller.workspaceId, scopes, 'acme')
    expect((await bound.post('/endpoints/check', { url })).json.verdict).toBe('ok')
    const reader = api.caller(caller.workspaceId, ['endpoints.read'])
    expect((await reader.post('/endpoints/check', { url })).json.code).toBe('SCOPE_MISSING')
  })

  it.each([{}, { url: 1 }, { url: 'https://a.example/', name: 'x' }, { url: 'x'.repeat(2049) }])(
    'is refused for %j',
    async (body) => expect((await caller.post('/endpoints/check', body)).status).toBe(400),
  )
})

describe('saving with a check', () => {
  it('answers with the verdict, and saves what fails all the same', async () => {
    const good = await secure(lasting(60))
    const made = await caller.post('/endpoints', { url: good.url, check: true })
    expect([made.status, made.json.check.verdict]).toEqual([201, 'ok'])
    const path = `/endpoints/${made.json.id}`
    const bad = 'https://gone.example.com/'
    const changed = await caller.patch(path, { url: bad, check: true })
    expect([changed.status, changed.json.check.verdict, changed.json.url]).toEqual([200, 'failed', bad])
    expect((await caller.post('/endpoints', { url: bad, check: true })).status).toBe(201)
    const [news] = (await caller.get('/events?type=trunkline.endpoint.updated')).json.data
    expect((await caller.get(`/events/${news.id}`)).json.data).toMatchObject({ changed: ['url'] })
    // Looked at as it is, when nothing of it changes.
    expect((await caller.patch(path, { check: true })).json.check.verdict).toBe('failed')
    expect((await caller.get(path)).json).toMatchObject({ url: bad, verified: false })
    expect((await caller.get(path)).json).not.toHaveProperty('check')
  })

  it('looks at nothing unless it is asked to', async () => {
    const { url, asked } = await secure(lasting(60))
    const made = await caller.post('/endpoints', { url })
    const changed = await caller.patch(`/endpoints/${made.json.id}`, { url: `${url}2`, check: false })
    for (const { json } of [made, changed]) expect(json).not.toHaveProperty('check')
    expect(asked).toEqual([])
    expect((await caller.post('/endpoints', { url, check: 'true' })).status).toBe(400)
  })

  it('saves nothing that the server may not call', async () => {
    const url = 'https://inner.example.com/'
    const refused = await caller.post('/endpoints', { url, check: true })
    expect([refused.status, refused.json.code]).toEqual([422, 'ENDPOINT_URL_REFUSED'])
    expect(refused.json.errors).toMatchObject([{ at: '/url', message: expect.stringContaining('::1') }])
    const good = await secure(lasting(60))
    const { id } = (await caller.post('/endpoints', { url: good.url })).json
    expect((await caller.patch(`/endpoints/${id}`, { url, check: true })).json.code).toBe('ENDPOINT_URL_REFUSED')
    expect((await caller.get('/endpoints')).json.data.map((each: { url: string }) => each.url)).toEqual([good.url])
  })

  it('uses the certificates that the endpoint has, or is given', async () => {
    const own = makeCertificate({ name: 'Own authority', isAuthority: true })
    const ours = makeCertificate({ name: 'trunkline', issuer: own })
    const { url } = await secure(makeCertificate({ name: 'hooks.example.com', issuer: own, to: 60 }))
    const tls = { ca: own.cert, certificate: ours.cert, key: ours.key }
    const made = await caller.post('/endpoints', { url, tls, check: true })
    expect(made.json.check.verdict, made.text).toBe('ok')
    const path = `/endpoints/${made.json.id}`
    expect((await caller.patch(path, { name: 'a', check: true })).json.check.verdict).toBe('ok')
    expect(steps((await caller.patch(path, { tls: null, check: true })).json.check)).toMatchObject({
      tls: 'TLS_UNTRUSTED',
    })
    expect(made.text).not.toContain('PRIVATE KEY')
  })

  it('finds nothing for an endpoint that is not there, and looks at nothing', async () => {
    const { url, asked } = await secure(lasting(60))
    const path = `/endpoints/${newId('endpoint', api.clock.now())}`
    expect((await caller.patch(path, { url, check: true })).json.code).toBe('NOT_FOUND')
    expect(asked).toEqual([])
  })
})
