import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openTraffic, type Traffic } from './traffic.ts'

let server: Server | undefined
let traffic: Traffic | undefined
afterEach(async () => {
  await traffic?.close()
  server?.close()
})

/** Takes events; those of a customer arrive so many milliseconds after their answer, those of the others never. */
async function openPublisher(arrivals: Readonly<Record<string, number>>, status = 202): Promise<Traffic> {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { customer, data } = JSON.parse(Buffer.concat(chunks).toString())
    response.writeHead(status).end('{}')
    const afterMs = arrivals[customer]
    if (afterMs !== undefined) setTimeout(() => traffic?.onArrival(Number(data.slot)), afterMs)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const customers = [
    { name: 'one', isExpected: true },
    { name: 'hangs', isExpected: false },
  ]
  traffic = openTraffic({ port, apiKey: 'a key', customers, perSecond: 200 })
  return traffic
}

describe('the traffic of the rest', () => {
  it('is measured from the answer to the arrival, while times are kept, without those that hang', async () => {
    const running = await openPublisher({ one: 40, another: 80 })
    running.keepTimes(true)
    running.begin()
    const first = await running.publishOne('another', 10_000)
    running.keepTimes(false)
    const measured = await running.end(10_000)
    expect(first).toBeGreaterThan(60)
    expect(measured.length).toBeGreaterThan(0)
    expect(Math.min(...measured)).toBeGreaterThan(20)
  })

  it('fails when one does not arrive, and when one is refused', async () => {
    const lossy = await openPublisher({})
    await expect(lossy.publishOne('one', 50)).rejects.toThrow('1 of 1 events had not arrived after 50 ms')
    await lossy.close()
    server?.close()
    const refusing = await openPublisher({}, 503)
    await expect(refusing.publishOne('one', 50)).rejects.toThrow('answered with 503')
  })
})
