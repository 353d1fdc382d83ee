import { isAddress, parseCidr, rangeHolds } from './address.ts'
import type { EgressProxy } from './exchange.ts'
import type { Place } from './fault.ts'

/**
 * Reads the URL of a proxy, such as `http://user:password@proxy.internal:3128`; undefined for anything that is not one. The
 * operator has chosen it, so its address may be a private one.
 */
export function readProxy(text: string): Omit<EgressProxy, 'direct'> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url?.protocol !== 'http:' ||
    url.hostname === '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    return undefined
  }
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const credentials = credentialsOf(url)
  if (credentials === undefined) return undefined
  const authorization = credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`
  return { hostname, port: url.port === '' ? 80 : Number(url.port), authorization }
}

/**
 * Whether a place is called directly, by a list as `NO_PROXY` has it: `*`, names that stand for their subdomains too
 * (with or without a dot before), addresses and ranges, each with a port or without. The guard judges the address either way.
 */
export function isDirect(direct: readonly string[], { hostname, port }: Place, addresses: readonly string[]): boolean {
  return direct.some((entry) => {
    if (entry === '*') return true
    const [, host = '', only] = /^(\[[^\]]*\]|[^:]*|[^:]*:[^:]*:.*?)(?::(\d{1,5}))?$/.exec(entry) ?? []
    if (host === '' || (only !== undefined && Number(only) !== port)) return false
    const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
    if (bare.includes('/') || isAddress(bare)) return addresses.every((address) => holds(bare, address))
    const name = bare.replace(/^\*?\./, '')
    return hostname === name || hostname.endsWith(`.${name}`)
  })
}

function holds(range: string, address: string): boolean {
  try {
    return rangeHolds(parseCidr(range), address)
  } catch {
    return false
  }
}

function credentialsOf(url: URL): string | undefined {
  try {
    return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  } catch {
    return undefined
  }
}
