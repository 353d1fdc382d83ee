import type { Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import { createTurnstile } from '../base/turnstile.ts'
import type { Dial } from './connect.ts'
import type { Exchange, Order, Timing } from './exchange.ts'
import { exchangeFault, Fault, nameOf, type Place } from './fault.ts'
import type { Cargo, Link, Pool } from './pool.ts'
import { stopOn } from './stop.ts'

/** Where an order goes: its URL, read and judged. */
export interface Target {
  place: Place
  /** With the query. */
  path: string
}

const maxHeaders = 100
const maxHeaderBytes = 16 * 1024
// A receiver may say 103 or 102 now and then; one that says nothing else would keep the parser busy to the deadline.
const maxInformational = 20
const nothing = Buffer.alloc(0)

/** One order on its way. It ends exactly once: with the answer, a fault, the deadline, or a stop. */
export class Flight implements Cargo {
  readonly place: Place
  readonly options: Dispatcher.DispatchOptions
  link: Link | undefined
  dial: Dial | undefined
  readonly #order: Order
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #settle: (exchange: Exchange) => void
  readonly #startedAt: number
  readonly #timer: NodeJS.Timeout
  readonly #unwatch: (() => void) | undefined
  #isOver = false
  #isRetry = false
  #sentAt: number | undefined
  #firstByteMs: number | null = null
  #informational = 0
  #status = 0
  #headers: Exchange['responseHeaders'] = []
  #body: Buffer[] = []
  #bodyBytes = 0
  #isTruncated = false

  constructor(order: Order, { place, path }: Target, pool: Pool, clock: Clock, settle: (exchange: Exchange) => void) {
    this.place = place
    this.options = {
      path,
      method: order.method,
      // Undici changes nothing of it.
      headers: order.headers as string[],
      body: order.body ?? null,
      blocking: false,
    }
    this.#order = order
    this.#pool = pool
    this.#clock = clock
    this.#settle = settle
    this.#startedAt = clock.elapsed()
    this.#timer = setTimeout(onLate, order.timeoutMs, this)
    this.#unwatch = order.signal && stopOn(order.signal, this)
  }

  timeLeftMs(): number {
    return this.#order.timeoutMs - (this.#clock.elapsed() - this.#startedAt)
  }

  stop(): void {
    this.#fail(new Fault('STOPPED', `the request to ${nameOf(this.place)} was stopped`))
  }

  /** The deadline has come. */
  late(): void {
    this.#fail(this.#lateness())
  }

  onRequestStart(): void {
    this.#sentAt = this.#clock.elapsed()
  }

  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number): void {
    if (this.#isOver) return
    if (status < 200) {
      if (++this.#informational > maxInformational) {
        this.#fail(
          new Fault('RESPONSE_INVALID', `${nameOf(this.place)} sent more than ${maxInformational} interim answers`),
        )
      }
      return
    }
    this.#firstByteMs = this.#clock.elapsed() - (this.#sentAt ?? this.#startedAt)
    this.#headers = kept(rawHeaders)
    this.#status = status
    if (status > 599) {
      this.#fail(new Fault('RESPONSE_INVALID', `${nameOf(this.place)} answered with the status ${status}`))
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    const room = this.#order.maxResponseBytes - this.#bodyBytes
    this.#isTruncated = chunk.length > room
    const part = this.#isTruncated ? chunk.subarray(0, room) : chunk
    this.#bodyBytes += part.length
    this.#body.push(part)
    if (!this.#isTruncated) return
    this.#end({ kind: 'answered', status: this.#status })
    // Reading on would let the receiver decide how long; the connection is the price.
    this.link?.close()
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#end({ kind: 'answered', status: this.#status })
    this.link?.release()
  }

  /**
   * An open connection can turn out to be dead before the request is written to it: then it is sent once more, on a new
   * one. undici does that itself when the receiver closed in good order (UND_ERR_SOCKET, UND_ERR_INFO); a reset
   * (ECONNRESET) or stray bytes (HTTPParserError) it reports here. Once `onRequestStart` has been called, bytes may have been read.
   */
  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isOver) return
    const fault = exchangeFault(error, this.place)
    const isDead = fault.fault === 'CONNECTION_LOST' || fault.fault === 'RESPONSE_INVALID'
    const wasOpen = this.dial === undefined && this.#sentAt === undefined
    if (!(isDead && wasOpen) || this.#isRetry) {
      this.#fail(fault)
      return
    }
    this.#isRetry = true
    // Not at once: undici is still clearing the queue of that connection.
    queueMicrotask(() => {
      if (!this.#isOver) this.link?.carry(this)
    })
  }

  /** What it was waiting for when the deadline came. */
  #lateness(): Fault {
    const where = nameOf(this.place)
    const ms = this.#order.timeoutMs
    if (this.#status > 0) return new Fault('RESPONSE_TIMEOUT', `${where} did not finish its answer in ${ms} ms`)
    if (this.#sentAt !== undefined) return new Fault('RESPONSE_TIMEOUT', `${where} did not answer in ${ms} ms`)
    if (this.dial?.phase === 'look-up') {
      return new Fault('DNS_FAILED', `the look-up of "${this.place.hostname}" took longer than ${ms} ms`)
    }
    if (this.dial?.phase === 'proxy')
      return new Fault('PROXY_ERROR', `the proxy opened no tunnel to ${where} in ${ms} ms`)
    // It may be others who have them all.
    if (!this.dial) return new Fault('LOCAL_FAULT', `of the connections to ${where} none was free in ${ms} ms`)
    return new Fault('CONNECT_TIMEOUT', `${where}: the ${this.dial.phase} was not finished in ${ms} ms`)
  }

  #fail({ fault, message }: Fault): void {
    if (this.#isOver) return
    this.#end({ kind: 'failed', cause: fault, detail: message })
    if (this.link) this.link.close()
    else this.#pool.withdraw(this)
  }

  #end(outcome: Exchange['outcome']): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#unwatch?.()
    this.#settle({
      outcome,
      responseHeaders: this.#headers,
      responseBody: joined(this.#body),
      isTruncated: this.#isTruncated,
      timing: this.#timing(),
    })
  }

  #timing(): Timing {
    return {
      dnsMs: this.dial?.dnsMs ?? null,
      connectMs: this.dial?.connectMs ?? null,
      tlsMs: this.dial?.tlsMs ?? null,
      firstByteMs: this.#firstByteMs,
      totalMs: this.#clock.elapsed() - this.#startedAt,
    }
  }
}

/** Those that began together are late together: the ends of hundreds in one go would hold up everything else. */
const lateOnes = createTurnstile()

function onLate(flight: Flight): void {
  lateOnes.pass(() => flight.late())
}

/** The first headers of the answer, as text; the bytes of a header are Latin-1 (RFC 9110, 5.5). */
function kept(raw: Dispatcher.DispatchController['rawHeaders']): Exchange['responseHeaders'] {
  const headers: (readonly [string, string])[] = []
  if (!Array.isArray(raw)) return headers
  let bytes = 0
  for (let i = 0; i + 1 < raw.length && headers.length < maxHeaders; i += 2) {
    const name = latin1(raw[i])
    const value = latin1(raw[i + 1])
    bytes += name.length + value.length
    if (bytes > maxHeaderBytes) break
    headers.push([name, value])
  }
  return headers
}

function latin1(raw: Buffer | string | undefined): string {
  if (raw === undefined) return ''
  return typeof raw === 'string' ? raw : raw.toString('latin1')
}

/** Copied, so that what is kept of an answer does not hold on to the buffer it was read into. */
function joined(parts: readonly Buffer[]): Buffer {
  if (parts.length === 0) return nothing
  const [first] = parts
  return parts.length === 1 && first ? Buffer.from(first) : Buffer.concat(parts)
}
