import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What stands in front of several servers and shares connections among those that say they are ready. */
export interface Balancer {
  url: string
  /** How many connections each server was given. */
  given: readonly number[]
  close(): Promise<void>
}

const askEveryMs = 100

/**
 * Asks every server's `/ready` ten times a second, and gives a new connection to one that was ready when it was last
 * asked. It passes bytes on as they are: nothing is tried again, and what a server refuses is refused.
 */
export async function openBalancer(urls: readonly string[]): Promise<Balancer> {
  const ready = new Set(urls)
  const given = urls.map(() => 0)
  const sockets = new Set<Socket>()
  let turn = 0
  const timer = setInterval(() => {
    for (const url of urls) {
      void isReady(url).then((yes) => (yes ? ready.add(url) : ready.delete(url)))
    }
  }, askEveryMs)
  const server = createServer((client) => {
    const choice = [...urls.keys()].filter((i) => ready.has(urls[i] ?? ''))
    const chosen = choice[turn++ % choice.length]
    const target = urls[chosen ?? -1]
    if (chosen === undefined || target === undefined) return client.destroy()
    given[chosen] = (given[chosen] ?? 0) + 1
    const { hostname, port } = new URL(target)
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    async close() {
      clearInterval(timer)
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(1_000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
