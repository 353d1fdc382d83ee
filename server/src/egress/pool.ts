import { Client, type Dispatcher } from 'undici'
import type { Dial } from './connect.ts'
import { keyOf, type Place } from './fault.ts'

/** What a connection carries: one request at a time, and it hears of its own answer. */
export interface Cargo extends Dispatcher.DispatchHandler {
  readonly place: Place
  readonly options: Dispatcher.DispatchOptions
  /** The connection it is on; undefined while it waits for one. */
  link: Link | undefined
  /** The connection that was made for it; undefined when it found an open one. */
  dial: Dial | undefined
  timeLeftMs(): number
}

export interface PoolNeeds {
  dial(place: Place): Dial
  connectTimeoutMs: number
  keepAliveMs: number
  maxConnectionsPerOrigin: number
  maxIdleConnections: number
}

/** The connections of one origin; there is one only while there are connections. */
interface Lane {
  place: Place
  size: number
  idle: Link[]
  waiting: Set<Cargo>
}

// Receivers with many cookies and policies send 20 KB of headers; beyond this the answer is not HTTP for us.
const maxAnswerHeadBytes = 64 * 1024

/**
 * All connections. Each is an undici Client of its own rather than a part of an undici Pool: so it is known which
 * request a connection was made for, and a request that is given up takes its connection with it. (A Pool opens a new
 * connection in place of each one that an aborted request has ended, so that a hanging receiver gathers idle ones.)
 */
export class Pool {
  readonly needs: PoolNeeds
  readonly #lanes = new Map<string, Lane>()
  /** Oldest first: the one to close when there are too many. */
  readonly #idle = new Set<Link>()
  #open = 0
  #onClosed: (() => void) | undefined

  constructor(needs: PoolNeeds) {
    this.needs = needs
  }

  /** Puts the cargo on a free connection, on a new one, or in the queue of its origin. */
  send(cargo: Cargo): void {
    const lane = this.#laneOf(cargo.place)
    const link = lane.idle.pop()
    if (link) {
      this.#idle.delete(link)
      link.carry(cargo)
    } else if (lane.size < this.needs.maxConnectionsPerOrigin) {
      this.#connect(lane, cargo)
    } else {
      lane.waiting.add(cargo)
    }
  }

  /** Takes back cargo that is still waiting for a connection. */
  withdraw(cargo: Cargo): void {
    const lane = this.#lanes.get(keyOf(cargo.place))
    lane?.waiting.delete(cargo)
  }

  /** The connection carried its cargo to the end and can be used again. */
  onFree(link: Link, lane: Lane): void {
    const next = takeFirst(lane.waiting)
    if (next) {
      link.carry(next)
    } else if (this.#onClosed) {
      link.close()
    } else {
      lane.idle.push(link)
      this.#idle.add(link)
      if (this.#idle.size > this.needs.maxIdleConnections) firstOf(this.#idle)?.close()
    }
  }

  /** The connection must not be used any more; its place is free at once. */
  onDone(link: Link, lane: Lane): void {
    lane.size--
    if (this.#idle.delete(link)) lane.idle.splice(lane.idle.indexOf(link), 1)
    const next = takeFirst(lane.waiting)
    if (next) this.#connect(lane, next)
    else if (lane.size === 0) this.#lanes.delete(keyOf(lane.place))
  }

  /** The connection is closed for good. */
  onGone(): void {
    this.#open--
    if (this.#open === 0) this.#onClosed?.()
  }

  /** How many connections there are, and how many of them are idle. */
  get size(): { open: number; idle: number; origins: number } {
    return { open: this.#open, idle: this.#idle.size, origins: this.#lanes.size }
  }

  /** Closes the idle connections now and the others as they become free; resolves after the last. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve
      for (const link of [...this.#idle]) link.close()
      if (this.#open === 0) resolve()
    })
  }

  #connect(lane: Lane, cargo: Cargo): void {
    lane.size++
    this.#open++
    new Link(this, lane).carry(cargo)
  }

  #laneOf(place: Place): Lane {
    const key = keyOf(place)
    const known = this.#lanes.get(key)
    if (known) return known
    const lane: Lane = { place, size: 0, idle: [], waiting: new Set() }
    this.#lanes.set(key, lane)
    return lane
  }
}

/** One connection, made when its first cargo needs it. */
export class Link {
  readonly #pool: Pool
  readonly #lane: Lane
  readonly #client: Client
  #cargo: Cargo | undefined
  #dial: Dial | undefined
  #isUsed = false
  #isDone = false

  constructor(pool: Pool, lane: Lane) {
    this.#pool = pool
    this.#lane = lane
    this.#client = new Client(lane.place.origin, {
      connect: (_options, done) => {
        this.#connect().then(
          (socket) => done(null, socket),
          (error) => done(error, null),
        )
      },
      pipelining: 1,
      maxHeaderSize: maxAnswerHeadBytes,
      keepAliveTimeout: pool.needs.keepAliveMs,
      keepAliveMaxTimeout: 60_000,
      // undici's timers are good to half a second only, and start anew with every byte; each order has a timer of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    // The receiver, or the keep-alive time, ended an idle connection. A busy one hears of it through its cargo.
    this.#client.on('disconnect', () => {
      if (!this.#cargo) this.close()
    })
  }

  /** Sends the cargo. On a connection that has been closed meanwhile undici makes a new one first. */
  carry(cargo: Cargo): void {
    this.#cargo = cargo
    cargo.link = this
    if (this.#isUsed) setImmediate(dispatch, this.#client, cargo)
    else dispatch(this.#client, cargo)
    this.#isUsed = true
  }

  /** The cargo has its whole answer. */
  release(): void {
    this.#cargo = undefined
    this.#pool.onFree(this, this.#lane)
  }

  /** Ends the connection, or the making of it, whatever it carries. */
  close(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#cargo = undefined
    this.#dial?.cancel()
    this.#client.destroy().then(() => this.#pool.onGone())
    this.#pool.onDone(this, this.#lane)
  }

  async #connect() {
    const { dial, connectTimeoutMs } = this.#pool.needs
    this.#dial = dial(this.#lane.place)
    const cargo = this.#cargo
    if (cargo) cargo.dial = this.#dial
    return this.#dial.open(Math.min(connectTimeoutMs, cargo?.timeLeftMs() ?? connectTimeoutMs))
  }
}

// undici reads once more before it uses a connection again, to see whether it was closed; but when the last answer has
// just been read, that happens in the same turn of the event loop, and a close right behind the answer is not seen. From
// the end of a turn, it happens in the next one.
function dispatch(client: Client, cargo: Cargo): void {
  client.dispatch(cargo.options, cargo)
}

function takeFirst<T>(set: Set<T>): T | undefined {
  const first = firstOf(set)
  if (first !== undefined) set.delete(first)
  return first
}

function firstOf<T>(set: Set<T>): T | undefined {
  for (const first of set) return first
  return undefined
}
