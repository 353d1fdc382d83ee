import { connect, type Socket } from 'node:net'
import type { Book } from './book.ts'
import { openRequests, type Requests } from './requests.ts'

export interface LoadPlan {
  /** Where to; the connections are spread over them in turn. */
  ports: readonly number[]
  /** One path, or several in turn. */
  path: string | readonly string[]
  /** What the sender says the events are; a push where nothing is said. */
  types?: readonly string[]
  connections: number
  book: Book
  /** At most this many events sent and not delivered; more wait. */
  openEvents: number
}

/** Posts signed requests over kept connections. Raw sockets: an HTTP client would cost more than what is measured. */
export class Load {
  readonly #book: Book
  readonly #openEvents: number
  readonly #requests: Requests
  readonly #lines: Line[] = []
  readonly #free: Line[] = []
  /** Requests that were due while no connection was free, as their slots. */
  readonly #late: number[] = []
  #mode: 'closed' | 'open' | 'stopped' = 'stopped'
  #fault: Error | undefined

  private constructor({ path, types = ['push'], book, openEvents }: LoadPlan) {
    this.#book = book
    this.#openEvents = openEvents
    this.#requests = openRequests(typeof path === 'string' ? [path] : path, types)
  }

  static async open(plan: LoadPlan): Promise<Load> {
    const load = new Load(plan)
    for (let i = 0; i < plan.connections; i++) {
      const socket = await connected(plan.ports[i % plan.ports.length] ?? 0)
      load.#lines.push(new Line(socket, (line, status) => load.#onAnswer(line, status)))
      socket.on('close', () => {
        load.#fault ??= new Error('the server closed a connection')
      })
    }
    load.#free.push(...load.#lines)
    return load
  }

  /** Every connection sends its next request as soon as its last one is answered. */
  runClosed(): void {
    this.#mode = 'closed'
    this.#fill()
  }

  /** So many requests a second by the clock, whether the last ones are answered or not. */
  runOpen(perSecond: number): void {
    this.#mode = 'open'
    const beganAt = performance.now()
    let due = 0
    const tick = () => {
      if (this.#mode !== 'open') return
      const now = performance.now()
      for (; due < ((now - beganAt) / 1000) * perSecond; due++) {
        // Its time counts from here, also when it has to wait for a connection.
        const slot = this.#book.take(now)
        if (slot === undefined) this.#fault ??= new Error('the server fell behind: every slot is waiting')
        else this.#late.push(slot)
      }
      this.#fill()
      setTimeout(tick, 1)
    }
    tick()
  }

  /** Called when an event has arrived: the next one may be sent. */
  onDelivered(): void {
    if (this.#free.length > 0) this.#fill()
  }

  /** Sends nothing more and waits until everything sent has been answered and has arrived. */
  async settle(limitMs: number): Promise<void> {
    this.#mode = 'stopped'
    const beganAt = performance.now()
    while (this.#late.length > 0 || !this.#book.isSettled) {
      this.assertGood()
      if (performance.now() - beganAt > limitMs) return
      this.#fill()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  assertGood(): void {
    if (this.#fault) throw this.#fault
  }

  close(): void {
    this.#mode = 'stopped'
    for (const { socket } of this.#lines) socket.removeAllListeners('close').destroy()
  }

  #onAnswer(line: Line, status: number): void {
    this.#book.noteAnswer(line.slot, status)
    this.#free.push(line)
    this.#fill()
  }

  #fill(): void {
    // In turn: a connection that is never used is closed by the server after ten seconds.
    for (let line = this.#free.shift(); line; line = this.#free.shift()) {
      const slot = this.#nextSlot()
      if (slot === undefined) {
        this.#free.push(line)
        return
      }
      line.slot = slot
      line.socket.write(this.#requests.next(slot))
    }
  }

  #nextSlot(): number | undefined {
    if (this.#late.length > 0) return this.#late.shift()
    if (this.#mode !== 'closed' || this.#book.open >= this.#openEvents) return undefined
    return this.#book.take(performance.now())
  }
}

/** One connection with at most one request on it. */
class Line {
  readonly socket: Socket
  slot = 0
  #rest = ''

  constructor(socket: Socket, onAnswer: (line: Line, status: number) => void) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      const text = this.#rest + chunk.toString('latin1')
      const headEnd = text.indexOf('\r\n\r\n')
      const length = headEnd < 0 ? undefined : /content-length: (\d+)/i.exec(text)?.[1]
      if (length === undefined || text.length < headEnd + 4 + Number(length)) {
        this.#rest = text
        return
      }
      this.#rest = ''
      onAnswer(this, Number(text.slice(9, 12)))
    })
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.on('error', reject)
  })
}
