import { getEventListeners, once } from 'node:events'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { Egress, Exchange, Order } from './exchange.ts'
import { abandoned, answering, listen, ok, onRequest, type Receiver } from './exercise-receivers.ts'
import { createEgress, type EgressNeeds } from './request.ts'

const closing: Egress[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((egress) => egress.close()))
})

function open(more: Partial<EgressNeeds> = {}): Egress {
  const egress = createEgress({
    policy: { allowPrivate: ['127.0.0.0/8'], allowHttp: false },
    clock: systemClock,
    ...more,
  })
  closing.push(egress)
  return egress
}

function order(url: string, more: Partial<Order> = {}): Order {
  const headers = ['content-type', 'application/json', 'webhook-id', 'evt_1']
  return {
    url,
    method: 'POST',
    headers,
    body: Buffer.from('{"a":1}'),
    timeoutMs: 2000,
    maxResponseBytes: 1024,
    ...more,
  }
}

function cause({ outcome }: Exchange): string {
  return outcome.kind === 'failed' ? outcome.cause : `answered ${outcome.status}`
}

describe('an answered request', () => {
  it('sends the bytes it was given and keeps the answer as it came', async () => {
    await using receiver = await answering(
      'HTTP/1.1 201 Created\r\nX-CamelCase: caf\xe9\r\nx-b: 1\r\nX-B: 2\r\nContent-Length: 4\r\n\r\ndone',
    )
    const exchange = await open().request(order(`${receiver.origin}/in/a%20b?c=d#e`))
    expect(receiver.received()).toBe(
      `POST /in/a%20b?c=d HTTP/1.1\r\nhost: 127.0.0.1:${receiver.port}\r\nconnection: keep-alive\r\n` +
        'content-type: application/json\r\nwebhook-id: evt_1\r\ncontent-length: 7\r\n\r\n{"a":1}',
    )
    expect(exchange).toMatchObject({
      outcome: { kind: 'answered', status: 201 },
      responseHeaders: [
        ['X-CamelCase', 'caf\xe9'],
        ['x-b', '1'],
        ['X-B', '2'],
        ['Content-Length', '4'],
      ],
      isTruncated: false,
      timing: { dnsMs: null, connectMs: expect.any(Number), tlsMs: null, firstByteMs: expect.any(Number) },
    })
    expect(exchange.responseBody.toString()).toBe('done')
  })

  it('uses the connection again and says so in the timing', async () => {
    await using receiver = await answering(ok)
    const egress = open()
    await egress.request(order(receiver.origin))
    const { timing } = await egress.request(order(receiver.origin))
    expect(receiver.connections()).toBe(1)
    expect(timing).toMatchObject({ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: expect.any(Number) })
    expect(timing.totalMs).toBeGreaterThanOrEqual(timing.firstByteMs ?? Number.NaN)
  })

  it.each([
    ['204 without a body', 'HTTP/1.1 204 No Content\r\n\r\n', 204, ''],
    ['500', 'HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno', 500, 'no'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n', 200, 'abc'],
    ['a status without words', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 200, ''],
    [
      '103 and 102 first',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}`,
      200,
      'ok',
    ],
  ])('takes an answer: %s', async (_name, bytes, status, body) => {
    await using receiver = await answering(bytes)
    const egress = open()
    for (let i = 0; i < 2; i++) {
      const exchange = await egress.request(order(receiver.origin))
      expect(exchange.outcome).toEqual({ kind: 'answered', status })
      expect(exchange.responseBody.toString()).toBe(body)
    }
    expect(receiver.connections()).toBe(1)
  })

  it('takes HTTP/1.0, whose answer ends with the connection', async () => {
    await using receiver = await listen((socket) => onRequest(socket, () => socket.end('HTTP/1.0 200 OK\r\n\r\nold')))
    const egress = open()
    for (let i = 1; i <= 2; i++) {
      const exchange = await egress.request(order(receiver.origin))
      expect(exchange.outcome).toEqual({ kind: 'answered', status: 200 })
      expect(exchange.responseBody.toString()).toBe('old')
      expect(receiver.connections()).toBe(i)
    }
  })

  it('sends a GET without a body, and a POST with an empty one', async () => {
    await using receiver = await answering(ok)
    const egress = open()
    await egress.request(order(receiver.origin, { method: 'GET', headers: [], body: undefined }))
    await egress.request(order(receiver.origin, { method: 'POST', headers: [], body: new Uint8Array() }))
    const host = `HTTP/1.1\r\nhost: 127.0.0.1:${receiver.port}\r\nconnection: keep-alive\r\n`
    expect(receiver.received()).toBe(`GET / ${host}\r\nPOST / ${host}content-length: 0\r\n\r\n`)
  })

  it('never follows a redirect', async () => {
    await using secret = await answering(ok)
    await using receiver = await answering(
      `HTTP/1.1 302 Found\r\nLocation: ${secret.origin}/\r\nContent-Length: 0\r\n\r\n`,
    )
    const exchange = await open().request(order(receiver.origin))
    expect(exchange.outcome).toEqual({ kind: 'answered', status: 302 })
    expect(secret.connections()).toBe(0)
  })

  it('takes no proxy from the environment', async () => {
    await using proxy = await answering(ok)
    await using receiver = await answering(ok)
    const before = { ...process.env }
    Object.assign(process.env, { HTTP_PROXY: proxy.origin, http_proxy: proxy.origin, ALL_PROXY: proxy.origin })
    try {
      expect(cause(await open().request(order(receiver.origin)))).toBe('answered 200')
    } finally {
      process.env = before
    }
    expect(proxy.connections()).toBe(0)
  })
})

describe('what is kept of an answer', () => {
  it('is the first bytes; an endless body is cut off with its connection', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    await using receiver = await listen((socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        const more = () => {
          while (socket.writable && socket.write(chunk)) {}
        }
        socket.on('drain', more)
        more()
      }),
    )
    const exchange = await open().request(order(receiver.origin))
    expect(exchange).toMatchObject({ outcome: { kind: 'answered', status: 200 }, isTruncated: true })
    expect(exchange.responseBody.equals(Buffer.alloc(1024, 'x'))).toBe(true)
    await abandoned(receiver)
  })

  it.each([
    [1023, false],
    [1024, false],
    [1025, true],
    [200_000, true],
  ])('of %i bytes with a cap of 1024: cut off %s', async (size, isTruncated) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`
    await using receiver = await answering(Buffer.concat([Buffer.from(head), Buffer.alloc(size, 'x')]))
    const exchange = await open().request(order(receiver.origin))
    expect(exchange.isTruncated).toBe(isTruncated)
    expect(exchange.responseBody.length).toBe(Math.min(size, 1024))
  })

  it('is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`
    await using receiver = await answering(Buffer.concat([Buffer.from(head), bomb]))
    const exchange = await open().request(order(receiver.origin))
    expect(exchange.responseBody.equals(bomb.subarray(0, 1024))).toBe(true)
  })

  it('is 100 headers of 5,000', async () => {
    const headers = Array.from({ length: 5000 }, (_, i) => `x${i}: y\r\n`).join('')
    await using receiver = await answering(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 0\r\n\r\n`)
    const exchange = await open().request(order(receiver.origin))
    expect(cause(exchange)).toBe('answered 200')
    expect(exchange.responseHeaders.length).toBe(100)
    expect(exchange.responseHeaders[99]).toEqual(['x99', 'y'])
  })

  it('is 16 KiB of headers at most', async () => {
    const headers = Array.from({ length: 5 }, (_, i) => `x${i}: ${'y'.repeat(4000)}\r\n`).join('')
    await using receiver = await answering(`HTTP/1.1 200 OK\r\n${headers}Content-Length: 0\r\n\r\n`)
    const { responseHeaders } = await open().request(order(receiver.origin))
    expect(responseHeaders.map(([name]) => name)).toEqual(['x0', 'x1', 'x2', 'x3'])
  })
})

describe('the deadline', () => {
  const late = { timeoutMs: 150 }

  it('ends a receiver that never answers, on time and with its connection', async () => {
    await using receiver = await listen(() => {})
    const start = performance.now()
    const exchange = await open().request(order(receiver.origin, late))
    expect(performance.now() - start).toBeLessThan(150 + 300)
    expect(exchange.timing.totalMs).toBeGreaterThanOrEqual(149)
    expect(exchange.outcome).toEqual({
      kind: 'failed',
      cause: 'RESPONSE_TIMEOUT',
      detail: `127.0.0.1:${receiver.port} did not answer in 150 ms`,
    })
    await abandoned(receiver)
    // Nor is the receiver called again behind our back.
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    ['the status line', 'HTTP/1.1 200 O', 'K'],
    ['the headers', 'HTTP/1.1 200 OK\r\nx: ', 'y'],
    ['interim answers', '', ''],
  ])('ends a receiver that drips %s', async (_name, first, drip) => {
    await using receiver = await listen((socket) => {
      socket.write(first)
      const timer = setInterval(() => socket.write(drip || 'HTTP/1.1 102 Processing\r\n\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const exchange = await open().request(order(receiver.origin, late))
    expect(cause(exchange)).toBe('RESPONSE_TIMEOUT')
    expect(exchange.responseHeaders).toEqual([])
  })

  it('ends a receiver that drips its body, and keeps what came', async () => {
    await using receiver = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
      const timer = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const exchange = await open().request(order(receiver.origin, late))
    expect(exchange).toMatchObject({
      outcome: { cause: 'RESPONSE_TIMEOUT', detail: `127.0.0.1:${receiver.port} did not finish its answer in 150 ms` },
      responseHeaders: [['Content-Length', '1000']],
    })
    expect(exchange.responseBody.toString()).toMatch(/^x+$/)
    expect(exchange.timing.firstByteMs).toBeLessThan(150)
  })

  it('ends a receiver that does not read a large request', async () => {
    await using receiver = await listen((socket) => socket.pause())
    const exchange = await open().request(order(receiver.origin, { ...late, body: Buffer.alloc(20_000_000) }))
    expect(cause(exchange)).toBe('RESPONSE_TIMEOUT')
  })
})

describe('a broken answer', () => {
  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n', 'RESPONSE_INVALID'],
    ['binary', Buffer.from([0x16, 3, 1, 0, 0xff, 0]), 'RESPONSE_INVALID'],
    ['HTTP/0.9', 'hello', 'RESPONSE_INVALID'],
    ['the status 999', 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n', 'RESPONSE_INVALID'],
    ['the status 600', 'HTTP/1.1 600 No\r\nContent-Length: 0\r\n\r\n', 'RESPONSE_INVALID'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'RESPONSE_INVALID'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'RESPONSE_INVALID'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'RESPONSE_INVALID'],
    ['a line break in a header', 'HTTP/1.1 200 OK\r\nx: a\nb\r\n\r\n', 'RESPONSE_INVALID'],
    ['a zero byte in a header', 'HTTP/1.1 200 OK\r\nx: a\0b\r\nContent-Length: 0\r\n\r\n', 'RESPONSE_INVALID'],
    ['200 KB of headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`, 'RESPONSE_TOO_LARGE'],
    ['nothing but interim answers', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000), 'RESPONSE_INVALID'],
    [
      'an unasked 101',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'RESPONSE_INVALID',
    ],
    ['an unasked 100', `HTTP/1.1 100 Continue\r\n\r\n${ok}`, 'RESPONSE_INVALID'],
  ])('of %s is refused', async (_name, bytes, expected) => {
    await using receiver = await answering(bytes)
    const exchange = await open().request(order(receiver.origin))
    expect(cause(exchange)).toBe(expected)
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    ['before the status', '', 'CONNECTION_LOST'],
    ['in the status', 'HTTP/1.1 20', 'CONNECTION_LOST'],
    ['in the headers', 'HTTP/1.1 200 OK\r\nConte', 'CONNECTION_LOST'],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'CONNECTION_LOST'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', 'CONNECTION_LOST'],
    ['in a last body', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nabc', 'RESPONSE_INVALID'],
  ])('that ends %s is a failure, and the request was sent once', async (_name, bytes, expected) => {
    for (const isReset of [false, true]) {
      await using receiver = await listen((socket) =>
        onRequest(socket, () => {
          if (!isReset) socket.end(bytes)
          else if (bytes === '') socket.resetAndDestroy()
          else socket.write(bytes, () => socket.resetAndDestroy())
        }),
      )
      const exchange = await open().request(order(receiver.origin))
      expect([expected, 'CONNECTION_LOST']).toContain(cause(exchange))
      expect(receiver.received().match(/POST/g)?.length).toBe(1)
    }
  })
})

describe('a connection that was closed between requests', () => {
  const ends: [string, (socket: Socket) => void][] = [
    ['in good order', (socket) => socket.end()],
    ['hard', (socket) => socket.destroy()],
    ['with a reset', (socket) => socket.resetAndDestroy()],
    ['after stray bytes', (socket) => socket.write('stray')],
    ['after an answer nobody asked for', (socket) => socket.write(ok)],
  ]

  it.each(ends)('%s costs no delivery and sends none twice', async (_name, end) => {
    await using receiver = await answering(ok)
    const egress = open()
    expect(cause(await egress.request(order(receiver.origin)))).toBe('answered 200')
    for (const socket of receiver.sockets) end(socket)
    // In the same turn: the end of the connection has not been read yet.
    expect(cause(await egress.request(order(receiver.origin)))).toBe('answered 200')
    expect(receiver.connections()).toBe(2)
    expect(receiver.received().match(/POST/g)?.length).toBe(2)
  })

  it('by a receiver that had read the second request is CONNECTION_LOST, and it is not sent again', async () => {
    await using receiver = await listen((socket) =>
      onRequest(socket, (_request, index) => (index === 0 ? socket.write(ok) : socket.destroy())),
    )
    const egress = open()
    expect(cause(await egress.request(order(receiver.origin)))).toBe('answered 200')
    expect(cause(await egress.request(order(receiver.origin)))).toBe('CONNECTION_LOST')
    expect(receiver.received().match(/POST/g)?.length).toBe(2)
    expect(receiver.connections()).toBe(1)
  })
})

describe('an order', () => {
  it('that is stopped before it begins is never sent', async () => {
    await using receiver = await answering(ok)
    expect(cause(await open().request(order(receiver.origin, { signal: AbortSignal.abort() })))).toBe('STOPPED')
    expect(receiver.connections()).toBe(0)
  })

  it('that is stopped on its way ends at once, with its connection', async () => {
    const stop = new AbortController()
    await using receiver = await listen((socket) => onRequest(socket, () => stop.abort()))
    expect(cause(await open().request(order(receiver.origin, { signal: stop.signal })))).toBe('STOPPED')
    await abandoned(receiver)
    expect(receiver.connections()).toBe(1)
  })

  it('shares one listener on the signal with the others', async () => {
    const stop = new AbortController()
    let requests = 0
    await using receiver = await listen((socket) => onRequest(socket, () => ++requests === 20 && stop.abort()))
    const egress = open()
    const all = Array.from({ length: 20 }, () => egress.request(order(receiver.origin, { signal: stop.signal })))
    expect(getEventListeners(stop.signal, 'abort').length).toBe(1)
    for (const exchange of await Promise.all(all)) expect(cause(exchange)).toBe('STOPPED')
  })

  it('to a port where nobody listens is CONNECT_REFUSED', async () => {
    const receiver = await listen(() => {})
    await receiver[Symbol.asyncDispose]()
    const { outcome, timing } = await open().request(order(`${receiver.origin}/path?token=secret`))
    expect(outcome).toEqual({
      kind: 'failed',
      cause: 'CONNECT_REFUSED',
      detail: `127.0.0.1:${receiver.port} (127.0.0.1) refused the connection`,
    })
    expect(timing).toMatchObject({ connectMs: null, firstByteMs: null })
  })

  it.each([
    ['no URL', 'nonsense', {}, 'URL_REFUSED'],
    ['plain http to a public address', 'http://8.8.8.8/', {}, 'URL_REFUSED'],
    ['a private address', 'https://10.0.0.1/', {}, 'PRIVATE_ADDRESS'],
    ['credentials', 'https://u:p@127.0.0.1/', {}, 'URL_REFUSED'],
  ])('with %s is refused before anything is opened', async (_name, url, more, expected) => {
    expect(cause(await open().request(order(url, more)))).toBe(expected)
  })

  it.each([
    ['a line break in a header', ['x-a', 'b\r\nx-c: d']],
    ['a line break in a name', ['x-a\r\nx-b', 'c']],
    ['a Host', ['Host', 'internal.example.com']],
    ['another framing', ['Transfer-Encoding', 'chunked']],
    ['a wrong length', ['content-length', '3']],
    ['an upgrade', ['Upgrade', 'websocket']],
  ])('with %s is REQUEST_INVALID, and the connection survives', async (_name, headers) => {
    await using receiver = await answering(ok)
    const exchange = await open().request(order(receiver.origin, { headers: [...headers, 'x-secret', 'hunter2'] }))
    expect(cause(exchange)).toBe('REQUEST_INVALID')
    expect(JSON.stringify(exchange.outcome)).not.toContain('hunter2')
    expect(receiver.received()).toBe('')
  })

  it('after close() is STOPPED; those before it finish', async () => {
    let answer = () => {}
    await using receiver = await listen((socket) => onRequest(socket, () => (answer = () => socket.write(ok))))
    const egress = open()
    const first = egress.request(order(receiver.origin))
    await once(await firstSocket(receiver), 'data')
    const closed = egress.close()
    expect(cause(await egress.request(order(receiver.origin)))).toBe('STOPPED')
    answer()
    expect(cause(await first)).toBe('answered 200')
    await closed
  })
})

/** The first connection of a receiver, as soon as there is one. */
async function firstSocket(receiver: Receiver) {
  while (receiver.sockets.size === 0) await new Promise(setImmediate)
  const [socket] = receiver.sockets
  if (!socket) throw new Error('no connection')
  return socket
}
