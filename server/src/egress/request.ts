import { createSecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { type AddressGuard, createAddressGuard } from './address.ts'
import { Dial, systemResolve, TlsSessions } from './connect.ts'
import type { Egress, EgressPolicy, Exchange, ExchangeFault, HeaderList, Resolve } from './exchange.ts'
import { Flight, type Target } from './flight.ts'
import { Pool } from './pool.ts'
import { type Refusal, targetOf, withIdentity } from './target.ts'

export interface EgressNeeds {
  policy: EgressPolicy
  clock: Clock
  /** The machine's resolver unless given. */
  resolve?: Resolve
  /** PEM certificates to trust in place of the built-in ones. Certificates are verified either way. */
  ca?: readonly string[]
  /** More orders than this for one origin wait for each other. */
  maxConnectionsPerOrigin?: number
  /** Above this the connection that has been idle longest is closed. */
  maxIdleConnections?: number
  /** How long an idle connection is kept when the receiver names no time of its own. */
  keepAliveMs?: number
  /** For look-up, TCP and TLS together, within the time of the order. */
  connectTimeoutMs?: number
}

/** Opens the way out of the server: guarded, bounded in time, memory and connections, and quick when it is warm. */
export function createEgress(needs: EgressNeeds): Egress {
  const { policy, clock } = needs
  const guard = createAddressGuard(policy)
  const targets = new Map<string, Target | Refusal>()
  const pool = openPool(needs, guard)
  let closed: Promise<void> | undefined
  return {
    request(order) {
      if (closed || order.signal?.aborted) return refused('STOPPED', 'the request was stopped before it began')
      const { url, tls } = order
      const target = tls
        ? cached(targets, `${tls.id} ${url}`, () => withIdentity(targetOf(url, policy, guard), tls, needs.ca))
        : cached(targets, url, () => targetOf(url, policy, guard))
      if ('cause' in target) return refused(target.cause, target.detail)
      const host = hostAmong(order.headers)
      // Another Host would reach another site of the same address, which no check has seen.
      if (host) return refused('REQUEST_INVALID', `the header "${host}" is set from the URL and cannot be given`)
      return new Promise((settle) => pool.send(new Flight(order, target, pool, clock, settle)))
    },
    close() {
      closed ??= pool.close()
      return closed
    },
  }
}

function openPool(needs: EgressNeeds, guard: AddressGuard): Pool {
  const { clock, resolve = systemResolve, ca, connectTimeoutMs = 10_000, keepAliveMs = 4000 } = needs
  const { proxy } = needs.policy
  const { maxConnectionsPerOrigin = 128, maxIdleConnections = 512 } = needs
  const secureContext = createSecureContext(ca ? { ca: [...ca] } : {})
  const sessions = new TlsSessions(1000)
  return new Pool({
    dial: (place) => new Dial(place, { guard, resolve, clock, secureContext, sessions, proxy }),
    connectTimeoutMs,
    keepAliveMs,
    maxConnectionsPerOrigin,
    maxIdleConnections,
  })
}

function hostAmong(headers: HeaderList): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') return name
  }
  return undefined
}

const maxTargets = 10_000

/** Reading and judging a URL costs as much as a third of a request, and endpoints are called again and again. */
function cached<T>(entries: Map<string, T>, key: string, make: () => T): T {
  const known = entries.get(key)
  if (known !== undefined) return known
  const oldest = entries.size < maxTargets ? undefined : entries.keys().next().value
  if (oldest !== undefined) entries.delete(oldest)
  const made = make()
  entries.set(key, made)
  return made
}

function refused(cause: ExchangeFault, detail: string): Promise<Exchange> {
  return Promise.resolve({
    outcome: { kind: 'failed', cause, detail },
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    isTruncated: false,
    timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 },
  })
}
