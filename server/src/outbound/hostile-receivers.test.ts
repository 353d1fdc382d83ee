import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import type { Resolve } from '../egress/exchange.ts'
import { makeCertificate } from '../egress/exercise-certificates.ts'
import { answering, listen, ok, onRequest, portOf, type Receiver } from '../egress/exercise-receivers.ts'
import { createEgress } from '../egress/request.ts'
import type { Endpoint } from './endpoint/endpoint.ts'
import { openRig, type Rig } from './exercise-deliverer.ts'

/** What becomes of a delivery to somebody who does his worst. */
interface Row {
  what: string
  /** Opens the receiver; answers the URL of the endpoint. */
  open: () => Promise<string>
  expected: Record<string, unknown>
  /** Of the attempt. */
  attempt?: Record<string, unknown>
}

/** How long an attempt may take here. What hangs ends then, and everything else well before. */
const timeoutMs = 400
const head = 'HTTP/1.1 200 OK\r\n'
const second = 1000
const day = 24 * 3600 * second
const retrying = (cause: string, inMs = 5 * second) => ({ status: 'pending', cause, dueAt: begin + inMs })
const failedAttempt = { status: null, nextDueAt: expect.any(Number) }
const done = { status: 'success', cause: null }

const clock = fakeClock()
const begin = clock.now()
const ends: (() => unknown)[] = []

/** A receiver of raw bytes that ends with the tests. */
async function raw(respond: (socket: Socket) => void): Promise<string> {
  return kept(await listen((socket) => onRequest(socket, () => respond(socket))))
}
const says = async (bytes: string | Uint8Array) => kept(await answering(bytes))
function kept(receiver: Receiver): string {
  ends.push(() => receiver[Symbol.asyncDispose]())
  return `${receiver.origin}/`
}

function drip(first: string, more: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(first)
    const timer = setInterval(() => socket.write(more), 20)
    socket.on('close', () => clearInterval(timer))
  }
}

const authority = makeCertificate({ name: 'Test authority', isAuthority: true })
const name = 'hooks.example.com'
async function secure({ cert, key }: ReturnType<typeof makeCertificate>): Promise<string> {
  const server = createTlsServer({ cert, key }, (socket) => onRequest(socket, () => socket.write(ok)))
  server.on('tlsClientError', () => {})
  const port = await portOf(server)
  ends.push(() => server.close())
  return `https://${name}:${port}/`
}

/** Bytes of the endless answer that were taken. */
let taken = 0
const chunk = Buffer.alloc(64 * 1024, 'x')
function gigabyte(socket: Socket): void {
  socket.write(`${head}Content-Length: 1073741824\r\n\r\n`)
  const more = () => {
    while (socket.writable && taken < 1 << 30) {
      taken += chunk.length
      if (!socket.write(chunk)) return
    }
  }
  socket.on('drain', more)
  more()
}

const later = (ms: number) => new Date(begin + ms).toUTCString()
const busy = (retryAfter: string) => `HTTP/1.1 429 Slow\r\nRetry-After: ${retryAfter}\r\nContent-Length: 0\r\n\r\n`

const rows: Row[] = [
  {
    what: 'hangs before the headers',
    open: () => raw(() => {}),
    expected: retrying('RESPONSE_TIMEOUT'),
    attempt: failedAttempt,
  },
  { what: 'drips its headers', open: () => raw(drip(`${head}x: `, 'y')), expected: retrying('RESPONSE_TIMEOUT') },
  {
    what: 'drips its body',
    open: () => raw(drip(`${head}Content-Length: 1000\r\n\r\n`, 'x')),
    expected: retrying('RESPONSE_TIMEOUT'),
    attempt: { responseBody: expect.stringMatching(/^x+$/) },
  },
  {
    what: 'closes half way',
    open: () => raw((socket) => socket.write(`${head}Content-Length: 10\r\n\r\nabc`, () => socket.destroy())),
    expected: retrying('CONNECTION_LOST'),
  },
  {
    what: 'redirects to the metadata of the cloud',
    open: () => says('HTTP/1.1 307 No\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n'),
    expected: retrying('REDIRECT'),
    attempt: { status: 307, responseHeaders: expect.arrayContaining([['Location', 'http://169.254.169.254/latest/']]) },
  },
  {
    what: 'answers with a gigabyte',
    open: () => raw(gigabyte),
    expected: done,
    attempt: { isTruncated: true, status: 200 },
  },
  {
    what: 'has a certificate that is over',
    open: () => secure(makeCertificate({ name, issuer: authority, from: -9, to: -2 })),
    expected: retrying('TLS_EXPIRED'),
  },
  {
    what: 'has the certificate of another',
    open: () => secure(makeCertificate({ name: 'other.example.com', issuer: authority })),
    expected: retrying('TLS_HOSTNAME'),
  },
  {
    what: 'signed its certificate itself',
    open: () => secure(makeCertificate({ name })),
    expected: retrying('TLS_UNTRUSTED'),
  },
  {
    what: 'speaks no TLS on its port of https',
    open: async () => {
      const plain = await listen((socket) => socket.once('data', () => socket.write(ok)))
      return kept(plain).replace('http://127.0.0.1', `https://${name}`)
    },
    expected: retrying('TLS_FAILED'),
  },
  { what: 'asks for two minutes', open: () => says(busy('120')), expected: retrying('RATE_LIMITED', 120 * second) },
  {
    what: 'asks for an hour by its date',
    open: () => says(busy(later(3_600_000))),
    expected: retrying('RATE_LIMITED', 3_600_000),
  },
  { what: 'asks for less than nothing', open: () => says(busy('-1')), expected: retrying('RATE_LIMITED') },
  { what: 'asks for soon', open: () => says(busy('soon')), expected: retrying('RATE_LIMITED') },
  { what: 'asks for thirty years', open: () => says(busy('1000000000')), expected: retrying('RATE_LIMITED', day) },
  { what: 'asks for 1e9', open: () => says(busy('1e9')), expected: retrying('RATE_LIMITED') },
  { what: 'speaks HTTP/1.0', open: () => raw((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nold')), expected: done },
  { what: 'says 103 first', open: () => says(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}`), expected: done },
  {
    what: 'answers with NUL bytes',
    open: () => says(`${head}Content-Length: 3\r\n\r\na\0b`),
    expected: done,
    attempt: { responseBody: 'a\u{FFFD}b' },
  },
  {
    what: 'answers with what is no UTF-8',
    open: () => says(Buffer.concat([Buffer.from(`${head}Content-Length: 3\r\n\r\n`), Buffer.from([0x61, 0xff, 0xc0])])),
    expected: done,
    attempt: { responseBody: 'a\u{FFFD}\u{FFFD}' },
  },
  {
    what: 'has a NUL in a header',
    open: () => says(`${head}x: a\0b\r\nContent-Length: 0\r\n\r\n`),
    expected: retrying('RESPONSE_INVALID'),
  },
  {
    what: 'has 200 KB of headers',
    open: () => says(`${head}x: ${'y'.repeat(200_000)}\r\n\r\n`),
    expected: retrying('RESPONSE_TOO_LARGE'),
  },
  { what: 'answers with no HTTP', open: () => says('SSH-2.0-x\r\n'), expected: retrying('RESPONSE_INVALID') },
  {
    what: 'does not listen',
    open: async () => {
      const receiver = await listen(() => {})
      await receiver[Symbol.asyncDispose]()
      return `${receiver.origin}/`
    },
    expected: retrying('CONNECT_REFUSED'),
  },
  {
    what: 'has a name that does not exist',
    open: async () => 'https://nowhere.example.com/',
    expected: retrying('DNS_NOT_FOUND'),
  },
  {
    what: 'has a name that nobody answers for',
    open: async () => 'https://silent.example.com/',
    expected: retrying('DNS_FAILED'),
  },
]

/** The name that leads elsewhere from its third look-up on. */
let flips = 0
const resolve: Resolve = async (hostname) => {
  if (hostname === 'nowhere.example.com') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  if (hostname === 'silent.example.com') return new Promise(() => {})
  const address = hostname === 'flips.example.com' && ++flips > 2 ? '127.0.0.2' : '127.0.0.1'
  return [{ address, family: 4 }]
}

describe('a receiver that', () => {
  let rig: Rig
  const found = new Map<string, { endpoint: Endpoint; id: string }>()
  let tookMs = 0
  const egress = createEgress({
    policy: { allowPrivate: ['127.0.0.1/32'], allowHttp: true },
    clock,
    resolve,
    ca: [authority.cert],
  })

  beforeAll(async () => {
    rig = openRig({ clock, egress: { own: egress, customers: egress } })
    for (const [i, { what, open }] of rows.entries()) {
      const endpoint = await rig.endpoint(await open(), { eventTypes: [`row.${i}`], timeoutMs })
      const { ids } = await rig.publish(`row.${i}`)
      found.set(what, { endpoint, id: ids[0] ?? '' })
    }
    const start = performance.now()
    rig.deliverer.wake([...found.values()].map(({ endpoint }) => endpoint.id))
    await rig.quiet()
    tookMs = performance.now() - start
  })
  afterAll(async () => {
    await rig[Symbol.asyncDispose]()
    await egress.close()
    for (const end of ends.splice(0)) await end()
  })

  it.each(rows.map((row) => [row.what, row] as const))('%s', async (what, { expected, attempt = {} }) => {
    const { history, ...delivery } = await rig.delivery(found.get(what)?.id ?? '')
    expect(delivery).toMatchObject({ attempts: 1, ...expected })
    expect(history).toMatchObject([{ cause: expected.cause, ...attempt }])
    expect(history[0]?.responseBody.length).toBeLessThanOrEqual(16 * 1024)
    expect(history[0]?.timing.totalMs).toBeLessThan(timeoutMs + second)
  })

  it('does any of this costs bounded time, and bounded memory', () => {
    // All at once: the ones that hang hold up nobody.
    expect(tookMs).toBeLessThan(timeoutMs + 4 * second)
    // What was taken of the gigabyte is what fits into the buffers of the two sockets.
    expect(taken).toBeLessThan(32 * 1024 * 1024)
  })

  it('answers 410 is not called again, and its endpoint is disabled with the reason', async () => {
    const endpoint = await rig.endpoint(await says('HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n'), {
      eventTypes: ['gone'],
    })
    const [id = ''] = await rig.send('gone')
    await rig.quiet()
    expect(await rig.delivery(id)).toMatchObject({ status: 'failed', cause: 'GONE', attempts: 1 })
    expect(await rig.storage.reads.endpoints.read(defaultWorkspaceId, endpoint.id)).toMatchObject({
      status: 'disabled',
      statusReason: 'the receiver answered 410 Gone',
    })
  })

  it('leads home from its third look-up on is not followed there', async () => {
    const closing = 'HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
    const url = new URL(await raw((socket) => socket.end(closing)))
    const trap = await listen((socket) => onRequest(socket, () => socket.write(ok)), '127.0.0.2', Number(url.port))
    ends.push(() => trap[Symbol.asyncDispose]())
    await rig.endpoint(`http://flips.example.com:${url.port}/`, {
      eventTypes: ['flips'],
      retry: { delaysSeconds: [1, 1, 1] },
    })
    const [id = ''] = await rig.send('flips')
    await rig.quiet()
    for (let i = 0; i < 2; i++) await rig.pass(1200)
    const { history, ...delivery } = await rig.delivery(id)
    expect(history.map(({ cause }) => cause)).toEqual(['SERVER_ERROR', 'SERVER_ERROR', 'PRIVATE_ADDRESS'])
    expect(delivery).toMatchObject({ status: 'pending', cause: 'PRIVATE_ADDRESS' })
    expect(trap.connections()).toBe(0)
  })
})
