import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A receiver of the tests: a TCP server that counts, and that ends with the test. */
export interface Receiver extends AsyncDisposable {
  /** With `http:` and the address it listens on. */
  origin: string
  port: number
  /** How many connections it has ever had. */
  connections(): number
  /** What it was sent, all connections together. */
  received(): string
  /** The connections it has now. */
  sockets: ReadonlySet<Socket>
}

/** Listens with raw TCP, so that it can say what no HTTP server says. */
export async function listen(onSocket: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<Receiver> {
  let connections = 0
  let received = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  const bound = await portOf(server, host, port)
  return {
    origin: `http://${host}:${bound}`,
    port: bound,
    connections: () => connections,
    received: () => received,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Calls back with every whole request of the connection; the requests of these tests have a content-length or no body. */
export function onRequest(socket: Socket, respond: (request: string, index: number) => void): void {
  let text = ''
  let index = 0
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    for (;;) {
      const head = text.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
      const end = head + 4 + length
      if (text.length < end) return
      const request = text.slice(0, end)
      text = text.slice(end)
      respond(request, index++)
    }
  })
}

/** A receiver that answers every request with these bytes. */
export function answering(bytes: string | Uint8Array): Promise<Receiver> {
  return listen((socket) =>
    onRequest(socket, () => socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)),
  )
}

/** Resolves when the receiver has no connection left. */
export async function abandoned({ sockets }: Receiver): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.on('close', resolve))))
}

/** Starts the server and tells its port. */
export async function portOf(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}

/** A good answer. */
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
