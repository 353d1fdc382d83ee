import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { EgressPolicy, Resolve, TlsIdentity } from './exchange.ts'
import { makeCertificate } from './exercise-certificates.ts'
import { abandoned, answering, listen, ok, onRequest, portOf, type Receiver } from './exercise-receivers.ts'
import { createProbe, type Probe, type ProbeNeeds } from './probe.ts'

const authority = makeCertificate({ name: 'Test authority', isAuthority: true })
const receiver = makeCertificate({ name: 'hooks.example.com', issuer: authority, to: 90 })

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const home: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]
const opened: EgressPolicy = { allowPrivate: ['127.0.0.0/8'], allowHttp: false }

const probe = (url: string, needs: Partial<ProbeNeeds> = {}, tls?: TlsIdentity): Promise<Probe> =>
  createProbe({ policy: opened, clock: systemClock, resolve: home, ca: [authority.cert], ...needs })(url, tls)

/** A TLS receiver, and what it was asked. */
async function secure(options: TlsOptions, answer = ok): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createTlsServer(options, (socket) => {
    socket.on('error', () => {})
    onRequest(socket, (request) => {
      asked.push(request)
      socket.write(answer)
    })
  })
  server.on('tlsClientError', () => {})
  const port = await portOf(server)
  ends.push(() => server.close())
  return { port, asked }
}

const found = ({ outcome, failedAt }: Probe) =>
  outcome.kind === 'answered' ? outcome.status : [failedAt, outcome.cause]

describe('a probe', () => {
  it('asks with HEAD and nothing of a delivery, and tells whose certificate it is and how long all took', async () => {
    const { port, asked } = await secure({ ...receiver })
    const probed = await probe(`https://hooks.example.com:${port}/in?a=1`)
    expect(found(probed)).toBe(200)
    expect(probed.failedAt).toBeNull()
    expect(probed.certificate).toMatchObject({ subject: 'CN=hooks.example.com', issuer: 'CN=Test authority' })
    const daysLeft = ((probed.certificate?.expiresAt ?? 0) - Date.now()) / 86_400_000
    expect(daysLeft).toBeGreaterThan(89.9)
    expect(daysLeft).toBeLessThan(90.1)
    const time = expect.any(Number)
    expect(probed.timing).toEqual({ dnsMs: time, connectMs: time, tlsMs: time, firstByteMs: time, totalMs: time })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/^HEAD \/in\?a=1 HTTP\/1\.1\r\n/)
    expect(asked[0]).not.toMatch(/webhook|svix|signature|content-/i)
  })

  it.each([
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n', 404],
    ['HTTP/1.1 405 Method Not Allowed\r\n\r\n', 405],
    ['HTTP/1.1 500 No\r\n\r\n', 500],
    ['HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 204],
    ['HTTP/1.0 200 OK\r\n\r\n', 200],
  ])('takes any status for an answer: %j', async (bytes, status) => {
    await using receiver = await answering(bytes)
    expect(found(await probe(`http://127.0.0.1:${receiver.port}/`))).toBe(status)
    await abandoned(receiver)
  })

  it('follows nothing', async () => {
    await using other = await answering(ok)
    await using receiver = await answering(`HTTP/1.1 302 Found\r\nLocation: ${other.origin}/\r\n\r\n`)
    expect(found(await probe(receiver.origin))).toBe(302)
    expect(other.connections()).toBe(0)
  })

  it('of a literal address has no look-up, and of plain http no TLS', async () => {
    await using receiver = await answering(ok)
    const { timing, certificate } = await probe(receiver.origin)
    expect([timing.dnsMs, timing.tlsMs, certificate]).toEqual([null, null, null])
    expect(timing.connectMs).toEqual(expect.any(Number))
  })

  it('shows the certificate that an endpoint would show', async () => {
    const ours = makeCertificate({ name: 'trunkline', issuer: authority })
    const { port } = await secure({ ...receiver, ca: authority.cert, requestCert: true })
    const url = `https://hooks.example.com:${port}/`
    const tls = { id: 'a', certificate: ours.cert, key: ours.key, ca: authority.cert }
    expect(found(await probe(url, { ca: [] }, tls))).toBe(200)
    expect(found(await probe(url))).not.toBe(200)
  })
})

describe('a certificate that is refused is shown all the same:', () => {
  it.each([
    ['expired', { name: 'hooks.example.com', issuer: authority, from: -30, to: -10 }, 'TLS_EXPIRED'],
    ['not valid yet', { name: 'hooks.example.com', issuer: authority, from: 10, to: 30 }, 'TLS_EXPIRED'],
    ['of another host', { name: 'other.example.com', issuer: authority }, 'TLS_HOSTNAME'],
    ['self-signed', { name: 'hooks.example.com' }, 'TLS_UNTRUSTED'],
  ])('%s', async (_, terms, cause) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { port, asked } = await secure({ ...makeCertificate(terms), maxVersion })
      const probed = await probe(`https://hooks.example.com:${port}/`)
      expect(found(probed)).toEqual(['tls', cause])
      expect(probed.certificate?.subject).toBe(`CN=${terms.name}`)
      expect(asked).toEqual([])
    }
  })
})

describe('a receiver that cannot be reached:', () => {
  const failing =
    (code: string): Resolve =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code }))

  it.each([
    ['no such name', failing('ENOTFOUND'), ['dns', 'DNS_NOT_FOUND']],
    ['a resolver that fails', failing('EAI_AGAIN'), ['dns', 'DNS_FAILED']],
    ['a resolver that hangs', () => new Promise<never>(() => {}), ['dns', 'DNS_FAILED']],
    ['a private address', async () => [{ address: '127.0.0.1', family: 4 as const }], ['address', 'PRIVATE_ADDRESS']],
  ])('%s', async (_, resolve, expected) => {
    const policy = { allowPrivate: [], allowHttp: false }
    expect(found(await probe('https://hooks.example.com/', { policy, resolve, timeoutMs: 100 }))).toEqual(expected)
  })

  it.each([
    ['https://10.0.0.1/', ['address', 'PRIVATE_ADDRESS']],
    ['https://localhost/', ['address', 'PRIVATE_ADDRESS']],
    ['http://hooks.example.com/', ['url', 'URL_REFUSED']],
    ['https://a:b@hooks.example.com/', ['url', 'URL_REFUSED']],
    ['not a URL', ['url', 'URL_REFUSED']],
  ])('%s, which nobody is asked about', async (url, expected) => {
    const resolve: Resolve = () => Promise.reject(new Error('asked'))
    const probed = await probe(url, { policy: { allowPrivate: [], allowHttp: false }, resolve })
    expect(found(probed)).toEqual(expected)
    expect(JSON.stringify(probed)).not.toContain('a:b')
  })

  it('nothing listens', async () => {
    const gone: Receiver = await listen(() => {})
    await gone[Symbol.asyncDispose]()
    expect(found(await probe(`https://hooks.example.com:${gone.port}/`))).toEqual(['connect', 'CONNECT_REFUSED'])
  })

  it.each([
    [
      'it does not speak TLS',
      'https',
      (): string | undefined => 'HTTP/1.1 400 Bad Request\r\n\r\n',
      'tls',
      'TLS_FAILED',
    ],
    ['it hangs in the handshake', 'https', () => undefined, 'tls', 'CONNECT_TIMEOUT'],
    ['it hangs before the answer', 'http', () => undefined, 'answer', 'RESPONSE_TIMEOUT'],
    ['it does not speak HTTP', 'http', () => 'SSH-2.0-OpenSSH_9.6\r\n', 'answer', 'RESPONSE_INVALID'],
    [
      'its headers do not end',
      'http',
      () => `HTTP/1.1 200 OK\r\na: ${'x'.repeat(70_000)}`,
      'answer',
      'RESPONSE_TOO_LARGE',
    ],
  ])('%s', async (_, scheme, say, step, cause) => {
    await using receiver = await listen((socket) =>
      socket.once('data', () => {
        const bytes = say()
        if (bytes !== undefined) socket.write(bytes)
      }),
    )
    expect(found(await probe(`${scheme}://127.0.0.1:${receiver.port}/`, { timeoutMs: 150 }))).toEqual([step, cause])
    await abandoned(receiver)
  })

  it('the proxy is at fault, through which it goes', async () => {
    await using proxy = await listen((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')),
    )
    const policy = { ...opened, proxy: { hostname: '127.0.0.1', port: proxy.port, authorization: null, direct: [] } }
    const probed = await probe('https://hooks.example.com/', { policy })
    expect(found(probed)).toEqual(['connect', 'PROXY_ERROR'])
    expect(proxy.received()).toMatch(/^CONNECT 127\.0\.0\.1:443 /)
  })
})

it('says so when too many are under way, and takes the next one after them', async () => {
  const looking: (() => void)[] = []
  const resolve: Resolve = () => new Promise((_, reject) => looking.push(() => reject(new Error('enough'))))
  const run = createProbe({ policy: opened, clock: systemClock, resolve, most: 2 })
  const both = [run('https://a.example.com/'), run('https://b.example.com/')]
  await expect(run('https://c.example.com/')).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 5 })
  for (const end of looking) end()
  for (const one of both) expect((await one).failedAt).toBe('dns')
  expect((await probe('https://127.0.0.1:1/')).failedAt).toBe('connect')
  const next = run('https://d.example.com/')
  for (const end of looking) end()
  expect((await next).failedAt).toBe('dns')
})
