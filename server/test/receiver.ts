import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll } from 'vitest'
import { eventually } from './eventually.ts'

/** A delivery as the receiver saw it. */
export interface Arrival {
  /** Its `webhook-id`. */
  id: string
  method: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** When its last byte was there, on the clock that never jumps. */
  at: number
}

/** What the receiver does with a delivery: answers it whenever and however it likes, or never. */
export type Answering = (arrival: Arrival, response: ServerResponse) => void

export interface Receiver {
  url: string
  arrivals: readonly Arrival[]
  /** From now on it answers like this. */
  answer(answering: Answering): void
  /** Waits until this many deliveries have arrived; answers all that have. */
  has(count: number, withinMs?: number): Promise<readonly [Arrival, ...Arrival[]]>
  close(): Promise<void>
}

const open = new Set<Receiver>()
afterAll(async () => {
  await Promise.all([...open].map((each) => each.close()))
})

/** Answers with a status, and nothing in the body unless one is given. */
export function status(code: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Answering {
  return (_, response) => void response.writeHead(code, headers).end(body)
}

/** Gives the answers one after the other, the last one for ever. */
export function inTurn(...answers: readonly [Answering, ...Answering[]]): Answering {
  let next = 0
  return (arrival, response) => answers[Math.min(next++, answers.length - 1)]?.(arrival, response)
}

/** Says nothing at all. */
export const hang: Answering = () => {}

/** A receiver of webhooks on this machine that keeps every delivery as it came. */
export async function openReceiver(first: Answering = status(204)): Promise<Receiver> {
  const arrivals: Arrival[] = []
  let answering = first
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {}) // a server that is killed in the middle of a delivery
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, method = '' } = request
      const id = String(headers['webhook-id'])
      const arrival = { id, method, headers, body: Buffer.concat(chunks), at: performance.now() }
      arrivals.push(arrival)
      answering(arrival, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrivals,
    answer(next) {
      answering = next
    },
    has: (count, withinMs = 10_000) =>
      eventually(
        `${count} deliveries`,
        () => {
          const [head, ...rest] = arrivals
          if (!head || arrivals.length < count) throw new Error(`there are ${arrivals.length}`)
          return [head, ...rest] as const
        },
        { withinMs },
      ),
    close() {
      open.delete(receiver)
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  open.add(receiver)
  return receiver
}

/** What a delivery says, once the published verifier has proven it with the endpoint's secret. */
export function proven({ headers, body }: Arrival, secret: string): { type: string; timestamp: string; data: unknown } {
  const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  return new Webhook(secret).verify(body, signed) as { type: string; timestamp: string; data: unknown }
}
