import type { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { Problem } from '../base/errors.ts'
import { createAddressGuard } from './address.ts'
import { Dial, systemResolve, TlsSessions } from './connect.ts'
import type { EgressPolicy, Exchange, ExchangeFault, Order, Resolve, TlsIdentity } from './exchange.ts'
import { Flight, type Target } from './flight.ts'
import { Pool } from './pool.ts'
import { type Refusal, targetOf, withIdentity } from './target.ts'

/** The way to an answer, in the order that it is gone. */
export const probeSteps = ['url', 'dns', 'address', 'connect', 'tls', 'answer'] as const
export type ProbeStep = (typeof probeSteps)[number]

/** How a receiver was found: whether it can be reached, whose it says it is, and how quick it is. */
export interface Probe {
  outcome: Exchange['outcome']
  /** Where it ended; null when an answer came. */
  failedAt: ProbeStep | null
  /** Also of one that was refused; null for plain http, and when none was shown. */
  certificate: ProbedCertificate | null
  timing: Exchange['timing']
}

export interface ProbedCertificate {
  /** Such as `CN=example.com`; the names that it is for when it has no subject. At most 300 characters. */
  subject: string
  issuer: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

export interface ProbeNeeds {
  policy: EgressPolicy
  clock: Clock
  /** The machine's resolver unless given. */
  resolve?: Resolve
  /** PEM certificates to trust in place of the built-in ones. */
  ca?: readonly string[]
  /** How many may be under way at once. */
  most?: number
  /** For all of it together. */
  timeoutMs?: number
}

/** Looks whether a URL can be delivered to, with the TLS that its deliveries would have. */
export type RunProbe = (url: string, tls?: TlsIdentity) => Promise<Probe>

/**
 * Makes the probe: it goes the way of a delivery, guarded and by the proxy as that one, on a connection of its own that
 * ends with it. It asks with HEAD, which by its meaning changes nothing and carries no body, so that no receiver can take
 * it for a delivery; any status is an answer, and nothing is followed. Whatever the other side does is an outcome; it
 * rejects only with OVERLOADED, when `most` are under way.
 */
export function createProbe({ most = 20, ...needs }: ProbeNeeds): RunProbe {
  let underWay = 0
  return async (url, tls) => {
    if (underWay >= most)
      throw new Problem('OVERLOADED', `${most} endpoints are being checked already`, { retryAfterSeconds: 5 })
    underWay++
    try {
      return await probe(url, tls, needs)
    } finally {
      underWay--
    }
  }
}

async function probe(url: string, tls: TlsIdentity | undefined, needs: Omit<ProbeNeeds, 'most'>): Promise<Probe> {
  const { policy, clock, resolve = systemResolve, ca, timeoutMs = 10_000 } = needs
  const guard = createAddressGuard(policy)
  const usual = targetOf(url, policy, guard)
  const target = tls ? withIdentity(usual, tls, ca) : usual
  if ('cause' in target) return refusedProbe(target)
  let certificate: ProbedCertificate | null = null
  const secureContext = createSecureContext(ca ? { ca: [...ca] } : {})
  const dialNeeds = { guard, resolve, clock, secureContext, proxy: policy.proxy }
  const onCertificate = (shown: X509Certificate) => {
    certificate = readCertificate(shown)
  }
  const pool = new Pool({
    dial: (place) => new Dial(place, { ...dialNeeds, sessions: new TlsSessions(1), onCertificate }),
    connectTimeoutMs: timeoutMs,
    keepAliveMs: 1000,
    maxConnectionsPerOrigin: 1,
    maxIdleConnections: 0,
  })
  const exchange = await ask(target, pool, clock, { url, timeoutMs })
  const { outcome, timing } = exchange
  const isTlsDone = target.place.protocol === 'http:' || timing.tlsMs !== null
  const failedAt = outcome.kind === 'answered' ? null : stepOf(outcome.cause, timing.connectMs !== null && !isTlsDone)
  return { outcome, failedAt, certificate, timing }
}

function ask(
  target: Target,
  pool: Pool,
  clock: Clock,
  { url, timeoutMs }: Pick<Order, 'url' | 'timeoutMs'>,
): Promise<Exchange> {
  const headers = ['user-agent', 'Trunkline/1.0 (endpoint check)', 'accept', '*/*']
  const order: Order = { url, method: 'HEAD', headers, body: undefined, timeoutMs, maxResponseBytes: 0 }
  return new Promise((settle) => pool.send(new Flight(order, target, pool, clock, settle)))
}

/** Where a cause belongs. `isInHandshake`: the connection was made, and the handshake was not finished. */
function stepOf(cause: ExchangeFault, isInHandshake: boolean): ProbeStep {
  if (cause === 'PRIVATE_ADDRESS' || cause === 'URL_REFUSED') return 'address'
  if (cause.startsWith('DNS_')) return 'dns'
  // In TLS 1.3 a receiver refuses our certificate only behind the handshake.
  if (cause.startsWith('TLS_') || isInHandshake) return 'tls'
  return cause.startsWith('CONNECT_') || cause === 'PROXY_ERROR' || cause === 'LOCAL_FAULT' ? 'connect' : 'answer'
}

/** What nothing was sent for. */
export function refusedProbe({ cause, detail }: Refusal): Probe {
  return {
    outcome: { kind: 'failed', cause, detail },
    failedAt: cause === 'PRIVATE_ADDRESS' ? 'address' : cause === 'REQUEST_INVALID' ? 'tls' : 'url',
    certificate: null,
    timing: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 },
  }
}

function readCertificate({ subject, issuer, subjectAltName, validTo }: X509Certificate): ProbedCertificate | null {
  const expiresAt = Date.parse(validTo)
  if (Number.isNaN(expiresAt)) return null
  // New authorities leave the subject empty.
  return { subject: line(subject || subjectAltName), issuer: line(issuer), expiresAt }
}

/** A name of a certificate in one line: the receiver has written it. */
const line = (text: string | undefined) =>
  (text ?? '')
    .replaceAll('\n', ', ')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '?')
    .slice(0, 300)
