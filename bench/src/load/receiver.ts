import { createHmac } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { bodyOf, slotDigits, slotMarker } from './requests.ts'

/** A local receiver that answers at once. Raw sockets, so that it costs less than what is measured. */
export interface Receiver {
  port: number
  /** What is told of each arrival, and the endpoints' secrets: one in a few hundred is checked with them. */
  listen(onArrival: (slot: number) => void, secrets?: readonly string[]): void
  /** The first delivery whose signature or data was wrong, in one sentence. */
  fault(): string | undefined
  close(): void
}

const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')
const headEndMark = Buffer.from('\r\n\r\n')
const marker = Buffer.from(slotMarker)
const checkedEvery = 256

export async function openReceiver(): Promise<Receiver> {
  let onArrival: (slot: number) => void = () => {}
  let keys: readonly Buffer[] = []
  let fault: string | undefined
  let arrived = 0
  const sockets = new Set<Socket>()

  function onRequest(request: Buffer, bodyAt: number): void {
    const slotAt = request.indexOf(marker, bodyAt) + marker.length
    const slot = Number(request.toString('latin1', slotAt, slotAt + slotDigits))
    if (keys.length > 0 && arrived++ % checkedEvery === 0) fault ??= wrongWith(request, bodyAt, slot, keys)
    onArrival(slot)
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let rest: Buffer | undefined
    socket.on('data', (chunk: Buffer) => {
      const request = rest ? Buffer.concat([rest, chunk]) : chunk
      const headEnd = request.indexOf(headEndMark)
      const length =
        headEnd < 0 ? undefined : /content-length: (\d+)/i.exec(request.toString('latin1', 0, headEnd))?.[1]
      if (length === undefined || request.length < headEnd + 4 + Number(length)) {
        rest = request
        return
      }
      rest = undefined
      onRequest(request, headEnd + 4)
      socket.write(answer)
    })
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    listen(listener, secrets = []) {
      onArrival = listener
      keys = secrets.map((secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'))
      fault = undefined
    },
    fault: () => fault,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Checks a delivery as a receiver should (Standard Webhooks), and that its data is what was posted. */
function wrongWith(request: Buffer, bodyAt: number, slot: number, keys: readonly Buffer[]): string | undefined {
  const head = request.toString('latin1', 0, bodyAt)
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim()
  const body = request.subarray(bodyAt)
  const given = header('webhook-signature')
  const isSignedWith = (key: Buffer) => {
    const signed = createHmac('sha256', key).update(`${header('webhook-id')}.${header('webhook-timestamp')}.`)
    return given?.split(' ').includes(`v1,${signed.update(body).digest('base64')}`)
  }
  if (!keys.some(isSignedWith)) return `the signature of a delivery is wrong: ${head}`
  if (!body.toString().endsWith(`,"data":${bodyOf(slot)}}`)) return 'the data of a delivery is not what was posted'
  return undefined
}
