import { createSecureContext } from 'node:tls'
import type { AddressGuard } from './address.ts'
import type { EgressPolicy, ExchangeFault, TlsIdentity } from './exchange.ts'
import type { Target } from './flight.ts'
import { bareHost, checkUrl } from './url.ts'

/** Why a URL is not called. */
export interface Refusal {
  cause: ExchangeFault
  detail: string
}

/** Reads and judges a URL. */
export function targetOf(text: string, policy: EgressPolicy, guard: AddressGuard): Target | Refusal {
  const verdict = checkUrl(text, policy, guard)
  if (verdict.kind === 'refused') return verdict
  const { url } = verdict
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:'
  const port = url.port === '' ? (protocol === 'http:' ? 80 : 443) : Number(url.port)
  return { place: { origin: url.origin, protocol, hostname: bareHost(url), port }, path: url.pathname + url.search }
}

/** The same place by its own TLS. */
export function withIdentity(
  target: Target | Refusal,
  { id, certificate, key, ca }: TlsIdentity,
  usualCa: readonly string[] | undefined,
): Target | Refusal {
  if ('cause' in target) return target
  const trusted = ca === null ? usualCa && [...usualCa] : ca
  try {
    const secureContext = createSecureContext({
      ...(certificate !== null && key !== null ? { cert: certificate, key } : {}),
      ...(trusted ? { ca: trusted } : {}),
    })
    return { ...target, place: { ...target.place, identity: { id, secureContext } } }
  } catch {
    // Its message may repeat what it was given.
    return { cause: 'REQUEST_INVALID', detail: 'the certificate or the key of the endpoint cannot be used' }
  }
}
