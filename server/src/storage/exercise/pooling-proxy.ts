import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import pg from 'pg'

/** A process of the server, with the connection to it. */
interface Backend {
  stream: Socket
  end(): Promise<void>
}

/**
 * A proxy in transaction pooling mode, as small as one can be: two connections to the server, and each transaction of a
 * client gets the one that has been free for the shortest time, or for the longest.
 */
export async function openPoolingProxy(url: string, order: 'latest first' | 'in turn') {
  const backends = await Promise.all([connectBackend(url), connectBackend(url)])
  const free = [...backends]
  const waiting: ((backend: Backend) => void)[] = []
  const acquire = async () =>
    (order === 'latest first' ? free.pop() : free.shift()) ??
    new Promise<Backend>((resolve) => {
      waiting.push(resolve)
    })
  const release = (backend: Backend) => {
    const next = waiting.shift()
    if (next) next(backend)
    else free.push(backend)
  }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    serve(client, acquire, release)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await Promise.all(backends.map((backend) => backend.end()))
    },
  }
}

/** Signs in as the driver does, then takes the connection away from it. */
async function connectBackend(url: string): Promise<Backend> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.removeAllListeners('data')
  return { stream, end: async () => void stream.destroy() }
}

/** Greets a client without asking who it is, then gives it a backend for each of its transactions. */
function serve(client: Socket, acquire: () => Promise<Backend>, release: (backend: Backend) => void): void {
  let backend: Backend | undefined
  let acquiring = Promise.resolve()
  client.on('error', () => {})
  client.once('data', () => {
    client.write(Buffer.concat([message('R', [0, 0, 0, 0]), message('Z', [0x49])]))
    client.on('data', (bytes) => {
      if (bytes[0] === 0x58) return // Terminate
      acquiring = acquiring.then(async () => {
        backend ??= await take()
        backend.stream.write(bytes)
      })
    })
  })

  async function take(): Promise<Backend> {
    const taken = await acquire()
    taken.stream.on('data', function pass(bytes: Buffer) {
      client.write(bytes)
      // ReadyForQuery, and no transaction is open: the last six bytes of an answer.
      if (bytes.subarray(-6).toString('latin1') !== 'Z\0\0\0\x05I') return
      taken.stream.off('data', pass)
      backend = undefined
      release(taken)
    })
    return taken
  }
}

function message(type: string, body: readonly number[]): Buffer {
  return Buffer.from([type.charCodeAt(0), 0, 0, 0, body.length + 4, ...body])
}
