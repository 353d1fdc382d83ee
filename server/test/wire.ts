import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Which way nothing arrives any more. */
export type Silence = 'to the database' | 'from the database' | 'both ways'

/** A wire between servers and their database. */
export interface Wire {
  /** The database's URL through this wire. */
  url: string
  /** How many connections pass through it, and how many of them have said LISTEN. */
  count(which?: 'listening'): number
  /**
   * Makes black holes of the connections that there are: bytes vanish, and neither side hears that the other has gone.
   * New connections are whole. Answers how many there were.
   */
  silence(silence: Silence, which?: 'listening'): number
  close(): Promise<void>
}

interface Connection {
  isListening: boolean
  silence: Silence | undefined
}

/**
 * Passes bytes on between servers and a database. `commitDelayMs` is how much later each COMMIT gets there: its
 * transaction keeps its locks that much longer, as it does while a slow disk writes.
 */
export async function openWire(databaseUrl: string, { commitDelayMs = 0 } = {}): Promise<Wire> {
  const target = new URL(databaseUrl)
  const connections = new Set<Connection>()
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname)
    client.setNoDelay(true)
    database.setNoDelay(true)
    const connection: Connection = { isListening: false, silence: undefined }
    connections.add(connection)
    const later = inTurn(commitDelayMs)
    client.on('data', (bytes) => {
      if (/\bLISTEN\b/i.test(bytes.toString('latin1'))) connection.isListening = true
      if (isDeaf(connection, 'to the database')) return
      later(bytes, () => database.write(bytes))
    })
    database.on('data', (bytes) => {
      if (!isDeaf(connection, 'from the database')) client.write(bytes)
    })
    end(client, database, connection, 'to the database')
    end(database, client, connection, 'from the database')
  })

  /** When one side goes, the other hears of it, unless nothing arrives that way. */
  function end(from: Socket, to: Socket, connection: Connection, way: Silence): void {
    sockets.add(from)
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      if (isDeaf(connection, way)) return
      connections.delete(connection)
      to.destroy()
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(databaseUrl)
  through.port = String((server.address() as AddressInfo).port)
  const whole = (which?: 'listening') =>
    [...connections].filter(({ silence, isListening }) => silence === undefined && (!which || isListening))
  return {
    url: through.href,
    count: (which) => whole(which).length,
    silence(silence, which) {
      const chosen = whole(which)
      for (const each of chosen) each.silence = silence
      return chosen.length
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

const isDeaf = ({ silence }: Connection, way: Silence): boolean => silence === way || silence === 'both ways'

/** Sends what comes in its order, a COMMIT and what comes behind it so much later. */
function inTurn(commitDelayMs: number): (bytes: Buffer, send: () => void) => void {
  let last: Promise<void> | undefined
  return (bytes, send) => {
    const isCommit = commitDelayMs > 0 && bytes.includes('COMMIT')
    if (!isCommit && !last) return send()
    const before = last ?? Promise.resolve()
    const sent = before
      .then(() => (isCommit ? new Promise<void>((resolve) => setTimeout(resolve, commitDelayMs)) : undefined))
      .then(send)
    last = sent
    sent.then(() => {
      if (last === sent) last = undefined
    })
  }
}
