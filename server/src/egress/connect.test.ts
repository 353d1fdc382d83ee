import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { AddressGuard } from './address.ts'
import { Dial, TlsSessions } from './connect.ts'
import type { Egress, Exchange, Order, Resolve } from './exchange.ts'
import { type Certificate, makeCertificate } from './exercise-certificates.ts'
import { abandoned, answering, listen, ok, onRequest, portOf } from './exercise-receivers.ts'
import { createEgress, type EgressNeeds } from './request.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function open(more: Partial<EgressNeeds> = {}): Egress {
  const egress = createEgress({
    policy: { allowPrivate: ['127.0.0.0/8'], allowHttp: false },
    clock: systemClock,
    ...more,
  })
  ends.push(() => egress.close())
  return egress
}

function post(egress: Egress, url: string, more: Partial<Order> = {}): Promise<Exchange> {
  return egress.request({
    url,
    method: 'POST',
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs: 2000,
    maxResponseBytes: 100,
    ...more,
  })
}

function cause({ outcome }: Exchange): string {
  return outcome.kind === 'failed' ? outcome.cause : `answered ${outcome.status}`
}

/** A resolver that knows these answers, one list a call; the last is repeated. */
function resolving(...answers: string[][]): Resolve & { asked: string[] } {
  const asked: string[] = []
  const resolve = async (hostname: string) => {
    const list = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    return list.map((address) => ({ address, family: address.includes(':') ? (6 as const) : (4 as const) }))
  }
  return Object.assign(resolve, { asked })
}

function failing(code: string): Resolve {
  return () => Promise.reject(Object.assign(new Error(`queryA ${code}`), { code }))
}

describe('a name', () => {
  it('is resolved, connected to by its address, and called by its name', async () => {
    await using receiver = await answering(ok)
    const resolve = resolving(['127.0.0.1'])
    const egress = open({ resolve })
    const exchange = await post(egress, `http://hooks.example.com:${receiver.port}/`)
    expect(cause(exchange)).toBe('answered 200')
    expect(exchange.timing).toMatchObject({ dnsMs: expect.any(Number), connectMs: expect.any(Number), tlsMs: null })
    expect(receiver.received()).toContain(`host: hooks.example.com:${receiver.port}\r\n`)
    await post(egress, `http://hooks.example.com:${receiver.port}/`)
    expect(resolve.asked).toEqual(['hooks.example.com'])
  })

  it('has its families tried in turn, so that one that leads nowhere does not take all tries', async () => {
    await using receiver = await answering(ok)
    // Nothing of fd00::/8 is reached from here; 127.0.0.1 answers.
    const dead = [1, 2, 3, 4, 5].map((n) => `fd00:dead::${n}`)
    const policy = { allowPrivate: ['127.0.0.0/8', 'fd00::/8'], allowHttp: false }
    const egress = open({ policy, resolve: resolving([...dead, '127.0.0.1']), connectTimeoutMs: 2000 })
    const exchange = await post(egress, `http://hooks.example.com:${receiver.port}/`)
    expect(cause(exchange)).toBe('answered 200')
  })

  it('tells its address only to whom the network is', async () => {
    const tell = async (hidesAddresses: boolean) => {
      const policy = { allowPrivate: [], allowHttp: false, hidesAddresses }
      const { outcome } = await post(open({ policy, resolve: resolving(['10.2.3.4']) }), 'https://git.corp.example/')
      return outcome.kind === 'failed' ? outcome.detail : ''
    }
    expect(await tell(false)).toContain('10.2.3.4')
    expect(await tell(true)).toBe(
      'the name "git.corp.example" leads to a forbidden address: it is none that deliveries may reach',
    )
  })

  it.each(['EMFILE', 'ENOMEM'])('that this machine cannot look up (%s) is no fault of the receiver', async (code) => {
    expect(cause(await post(open({ resolve: failing(code) }), 'https://hooks.example.com/'))).toBe('LOCAL_FAULT')
  })

  it('is resolved anew for every new connection', async () => {
    await using receiver = await answering(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    const resolve = resolving(['127.0.0.1'], ['10.0.0.1'])
    const egress = open({ resolve })
    const url = `http://flips.example.com:${receiver.port}/`
    expect(cause(await post(egress, url))).toBe('answered 200')
    expect(await post(egress, url)).toMatchObject({
      outcome: {
        cause: 'PRIVATE_ADDRESS',
        detail:
          'the name "flips.example.com" leads to a forbidden address: 10.0.0.1 is not a public address (private use), and no allowed range contains it',
      },
    })
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    [['127.0.0.1', '10.0.0.1']],
    [['10.0.0.1', '127.0.0.1']],
    [['127.0.0.1', '::1']],
    [['127.0.0.1', '::ffff:127.0.0.1']],
    [['127.0.0.1', 'fe80::1%lo']],
    [['127.0.0.1', 'nonsense']],
  ])('with the answers %j is refused as a whole', async (answers) => {
    await using receiver = await answering(ok)
    const exchange = await post(open({ resolve: resolving(answers) }), `http://mixed.example.com:${receiver.port}/`)
    expect(cause(exchange)).toBe('PRIVATE_ADDRESS')
    expect(receiver.connections()).toBe(0)
  })

  it.each(['localhost', 'app.localhost'])('%s uses the allowed spelling of this machine', async (name) => {
    await using receiver = await answering(ok)
    const egress = open({ resolve: resolving(['::1', '127.0.0.1']) })
    expect(cause(await post(egress, `http://${name}:${receiver.port}/`))).toBe('answered 200')
    const other = open({ resolve: resolving(['::1']) })
    expect(cause(await post(other, `http://${name}:${receiver.port}/`))).toBe('PRIVATE_ADDRESS')
  })

  it('of a public address is refused by http before anything is opened', async () => {
    const exchange = await post(open({ resolve: resolving(['93.184.216.34']) }), 'http://example.com/')
    expect(exchange.outcome).toMatchObject({ cause: 'URL_REFUSED' })
  })

  it.each([
    ['ENOTFOUND', 'DNS_NOT_FOUND', 'the name "x.example.com" does not exist or has no address (ENOTFOUND)'],
    ['ENODATA', 'DNS_NOT_FOUND', 'the name "x.example.com" does not exist or has no address (ENODATA)'],
    ['EAI_AGAIN', 'DNS_FAILED', 'the look-up of "x.example.com" failed (EAI_AGAIN)'],
    ['ESERVFAIL', 'DNS_FAILED', 'the look-up of "x.example.com" failed (ESERVFAIL)'],
  ])('whose look-up says %s is %s', async (code, expected, detail) => {
    const { outcome } = await post(open({ resolve: failing(code) }), 'https://x.example.com/?token=secret')
    expect(outcome).toEqual({ kind: 'failed', cause: expected, detail })
  })

  it('without addresses is DNS_NOT_FOUND', async () => {
    expect(cause(await post(open({ resolve: resolving([]) }), 'https://x.example.com/'))).toBe('DNS_NOT_FOUND')
  })

  it('whose look-up never ends is DNS_FAILED at the deadline, or when the time to connect is over', async () => {
    const resolve: Resolve = () => new Promise(() => {})
    expect(cause(await post(open({ resolve }), 'https://x.example.com/', { timeoutMs: 80 }))).toBe('DNS_FAILED')
    expect(cause(await post(open({ resolve, connectTimeoutMs: 80 }), 'https://x.example.com/'))).toBe('DNS_FAILED')
  })

  it('whose look-up ends after the order was stopped opens no connection', async () => {
    await using receiver = await answering(ok)
    const stop = new AbortController()
    let found = () => {}
    const resolve: Resolve = () => new Promise((done) => (found = () => done([{ address: '127.0.0.1', family: 4 }])))
    const exchange = post(open({ resolve }), `http://x.example.com:${receiver.port}/`, { signal: stop.signal })
    stop.abort()
    expect(cause(await exchange)).toBe('STOPPED')
    found()
    // A connection made later than ours would have been is proof enough that ours was not made.
    expect(cause(await post(open(), `${receiver.origin}/`))).toBe('answered 200')
    expect(receiver.connections()).toBe(1)
  })
})

it('asks the socket itself where it ended up', async () => {
  await using receiver = await answering(ok)
  const judged: string[] = []
  const guard: AddressGuard = {
    hidesAddresses: false,
    judge(address) {
      judged.push(address)
      if (judged.length < 2) return { kind: 'allowed' }
      return { kind: 'refused', cause: 'PRIVATE_ADDRESS', detail: 'somewhere else' }
    },
  }
  const place = { origin: receiver.origin, protocol: 'http:', hostname: '127.0.0.1', port: receiver.port } as const
  const secureContext = createSecureContext()
  const dial = new Dial(place, {
    guard,
    resolve: resolving([]),
    clock: systemClock,
    secureContext,
    sessions: new TlsSessions(1),
  })
  await expect(dial.open(1000)).rejects.toMatchObject({ fault: 'PRIVATE_ADDRESS', message: 'somewhere else' })
  expect(judged).toEqual(['127.0.0.1', '127.0.0.1'])
  await abandoned(receiver)
})

describe('the addresses of a name', () => {
  it('are tried one after the other', async () => {
    await using receiver = await answering(ok)
    const egress = open({ resolve: resolving(['127.0.0.2', '127.0.0.3', '127.0.0.1']) })
    expect(cause(await post(egress, `http://x.example.com:${receiver.port}/`))).toBe('answered 200')
  })

  it('share the time, so that one that swallows packets does not use it all', async () => {
    await using hole = await blackHole('127.0.0.3')
    await using receiver = await listen((socket) => onRequest(socket, () => socket.write(ok)), '127.0.0.1', hole.port)
    const resolve = resolving(['127.0.0.3', '127.0.0.1'])
    const egress = open({ resolve, connectTimeoutMs: 400 })
    const exchange = await post(egress, `http://x.example.com:${receiver.port}/`)
    expect(cause(exchange)).toBe('answered 200')
    expect(exchange.timing.connectMs).toBeGreaterThanOrEqual(199)
    expect(exchange.timing.connectMs).toBeLessThan(390)
  })

  it('end in CONNECT_TIMEOUT when the only one swallows packets, within the deadline', async () => {
    await using hole = await blackHole('127.0.0.3')
    const url = `http://127.0.0.3:${hole.port}/`
    expect(cause(await post(open({ connectTimeoutMs: 100 }), url))).toBe('CONNECT_TIMEOUT')
    const { outcome } = await post(open(), url, { timeoutMs: 100 })
    expect(outcome).toMatchObject({ cause: 'CONNECT_TIMEOUT' })
  })

  it('are four at most', async () => {
    await using receiver = await answering(ok)
    const resolve = resolving(['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.1'])
    expect(cause(await post(open({ resolve }), `http://x.example.com:${receiver.port}/`))).toBe('CONNECT_REFUSED')
  })
})

describe('TLS', () => {
  const authority = makeCertificate({ name: 'Test authority', isAuthority: true })
  const good = makeCertificate({ name: 'hooks.example.com', issuer: authority })
  const resolve = resolving(['127.0.0.1'])

  function trusting(more: Partial<EgressNeeds> = {}): Egress {
    return open({ resolve, ca: [authority.cert], ...more })
  }

  async function secure({ cert, key }: Certificate, more: TlsOptions = {}, seen: unknown[] = []) {
    const server = createTlsServer({ cert, key, ...more }, (socket) => {
      seen.push([socket.servername, socket.isSessionReused() ? 'resumed' : 'new'])
      onRequest(socket, () => socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`))
    })
    server.on('tlsClientError', () => {})
    const port = await portOf(server)
    ends.push(() => server.close())
    return `https://hooks.example.com:${port}/`
  }

  it('delivers to the name of the certificate, timed, and resumes the session', async () => {
    const seen: unknown[] = []
    const url = await secure(good, {}, seen)
    const egress = trusting()
    for (let i = 0; i < 3; i++) {
      const exchange = await post(egress, url)
      expect(exchange.outcome).toEqual({ kind: 'answered', status: 200 })
      expect(exchange.timing.tlsMs).toBeGreaterThan(0)
    }
    expect(seen).toEqual([
      [good.name, 'new'],
      [good.name, 'resumed'],
      [good.name, 'resumed'],
    ])
  })

  it.each([
    [
      'an expired certificate',
      makeCertificate({ name: good.name, issuer: authority, from: -9, to: -2 }),
      'TLS_EXPIRED',
    ],
    [
      'one that is not valid yet',
      makeCertificate({ name: good.name, issuer: authority, from: 2, to: 9 }),
      'TLS_EXPIRED',
    ],
    ['one of another host', makeCertificate({ name: 'other.example.com', issuer: authority }), 'TLS_HOSTNAME'],
    ['one that signed itself', makeCertificate({ name: good.name }), 'TLS_UNTRUSTED'],
    [
      'one of an unknown authority',
      makeCertificate({ name: good.name, issuer: makeCertificate({ name: 'Nobody', isAuthority: true }) }),
      'TLS_UNTRUSTED',
    ],
  ])('with %s is %s', async (_name, certificate, expected) => {
    const url = await secure(certificate)
    const { outcome } = await post(trusting(), `${url}?token=secret`)
    expect(outcome).toMatchObject({ cause: expected, detail: expect.stringContaining(new URL(url).host) })
    expect(JSON.stringify(outcome)).not.toContain('secret')
  })

  it.each([
    [
      'an expired certificate',
      makeCertificate({ name: good.name, issuer: authority, from: -9, to: -2 }),
      'TLS_EXPIRED',
    ],
    ['one that signed itself', makeCertificate({ name: good.name }), 'TLS_UNTRUSTED'],
  ])('with %s is refused whatever the environment says', async (_name, certificate, expected) => {
    const url = await secure(certificate)
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      expect(cause(await post(trusting(), url))).toBe(expected)
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    }
  })

  it('by address needs a certificate for the address', async () => {
    const url = await secure(good)
    expect(cause(await post(trusting(), url.replace(good.name, '127.0.0.1')))).toBe('TLS_HOSTNAME')
  })

  it('with a version of the past is TLS_FAILED', async () => {
    const url = await secure(good, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    expect(cause(await post(trusting(), url))).toBe('TLS_FAILED')
  })

  it('with a plain HTTP server is TLS_FAILED', async () => {
    const server = createHttpServer((_request, response) => response.end())
    const port = await portOf(server)
    ends.push(() => server.close())
    expect(cause(await post(trusting(), `https://hooks.example.com:${port}/`))).toBe('TLS_FAILED')
  })

  it('with a receiver that hangs up in the handshake is TLS_FAILED', async () => {
    await using receiver = await listen((socket) => socket.once('data', () => socket.destroy()))
    expect(cause(await post(trusting(), `https://hooks.example.com:${receiver.port}/`))).toBe('TLS_FAILED')
  })

  it('with a silent receiver is CONNECT_TIMEOUT, and the connection ends', async () => {
    await using receiver = await listen(() => {})
    const url = `https://hooks.example.com:${receiver.port}/`
    expect((await post(trusting(), url, { timeoutMs: 100 })).outcome).toMatchObject({
      cause: 'CONNECT_TIMEOUT',
      detail: expect.stringContaining('TLS handshake'),
    })
    expect(cause(await post(trusting({ connectTimeoutMs: 100 }), url))).toBe('CONNECT_TIMEOUT')
    await abandoned(receiver)
    expect(receiver.connections()).toBe(2)
  })

  it('that is stopped in the handshake ends at once', async () => {
    const stop = new AbortController()
    await using receiver = await listen((socket) => socket.once('data', () => stop.abort()))
    const start = performance.now()
    const url = `https://hooks.example.com:${receiver.port}/`
    expect(cause(await post(trusting(), url, { timeoutMs: 9000, signal: stop.signal }))).toBe('STOPPED')
    await abandoned(receiver)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

/** A port that takes no more connections and says nothing about it: its accept queue is full, and nobody accepts. */
async function blackHole(host: string): Promise<AsyncDisposable & { port: number }> {
  const code = `
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ port: 0, host: '${host}', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
    })`
  const worker = new Worker(code, { eval: true })
  const [port] = (await once(worker, 'message')) as [number]
  const fillers: Socket[] = []
  for (let i = 0; i < 8; i++) fillers.push(connect(port, host).on('error', () => {}))
  await once(fillers[0] as Socket, 'connect')
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      await worker.terminate()
    },
  }
}
