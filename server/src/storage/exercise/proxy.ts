import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to a database that can be cut. */
export interface Proxy {
  /** The database's URL through this wire. */
  url: string
  /** From now on nothing arrives any more, in either direction, and nobody is told. */
  silence(): void
  /** Connections are passed on again, new ones: the old ones are ended. */
  speak(): void
  /** Ends every connection, and refuses new ones. */
  cut(): void
  close(): Promise<void>
}

/** Passes bytes on between those who connect and a database. */
export async function openProxy(url: string): Promise<Proxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let isSilent = false
  let isCut = false
  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => isSilent || to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => isSilent || to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: through.href,
    silence() {
      isSilent = true
    },
    speak() {
      isSilent = false
      endAll()
    },
    cut() {
      isCut = true
      endAll()
    },
    async close() {
      endAll()
      server.close()
      await once(server, 'close')
    },
  }
}
