import { once } from 'node:events'
import { connect } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { EgressProxy, Exchange, Order, Resolve } from './exchange.ts'
import { makeCertificate } from './exercise-certificates.ts'
import { answering, listen, ok, onRequest, portOf } from './exercise-receivers.ts'
import { isDirect, readProxy } from './proxy.ts'
import { createEgress, type EgressNeeds } from './request.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const home: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]

async function post(
  proxy: Partial<EgressProxy> & { port: number },
  url: string,
  { allowPrivate = ['127.0.0.0/8'], ...more }: Partial<EgressNeeds> & { allowPrivate?: string[] } = {},
  order: Partial<Order> = {},
): Promise<Exchange> {
  const policy = {
    allowPrivate,
    allowHttp: true,
    proxy: { hostname: '127.0.0.1', authorization: null, direct: [], ...proxy },
  }
  const egress = createEgress({ policy, clock: systemClock, resolve: home, ...more })
  ends.push(() => egress.close())
  const usual = {
    method: 'POST',
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs: 2000,
    maxResponseBytes: 100,
  } as const
  return egress.request({ url, ...usual, ...order })
}

const cause = ({ outcome }: Exchange) => (outcome.kind === 'failed' ? outcome.cause : `answered ${outcome.status}`)

/** A proxy that opens tunnels to this machine. */
const openProxy = () =>
  listen((socket) =>
    socket.once('data', (head) => {
      const port = Number(/^CONNECT [^ ]*:(\d+) /.exec(head.toString())?.[1])
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\nx-proxy: yes\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
    }),
  )

describe('a delivery through a proxy', () => {
  it('asks it for the address that was judged, with its credentials, and calls the receiver by its name', async () => {
    await using proxy = await openProxy()
    await using receiver = await answering(ok)
    const { authorization = null } = readProxy('http://me:p%2Fw@127.0.0.1') ?? {}
    const exchange = await post({ port: proxy.port, authorization }, `http://hooks.example.com:${receiver.port}/in`)
    expect(cause(exchange)).toBe('answered 200')
    expect(exchange.timing).toMatchObject({ dnsMs: expect.any(Number), connectMs: expect.any(Number), tlsMs: null })
    const asked = `127.0.0.1:${receiver.port}`
    expect(proxy.received().split('\r\n\r\n')[0]).toBe(
      `CONNECT ${asked} HTTP/1.1\r\nhost: ${asked}\r\nproxy-authorization: Basic ${btoa('me:p/w')}`,
    )
    expect(receiver.received()).toContain(`host: hooks.example.com:${receiver.port}\r\n`)
    expect(receiver.received()).not.toContain('proxy-authorization')
  })

  it('has its own TLS with the receiver, whose certificate is checked', async () => {
    const authority = makeCertificate({ name: 'Test authority', isAuthority: true })
    const { cert, key } = makeCertificate({ name: 'hooks.example.com', issuer: authority })
    const server = createTlsServer({ cert, key }, (socket) => onRequest(socket, () => socket.write(ok)))
    server.on('tlsClientError', () => {})
    const port = await portOf(server)
    ends.push(() => server.close())
    await using proxy = await openProxy()
    const ca = [authority.cert]
    const good = await post({ port: proxy.port }, `https://hooks.example.com:${port}/`, { ca })
    expect(cause(good)).toBe('answered 200')
    expect(good.timing.tlsMs).toBeGreaterThan(0)
    expect(cause(await post({ port: proxy.port }, `https://other.example.com:${port}/`, { ca }))).toBe('TLS_HOSTNAME')
    expect(proxy.received()).not.toContain('POST')
  })

  it('goes directly to what NO_PROXY names', async () => {
    await using proxy = await openProxy()
    await using receiver = await answering(ok)
    const url = `http://hooks.example.com:${receiver.port}/`
    expect(cause(await post({ port: proxy.port, direct: ['.example.com'] }, url))).toBe('answered 200')
    expect(proxy.connections()).toBe(0)
  })

  it.each([[[]], [['*']], [['hooks.example.com']], [['10.0.0.0/8']]])(
    'is guarded, whatever NO_PROXY says: %j',
    async (direct) => {
      await using proxy = await openProxy()
      const resolve: Resolve = async () => [{ address: '10.0.0.1', family: 4 }]
      const exchange = await post({ port: proxy.port, direct }, 'http://hooks.example.com/', { resolve })
      expect(cause(exchange)).toBe('PRIVATE_ADDRESS')
      for (const url of ['http://10.0.0.1/', 'http://[::ffff:127.0.0.1]/'])
        expect(cause(await post({ port: proxy.port, direct }, url))).toBe('PRIVATE_ADDRESS')
      expect(proxy.connections()).toBe(0)
    },
  )
})

describe('a proxy that fails', () => {
  const url = 'https://hooks.example.com/?token=secret'

  it.each([
    ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'PROXY_ERROR', /wants other credentials.*407/],
    ['403', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'PROXY_ERROR', /answered 403/],
    ['502', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno', 'PROXY_ERROR', /answered 502/],
    ['503', 'HTTP/1.0 503 Service Unavailable\r\n\r\n', 'PROXY_ERROR', /answered 503/],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'PROXY_ERROR', /did not answer in HTTP/],
    ['an endless head', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`, 'PROXY_ERROR', /did not answer in HTTP/],
    [
      'a 502 that says who is at fault',
      'HTTP/1.1 502 No\r\nProxy-Status: p; error=connection_refused\r\n\r\n',
      'CONNECT_REFUSED',
      /refused/,
    ],
    [
      'a 504 of the receiver',
      'HTTP/1.1 504 No\r\nproxy-status: p; error=connection_timeout\r\n\r\n',
      'CONNECT_TIMEOUT',
      /in time/,
    ],
    ['a 503 of Squid', 'HTTP/1.1 503 No\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n', 'CONNECT_REFUSED', /refused/],
    [
      'a 503 of Squid’s own',
      'HTTP/1.1 503 No\r\nX-Squid-Error: ERR_CANNOT_FORWARD 0\r\n\r\n',
      'PROXY_ERROR',
      /ERR_CANNOT_FORWARD/,
    ],
  ])('with %s', async (_name, bytes, expected, detail) => {
    await using proxy = await listen((socket) => socket.once('data', () => socket.write(bytes)))
    const { outcome } = await post({ port: proxy.port, authorization: 'Basic hunter2' }, url)
    expect(outcome).toMatchObject({ cause: expected, detail: expect.stringMatching(detail) })
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2|secret/)
  })

  it('by closing, by silence, or by not being there is ours as well', async () => {
    await using hanging = await listen(() => {})
    expect(cause(await post({ port: hanging.port }, url, { connectTimeoutMs: 80 }))).toBe('PROXY_ERROR')
    expect(cause(await post({ port: hanging.port }, url, {}, { timeoutMs: 80 }))).toBe('PROXY_ERROR')
    await using closing = await listen((socket) => socket.once('data', () => socket.end()))
    expect(cause(await post({ port: closing.port }, url))).toBe('PROXY_ERROR')
    const gone = await listen(() => {})
    await gone[Symbol.asyncDispose]()
    expect((await post({ port: gone.port }, url)).outcome).toMatchObject({
      cause: 'PROXY_ERROR',
      detail: `the proxy 127.0.0.1:${gone.port} cannot be reached (ECONNREFUSED)`,
    })
  })

  it('is left at once when the order is stopped', async () => {
    const stop = new AbortController()
    await using proxy = await listen((socket) => socket.once('data', () => stop.abort()))
    expect(cause(await post({ port: proxy.port }, url, {}, { signal: stop.signal }))).toBe('STOPPED')
    for (const socket of proxy.sockets) if (!socket.closed) await once(socket, 'close')
  })
})

describe('the setting', () => {
  it.each(['proxy:3128', 'https://proxy:3128', 'socks5://proxy', 'http://proxy/path', 'http://', 'http://u:%zz@p', ''])(
    '%j is not a proxy',
    (text) => expect(readProxy(text)).toBeUndefined(),
  )

  it.each([
    ['*', true],
    ['example.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['HOOKS.example.com', true],
    ['hooks.example.com:8443', true],
    ['hooks.example.com:443', false],
    ['ample.com', false],
    ['com.', false],
    ['10.1.0.0/16', true],
    ['10.1.2.3', true],
    ['10.1.2.3:8443', true],
    ['[fd00::1]:8443', false],
    ['10.2.0.0/16', false],
    ['10.1.0.0/99', false],
    ['', false],
  ])('NO_PROXY=%s takes hooks.example.com:8443 (10.1.2.3): %s', (entry, expected) => {
    const hostname = 'hooks.example.com'
    const place = { origin: `https://${hostname}:8443`, protocol: 'https:', hostname, port: 8443 } as const
    expect(isDirect([entry], place, ['10.1.2.3'])).toBe(expected)
  })
})
