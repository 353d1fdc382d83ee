import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { engines, sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { type Answering, hang, openReceiver, status } from './receiver.ts'
import { createEndpoint, newEvent, startTrunkline, type Trunkline } from './trunkline.ts'

/** Publishes this many events of a type; answers their ids. */
async function publish({ api }: Trunkline, type: string, count: number): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => api.post('/events', { type, data: n })))
  return answers.map(({ json }) => json.id)
}

/** Answers after a while, and notes how many are waiting for their answer at once. */
function counting(afterMs: number): { answering: Answering; most(): number } {
  let waiting = 0
  let most = 0
  return {
    answering: (_, response) => {
      most = Math.max(most, ++waiting)
      setTimeout(() => {
        waiting--
        response.writeHead(204).end()
      }, afterMs)
    },
    most: () => most,
  }
}

describe.each(engines)('deliveries of a server on $name', (engine) => {
  it('reach an endpoint at once while another one hangs with a long queue', async () => {
    const trunkline = await startTrunkline(engine)
    const [stuck, healthy] = [await openReceiver(hang), await openReceiver()]
    const [stuckType, healthyType] = [newEvent(), newEvent()]
    const { id: stuckId } = await createEndpoint(trunkline, stuck, { eventTypes: [stuckType] })
    await createEndpoint(trunkline, healthy, { eventTypes: [healthyType] })
    await publish(trunkline, stuckType, 300)
    await stuck.has(10)

    for (let i = 1; i <= 20; i++) {
      const begin = performance.now()
      await publish(trunkline, healthyType, 1)
      await healthy.has(i)
      expect(performance.now() - begin).toBeLessThan(5_000)
    }
    const begin = performance.now()
    await publish(trunkline, healthyType, 200)
    await healthy.has(220)
    expect(performance.now() - begin).toBeLessThan(10_000)
    expect(stuck.arrivals).toHaveLength(10) // as many at once as an endpoint gets before anything has succeeded
    const [row] = await trunkline.place.rows(
      'SELECT count(*) AS n FROM attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.endpoint_id = ?',
      [stuckId],
    )
    expect(Number(row?.n)).toBe(0)
    await trunkline.server.end('SIGKILL')
  })

  // How many are under way is a matter of this process, whatever the database: one engine is enough.
  const once = engine === sqlite ? it : () => {}
  once('are no more at once than their endpoint allows', async () => {
    const trunkline = await startTrunkline(engine)
    const counter = counting(100)
    const receiver = await openReceiver(counter.answering)
    const type = newEvent()
    await createEndpoint(trunkline, receiver, { eventTypes: [type], concurrency: 3 })
    await publish(trunkline, type, 30)
    await receiver.has(30)
    expect(counter.most()).toBe(3)
    await trunkline.server.end('SIGKILL')
  })

  once('are no more at once than the server is allowed, and every endpoint has its turn', async () => {
    const trunkline = await startTrunkline(engine, { TRUNKLINE_DELIVERY_CONCURRENCY: '4' })
    const counter = counting(200)
    const receivers = [
      await openReceiver(counter.answering),
      await openReceiver(counter.answering),
      await openReceiver(counter.answering),
    ]
    const type = newEvent()
    for (const receiver of receivers) await createEndpoint(trunkline, receiver, { eventTypes: [type], concurrency: 20 })
    await publish(trunkline, type, 12)
    await Promise.all(receivers.map((each) => each.has(4)))
    const counts = receivers.map((each) => each.arrivals.length)
    expect(Math.max(...counts) - Math.min(...counts), String(counts)).toBeLessThan(8)
    await Promise.all(receivers.map((each) => each.has(12)))
    // One place may be left for an endpoint that has nothing now.
    expect([3, 4]).toContain(counter.most())
    await trunkline.server.end('SIGKILL')
  })
})

it('deliveries are no more a second than the server is allowed', async () => {
  const trunkline = await startTrunkline(sqlite, { TRUNKLINE_DELIVERY_RATE: '20' })
  const receiver = await openReceiver()
  const type = newEvent()
  await createEndpoint(trunkline, receiver, { eventTypes: [type] })
  await publish(trunkline, type, 60)
  const arrivals = await receiver.has(60)
  // The bucket holds a second's worth: twenty go at once, and forty take two seconds.
  expect((arrivals.at(-1)?.at ?? 0) - arrivals[0].at).toBeGreaterThan(1_500)
  for (const [i, { at }] of arrivals.entries()) {
    const withinSecond = arrivals.slice(i).filter((each) => each.at - at < 1000)
    expect(withinSecond.length).toBeLessThanOrEqual(45)
  }
})

it('a receiver has its endpoint’s time for its whole answer, however it spends them', async () => {
  const trunkline = await startTrunkline(sqlite)
  /** Writes a byte every 200 ms for as long as the connection lasts. */
  const drip = (write: () => void, response: ServerResponse) => {
    const timer = setInterval(write, 200)
    response.on('close', () => clearInterval(timer))
  }
  const receivers: Record<string, Answering> = {
    'says nothing': hang,
    'drips its body': (_, response) => {
      response.writeHead(200)
      drip(() => response.write('a'), response)
    },
    'drips its head': (_, response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: ')
      drip(() => response.socket?.write('a'), response)
    },
    'promises more and says nothing': (_, response) => response.writeEarlyHints({ link: '</a>; rel=preload' }),
  }
  const type = newEvent()
  const ids = new Map<string, string>()
  for (const [name, answering] of Object.entries(receivers)) {
    const settings = { eventTypes: [type], timeoutSeconds: 3 }
    const { id } = await createEndpoint(trunkline, await openReceiver(answering), settings)
    ids.set(name, id)
  }
  await publish(trunkline, type, 1)
  for (const [name, endpoint] of ids) {
    const { id } = await eventually(
      `the end of the receiver that ${name}`,
      async () => {
        const [delivery] = (await trunkline.api.get(`/deliveries?endpoint=${endpoint}`)).json.data
        return delivery?.attempts === 1 && delivery
      },
      { withinMs: 20_000, everyMs: 100 },
    )
    const [attempt] = (await trunkline.api.get(`/deliveries/${id}`)).json.history
    expect(attempt, name).toMatchObject({ cause: 'RESPONSE_TIMEOUT' })
    expect(attempt.timing.totalMs, name).toBeGreaterThan(2_900)
    expect(attempt.timing.totalMs, name).toBeLessThan(6_000)
  }
})

it('a connection that the receiver closed between two deliveries costs no attempt', async () => {
  const trunkline = await startTrunkline(sqlite)
  const receiver = await openReceiver((arrival, response) => {
    status(204)(arrival, response)
    response.on('finish', () => response.socket?.destroy())
  })
  const type = newEvent()
  const { id } = await createEndpoint(trunkline, receiver, { eventTypes: [type] })
  for (let i = 1; i <= 20; i++) {
    await publish(trunkline, type, 1)
    await receiver.has(i)
  }
  await eventually('twenty successes', async () => {
    const { data } = (await trunkline.api.get(`/deliveries?endpoint=${id}&limit=100`)).json
    return data.every((each: { status: string; attempts: number }) => each.status === 'success' && each.attempts === 1)
  })
  expect(receiver.arrivals).toHaveLength(20)
})
