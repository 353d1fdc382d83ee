import { connect, type Socket } from 'node:net'

/** A connection over which a test sends whatever bytes it likes. */
export interface RawConnection {
  socket: Socket
  /** Sends bytes; answers when the system has taken them, also when nobody wants them any more. */
  write(bytes: string | Uint8Array): Promise<void>
  /** Everything that came back until the other side closed, and how long after the opening that was. */
  closed: Promise<{ text: string; afterMs: number }>
  /** Resolves with the first answer, whole, as long as it says its length. */
  answer(): Promise<RawAnswer>
}

export interface RawAnswer {
  status: number
  /** The head and the body. */
  text: string
  body: string
}

/** Opens a plain TCP connection to a server. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const openedAt = performance.now()
  let text = ''
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const each of listeners) each()
  }
  socket.on('error', () => {}) // being cut off is what many of these tests are for
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
    tell()
  })
  const closed = new Promise<{ text: string; afterMs: number }>((resolve) => {
    socket.once('close', () => {
      tell()
      resolve({ text, afterMs: performance.now() - openedAt })
    })
  })
  return {
    socket,
    closed,
    write: (bytes) => new Promise((resolve) => (socket.writable ? socket.write(bytes, () => resolve()) : resolve())),
    answer: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const answer = readAnswer(text)
          if (!answer && !socket.destroyed) return
          listeners.delete(look)
          if (answer) resolve(answer)
          else reject(new Error(`the connection ended without an answer, after "${text}"`))
        }
        listeners.add(look)
        look()
      }),
  }
}

function readAnswer(text: string): RawAnswer | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
  const body = text.slice(head + 4)
  return body.length < length ? undefined : { status, text, body: body.slice(0, length) }
}

/** The bytes of a request's head. */
export function head(method: string, url: string, headers: Readonly<Record<string, string | number>>): string {
  const { pathname, host } = new URL(url)
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`
}
