import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { engines, sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { pass } from './pass.ts'
import { head, openRaw } from './raw-connection.ts'
import { apiKey, createSource, startTrunkline } from './trunkline.ts'

const sockets = new Set<Socket>()
afterAll(closeAll)

function closeAll(): void {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
}

/** Opens a connection, sends this, and hears nothing of what comes back. */
function open(url: string, first: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(first)
      resolve(socket)
    })
    socket.on('error', reject).resume()
    sockets.add(socket)
  })
}

/** What a process has in memory, in MiB. */
const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

describe.each(engines)('a thousand senders that take their time, on $name', (engine) => {
  it('keep nobody else waiting, and take little memory', async () => {
    const trunkline = await startTrunkline(engine)
    const { server } = trunkline
    const source = await createSource(trunkline, 'github')
    for (let i = 0; i < 20; i++) await source.post('{"n":0}')
    const before = memoryOf(server.pid)
    const { pathname } = new URL(source.url)
    const firsts = [
      // Neither its head nor its body ever ends; the third has had its answer and stays.
      `POST ${pathname} HTTP/1.1\r\nhost: x\r\nx-slow: `,
      head('POST', source.url, { 'content-length': 20_000_000 }) + '{',
      head('GET', `${server.url}/health`, {}),
    ]
    for (let i = 0; i < 10; i++)
      await Promise.all(Array.from({ length: 100 }, (_, n) => open(server.url, firsts[n % 3] ?? '')))
    const dripping = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('a')
    }, 500)
    try {
      const slowest = []
      for (let i = 0; i < 20; i++) {
        const beganAt = performance.now()
        expect((await source.post(`{"n":${i}}`)).status).toBe(200)
        slowest.push(performance.now() - beganAt)
        await pass(100)
      }
      expect(Math.max(...slowest)).toBeLessThan(1000)
      expect(memoryOf(server.pid) - before).toBeLessThan(100)
      expect((await server.ready()).status).toBe(200)
    } finally {
      clearInterval(dripping)
      closeAll()
    }
  })
})

describe('a body that comes too slowly', () => {
  it('is cut off with a 408, and the connection closed', async () => {
    const trunkline = await startTrunkline(sqlite, { TRUNKLINE_SLOWEST_BODY: '1000' })
    const source = await createSource(trunkline, 'github')
    const raw = await openRaw(source.url)
    await raw.write(head('POST', source.url, { 'content-length': 100_000 }))
    const dripping = setInterval(() => void raw.write('a'.repeat(100)), 500)
    const { text, afterMs } = await raw.closed.finally(() => clearInterval(dripping))
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"REQUEST_ABORTED"')
    expect(afterMs).toBeGreaterThan(9_000)
    expect(afterMs).toBeLessThan(20_000)
    const metrics = await fetch(`${trunkline.server.url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
    expect(await metrics.text()).toMatch(/^trunkline_receiving_bytes 0$/m)
  })
})

describe('more connections than there may be', () => {
  it('are closed at once, and those that only wait make room', async () => {
    const trunkline = await startTrunkline(sqlite, { TRUNKLINE_MOST_CONNECTIONS: '50' })
    const { server } = trunkline
    const source = await createSource(trunkline, 'github')
    for (let i = 0; i < 60; i++) await open(server.url, head('GET', `${server.url}/health`, {}))
    // One that comes too late finds no room, and the next one does.
    const answer = await eventually('room for a request', () => source.post('{}'), { everyMs: 200 })
    expect(answer.status).toBe(200)
    await eventually('a line of the log', () => server.output().includes('"msg":"connections.full"'))
    closeAll()
  })
})
