import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIPv6, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../base/clock.ts'
import { type AddressGuard, isAddress } from './address.ts'
import type { EgressProxy, Resolve } from './exchange.ts'
import { codeOf, connectFault, Fault, keyOf, lookUpFault, nameOf, type Place, tlsFault } from './fault.ts'
import { isDirect } from './proxy.ts'
import { openTunnel, proxyFault } from './tunnel.ts'

/** What a connection is made with. */
export interface DialNeeds {
  guard: AddressGuard
  resolve: Resolve
  clock: Clock
  secureContext: SecureContext
  sessions: TlsSessions
  proxy?: EgressProxy | undefined
  /** Hears whose certificate was shown, also of one that is refused then. */
  onCertificate?: (certificate: X509Certificate) => void
}

/** What is being looked up: who asks for the same name waits for the same answer. */
const asked = new Map<string, ReturnType<Resolve>>()
/** Names of which nothing was heard for so long lately that they are not looked up again for a while. */
const slow = new Map<string, number>()
const slowMs = 5000
const restMs = 30_000
const slowKept = 10_000

/**
 * The machine's resolver: hosts file, search domains and all. A look-up holds a thread of a few for as long as the name's servers
 * let it, so a name whose servers are silent has one of them at most, and not again at once.
 */
export const systemResolve: Resolve = (hostname) => {
  const known = asked.get(hostname)
  if (known) return known
  const begin = systemClock.elapsed()
  if (begin < (slow.get(hostname) ?? 0))
    return Promise.reject(Object.assign(new Error('its servers did not answer lately'), { code: 'ETIMEOUT' }))
  const answer = lookup(hostname, { all: true, verbatim: true })
    .then(
      (answers) => {
        slow.delete(hostname)
        return answers.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }) as const)
      },
      (error: unknown) => {
        noteFailed(hostname, begin)
        throw error
      },
    )
    .finally(() => asked.delete(hostname))
  asked.set(hostname, answer)
  return answer
}

function noteFailed(hostname: string, begin: number): void {
  const now = systemClock.elapsed()
  if (now - begin < slowMs) return
  if (slow.size >= slowKept) slow.clear()
  slow.set(hostname, now + restMs)
}

// A name with a hundred addresses must not make us knock at a hundred doors.
const maxAddressesTried = 4

/** Faults that another address of the same name would not mend. */
const final: ReadonlySet<string> = new Set(['PRIVATE_ADDRESS', 'STOPPED', 'PROXY_ERROR'])

/**
 * One guarded connection in the making. The name is resolved and every answer judged here, and the socket goes to an
 * address that was judged, so nothing can change in between; the certificate is checked against the name of the URL.
 */
export class Dial {
  /** What it is busy with. */
  phase: 'look-up' | 'connection' | 'proxy' | 'TLS handshake' = 'look-up'
  dnsMs: number | null = null
  connectMs: number | null = null
  tlsMs: number | null = null
  readonly #place: Place
  readonly #needs: DialNeeds
  #socket: Socket | undefined
  #isCancelled = false

  constructor(place: Place, needs: DialNeeds) {
    this.#place = place
    this.#needs = needs
  }

  /** The connection, ready for a request; rejects with a {@link Fault}, at the latest after `timeoutMs`. */
  async open(timeoutMs: number): Promise<Socket> {
    const { clock } = this.#needs
    const start = clock.elapsed()
    const leftMs = () => timeoutMs - (clock.elapsed() - start)
    const addresses = await this.#addresses(leftMs())
    const resolved = clock.elapsed()
    const proxy = this.#proxyFor(addresses)
    this.phase = proxy ? 'proxy' : 'connection'
    const socket = await this.#connect(addresses, leftMs, proxy)
    const connected = clock.elapsed()
    this.connectMs = connected - resolved
    if (this.#place.protocol === 'http:') return socket
    this.phase = 'TLS handshake'
    const secured = await this.#secure(socket, leftMs())
    this.tlsMs = clock.elapsed() - connected
    return secured
  }

  /** Calls it off; `open` rejects, sooner or later. */
  cancel(): void {
    this.#isCancelled = true
    this.#socket?.destroy()
  }

  /** The addresses that may be connected to: never none. */
  async #addresses(timeoutMs: number): Promise<readonly string[]> {
    const { hostname, protocol } = this.#place
    const { guard, resolve, clock } = this.#needs
    if (isAddress(hostname)) return [judged(guard, hostname, protocol)]
    const start = clock.elapsed()
    const late = () =>
      new Fault('DNS_FAILED', `the look-up of "${hostname}" took longer than ${Math.round(timeoutMs)} ms`)
    const answers = await within(timeoutMs, resolve(hostname), late).catch((error) => {
      throw error instanceof Fault ? error : lookUpFault(error, hostname)
    })
    this.dnsMs = clock.elapsed() - start
    if (answers.length === 0) throw new Fault('DNS_NOT_FOUND', `the name "${hostname}" has no address`)
    return allowedAnswers(guard, this.#place, answers)
  }

  #proxyFor(addresses: readonly string[]): EgressProxy | undefined {
    const { proxy } = this.#needs
    return proxy && !isDirect(proxy.direct, this.#place, addresses) ? proxy : undefined
  }

  async #connect(addresses: readonly string[], leftMs: () => number, proxy: EgressProxy | undefined): Promise<Socket> {
    let last: Fault | undefined
    const tried = addresses.slice(0, maxAddressesTried)
    for (const [i, address] of tried.entries()) {
      // An address that swallows packets may use its share of the time and no more, or the next would never be tried.
      const shareMs = leftMs() / (tried.length - i)
      try {
        return await (proxy ? this.#tunnelTo(address, proxy, shareMs) : this.#connectTo(address, shareMs))
      } catch (error) {
        last = connectFault(error, this.#place, address)
        if (final.has(last.fault)) break
      }
    }
    throw last ?? new Fault('CONNECT_FAILED', `there is no address of ${nameOf(this.#place)} to connect to`)
  }

  async #connectTo(address: string, timeoutMs: number): Promise<Socket> {
    this.#assertGoing()
    const { port, protocol } = this.#place
    const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    const where = `${nameOf(this.#place)} (${address})`
    const late = () =>
      new Fault('CONNECT_TIMEOUT', `${where} did not answer the connection in ${Math.max(0, Math.round(timeoutMs))} ms`)
    await this.#ready(socket, 'connect', timeoutMs, late)
    try {
      // The second lock on the same door: what the socket says it is connected to.
      judged(this.#needs.guard, socket.remoteAddress ?? 'an unknown peer', protocol)
    } catch (error) {
      socket.destroy()
      throw error
    }
    return socket
  }

  /** The proxy is the operator's choice, so its address is not judged; the one that it is asked for has been. */
  async #tunnelTo(address: string, proxy: EgressProxy, timeoutMs: number): Promise<Socket> {
    this.#assertGoing()
    const start = this.#needs.clock.elapsed()
    const { hostname: host, port } = proxy
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    const late = () => proxyFault(proxy, `did not answer in ${Math.round(timeoutMs)} ms`)
    await this.#ready(socket, 'connect', timeoutMs, late).catch((error) => {
      throw error instanceof Fault ? error : proxyFault(proxy, `cannot be reached (${codeOf(error)})`)
    })
    const timer = setTimeout(
      () => socket.destroy(late()),
      Math.max(1, timeoutMs - (this.#needs.clock.elapsed() - start)),
    )
    try {
      await openTunnel(socket, proxy, this.#place, address)
    } catch (error) {
      throw this.#isCancelled ? this.#calledOff() : error
    } finally {
      clearTimeout(timer)
    }
    return socket
  }

  async #secure(socket: Socket, timeoutMs: number): Promise<TLSSocket> {
    const { sessions, onCertificate } = this.#needs
    const { hostname, identity } = this.#place
    const secureContext = identity?.secureContext ?? this.#needs.secureContext
    const key = keyOf(this.#place)
    const session = sessions.get(key)
    const secured = connectTls({
      socket,
      secureContext,
      servername: isAddress(hostname) ? '' : hostname, // SNI knows names only (RFC 6066)
      checkServerIdentity: (_servername, certificate) => checkServerIdentity(hostname, certificate),
      rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
      ALPNProtocols: ['http/1.1'],
      ...(session && { session }),
    })
    secured.on('session', (fresh) => sessions.set(key, fresh))
    // Before Node judges it: it destroys the socket of a bad one, and with it what there was to see.
    if (onCertificate) {
      secured.prependOnceListener('secure', () => {
        // Not getPeerX509Certificate: in Node 20 what the identity is checked by is empty after it.
        const { raw } = secured.getPeerCertificate()
        if (raw) onCertificate(new X509Certificate(raw))
      })
    }
    const late = () =>
      new Fault(
        'CONNECT_TIMEOUT',
        `${nameOf(this.#place)} did not finish the TLS handshake in ${Math.round(timeoutMs)} ms`,
      )
    await this.#ready(secured, 'secureConnect', timeoutMs, late).catch((error) => {
      sessions.delete(key)
      throw tlsFault(error, this.#place)
    })
    return secured
  }

  #ready(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number, late: () => Fault): Promise<void> {
    this.#socket = socket
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(late()), Math.max(1, timeoutMs))
      const closed = () => reject(this.#isCancelled ? this.#calledOff() : closedEarly())
      socket.once(event, () => {
        clearTimeout(timer)
        socket.off('close', closed)
        resolve()
      })
      // Stays for good: an error between this and the next owner's listeners must not be an uncaught one.
      socket.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      socket.once('close', closed)
    })
  }

  #assertGoing(): void {
    if (this.#isCancelled) throw this.#calledOff()
  }

  #calledOff(): Fault {
    return new Fault('STOPPED', `the connection to ${nameOf(this.#place)} was called off`)
  }
}

/** TLS sessions by origin, so that a new connection costs a short handshake; the oldest make room. */
export class TlsSessions {
  readonly #sessions = new Map<string, Buffer>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(origin: string): Buffer | undefined {
    return this.#sessions.get(origin)
  }

  set(origin: string, session: Buffer): void {
    this.#sessions.delete(origin)
    this.#sessions.set(origin, session)
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#max) break
      this.#sessions.delete(oldest)
    }
  }

  delete(origin: string): void {
    this.#sessions.delete(origin)
  }
}

/**
 * One forbidden answer refuses the name, as it may be the one that is used next time. Only `localhost` may have both
 * spellings of this machine with one of them allowed.
 */
function allowedAnswers(guard: AddressGuard, place: Place, answers: Awaited<ReturnType<Resolve>>): readonly string[] {
  const { hostname, protocol } = place
  const isThisMachine = hostname === 'localhost' || hostname.endsWith('.localhost')
  const allowed: string[] = []
  let refusal: Fault | undefined
  for (const { address } of answers) {
    const verdict = guard.judge(address, protocol)
    if (verdict.kind === 'allowed') allowed.push(address)
    else {
      const why = guard.hidesAddresses ? 'it is none that deliveries may reach' : verdict.detail
      refusal ??= new Fault(verdict.cause, `the name "${hostname}" leads to a forbidden address: ${why}`)
    }
  }
  if (refusal && !(isThisMachine && allowed.length > 0)) throw refusal
  return inTurns(allowed)
}

/**
 * The families in turn (RFC 8305, section 4): where one of them leads nowhere, as IPv6 often does in containers, the other one is
 * tried before there have been too many.
 */
function inTurns(addresses: readonly string[]): readonly string[] {
  const isFirst = (address: string) => isIPv6(address) === isIPv6(addresses[0] ?? '')
  const [first, other] = [addresses.filter(isFirst), addresses.filter((address) => !isFirst(address))]
  return first.flatMap((address, i) => [address, ...other.slice(i, i + 1)]).concat(other.slice(first.length))
}

function judged(guard: AddressGuard, address: string, protocol: Place['protocol']): string {
  const verdict = guard.judge(address, protocol)
  if (verdict.kind === 'refused') throw new Fault(verdict.cause, verdict.detail)
  return address
}

function closedEarly(): Error {
  return Object.assign(new Error('closed before it was ready'), { code: 'ECONNRESET' })
}

function within<T>(timeoutMs: number, promise: Promise<T>, late: () => Fault): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.max(1, timeoutMs))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
