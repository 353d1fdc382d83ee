import { createSecureContext } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock, systemClock } from '../base/clock.ts'
import { createAddressGuard } from './address.ts'
import { Dial, systemResolve, TlsSessions } from './connect.ts'
import type { Egress, Exchange, Order } from './exchange.ts'
import { abandoned, answering, listen, ok, onRequest } from './exercise-receivers.ts'
import type { Place } from './fault.ts'
import { Flight } from './flight.ts'
import { Pool } from './pool.ts'
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

function post(egress: Egress, url: string, more: Partial<Order> = {}): Promise<Exchange> {
  return egress.request({
    url,
    method: 'POST',
    headers: [],
    body: Buffer.from('{}'),
    timeoutMs: 5000,
    maxResponseBytes: 100,
    ...more,
  })
}

function cause({ outcome }: Exchange): string {
  return outcome.kind === 'failed' ? outcome.cause : `answered ${outcome.status}`
}

describe('the connections of an origin', () => {
  it('are as many as its orders need, up to the cap; the others wait their turn', async () => {
    const waiting: (() => void)[] = []
    await using receiver = await listen((socket) =>
      onRequest(socket, () => {
        waiting.push(() => socket.write(ok))
        if (waiting.length === 3) for (const answer of waiting.splice(0)) answer()
      }),
    )
    const egress = open({ maxConnectionsPerOrigin: 3 })
    const all = await Promise.all(Array.from({ length: 30 }, () => post(egress, receiver.origin)))
    expect(all.map(cause)).toEqual(Array(30).fill('answered 200'))
    expect(receiver.connections()).toBe(3)
  })

  it('keep an order waiting no longer than its deadline, and do not send it later', async () => {
    const held: (() => void)[] = []
    await using receiver = await listen((socket) => onRequest(socket, () => held.push(() => socket.write(ok))))
    const egress = open({ maxConnectionsPerOrigin: 1 })
    const first = post(egress, receiver.origin)
    const second = await post(egress, receiver.origin, { timeoutMs: 50 })
    expect(second.outcome).toMatchObject({
      cause: 'LOCAL_FAULT',
      detail: `of the connections to 127.0.0.1:${receiver.port} none was free in 50 ms`,
    })
    held[0]?.()
    expect(cause(await first)).toBe('answered 200')
    const third = post(egress, receiver.origin)
    while (held.length < 2) await new Promise(setImmediate)
    held[1]?.()
    expect(cause(await third)).toBe('answered 200')
    expect(receiver.received().match(/POST/g)?.length).toBe(2)
  })

  it('make room for the next order when one is given up', async () => {
    let requests = 0
    await using receiver = await listen((socket) => onRequest(socket, () => ++requests > 2 && socket.write(ok)))
    const egress = open({ maxConnectionsPerOrigin: 2 })
    const hanging = [post(egress, receiver.origin, { timeoutMs: 80 }), post(egress, receiver.origin, { timeoutMs: 80 })]
    const next = [post(egress, receiver.origin), post(egress, receiver.origin), post(egress, receiver.origin)]
    expect((await Promise.all(hanging)).map(cause)).toEqual(['RESPONSE_TIMEOUT', 'RESPONSE_TIMEOUT'])
    expect((await Promise.all(next)).map(cause)).toEqual(Array(3).fill('answered 200'))
  })

  it('make room when connecting fails', async () => {
    const receiver = await listen(() => {})
    await receiver[Symbol.asyncDispose]()
    const egress = open({ maxConnectionsPerOrigin: 1 })
    const all = await Promise.all(Array.from({ length: 5 }, () => post(egress, receiver.origin)))
    expect(all.map(cause)).toEqual(Array(5).fill('CONNECT_REFUSED'))
  })

  it('do not wait for those of a hanging origin', async () => {
    await using hanging = await listen(() => {})
    await using healthy = await answering(ok)
    const egress = open({ maxConnectionsPerOrigin: 1 })
    const held = post(egress, hanging.origin, { timeoutMs: 100 })
    expect(cause(await post(egress, healthy.origin))).toBe('answered 200')
    expect(cause(await held)).toBe('RESPONSE_TIMEOUT')
  })
})

describe('an idle connection', () => {
  it('is closed after its time', async () => {
    await using receiver = await answering(ok)
    await post(open({ keepAliveMs: 20 }), receiver.origin)
    await abandoned(receiver)
    expect(receiver.sockets.size).toBe(0)
  })

  it('is closed when there are too many, the oldest first', async () => {
    await using first = await answering(ok)
    await using second = await answering(ok)
    await using third = await answering(ok)
    const egress = open({ maxIdleConnections: 2, keepAliveMs: 10_000 })
    for (const receiver of [first, second, third]) await post(egress, receiver.origin)
    await abandoned(first)
    for (const receiver of [second, third]) {
      await post(egress, receiver.origin)
      expect(receiver.connections()).toBe(1)
    }
  })

  it('is not idle any more while it carries an order', async () => {
    const held: (() => void)[] = []
    await using slow = await listen((socket) =>
      onRequest(socket, (_request, index) => (index === 0 ? socket.write(ok) : held.push(() => socket.write(ok)))),
    )
    await using quick = await answering(ok)
    const egress = open({ maxIdleConnections: 1, keepAliveMs: 10_000 })
    await post(egress, slow.origin)
    const busy = post(egress, slow.origin)
    while (held.length === 0) await new Promise(setImmediate)
    expect(cause(await post(egress, quick.origin))).toBe('answered 200')
    held[0]?.()
    expect(cause(await busy)).toBe('answered 200')
  })

  it('is closed by close(), which waits for the end', async () => {
    await using receiver = await answering(ok)
    const egress = open({ keepAliveMs: 10_000 })
    await Promise.all([post(egress, receiver.origin), post(egress, receiver.origin)])
    const gone = abandoned(receiver)
    await egress.close()
    await gone
  })

  it('is not taken by the order whose time is over before it is sent', async () => {
    await using receiver = await answering(ok)
    const egress = open()
    await post(egress, receiver.origin)
    const stop = new AbortController()
    const stopped = post(egress, receiver.origin, { signal: stop.signal })
    stop.abort()
    expect(cause(await stopped)).toBe('STOPPED')
    await abandoned(receiver)
    expect(receiver.received().match(/POST/g)?.length).toBe(1)
  })
})

describe('the pool', () => {
  const order = { method: 'POST', headers: [], body: undefined, timeoutMs: 5000, maxResponseBytes: 100 } as const

  function openPool() {
    const guard = createAddressGuard({ allowPrivate: ['127.0.0.0/8'], allowHttp: false })
    const secureContext = createSecureContext()
    const sessions = new TlsSessions(1)
    const needs = { guard, resolve: systemResolve, clock: systemClock, secureContext, sessions }
    const limits = { connectTimeoutMs: 1000, keepAliveMs: 20, maxConnectionsPerOrigin: 1, maxIdleConnections: 50 }
    return new Pool({ dial: (place) => new Dial(place, needs), ...limits })
  }

  function placeOf(hostname: string, port: number): Place {
    return { origin: `http://${hostname}:${port}`, protocol: 'http:', hostname, port }
  }

  it('keeps nothing of the origins it has left', async () => {
    await using receiver = await listen((socket) => onRequest(socket, () => socket.write(ok)), '0.0.0.0')
    const pool = openPool()
    const send = (hostname: string) => {
      const place = placeOf(hostname, receiver.port)
      return new Promise<Exchange>((settle) => {
        pool.send(new Flight({ url: place.origin, ...order }, { place, path: '/' }, pool, systemClock, settle))
      })
    }
    const hosts = Array.from({ length: 200 }, (_, i) => `127.0.1.${i + 1}`)
    for (const exchange of await Promise.all(hosts.map(send))) expect(exchange.isTruncated).toBe(false)
    expect(pool.size.idle).toBeLessThanOrEqual(50)
    await abandoned(receiver)
    while (pool.size.open > 0) await new Promise(setImmediate)
    expect(pool.size).toEqual({ open: 0, idle: 0, origins: 0 })
  })

  it('leaves nothing behind on a signal that outlives its orders', async () => {
    let stops = 0
    class Counting extends Flight {
      override stop(): void {
        stops++
      }
    }
    await using receiver = await answering(ok)
    const pool = openPool()
    const shutdown = new AbortController()
    const place = placeOf('127.0.0.1', receiver.port)
    const signalled = { url: place.origin, signal: shutdown.signal, ...order }
    await new Promise<Exchange>((settle) => {
      pool.send(new Counting(signalled, { place, path: '/' }, pool, systemClock, settle))
    })
    shutdown.abort()
    expect(stops).toBe(0)
    await pool.close()
  })
})

it('takes every time from the clock it was given', async () => {
  const clock = fakeClock()
  await using receiver = await listen((socket) =>
    onRequest(socket, () => {
      clock.advance(40)
      socket.write(ok)
    }),
  )
  const { timing } = await post(open({ clock }), receiver.origin)
  expect(timing).toEqual({ dnsMs: null, connectMs: 0, tlsMs: null, firstByteMs: 40, totalMs: 40 })
})
