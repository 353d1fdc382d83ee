import { type AddressGuard, createAddressGuard, isAddress } from './address.ts'
import type { EgressPolicy } from './exchange.ts'

/** Whether a URL may be saved and sent to, as far as its text can tell. */
export type UrlVerdict =
  | { kind: 'ok'; url: URL }
  | { kind: 'refused'; cause: 'PRIVATE_ADDRESS' | 'URL_REFUSED'; detail: string }

const maxUrlLength = 2048

/**
 * Judges a URL before it is saved, and again before it is used. A name is resolved and judged only when a connection is
 * made. The text is parsed once, and the parsed URL is the one to use: two parsers disagree about hosts sooner or later.
 * A fragment is dropped. A refusal never repeats a user name, a password, a path or a query.
 */
export function checkUrl(text: string, policy: EgressPolicy, guard = createAddressGuard(policy)): UrlVerdict {
  if (text.length > maxUrlLength) {
    return refused(`the URL has ${text.length} characters; at most ${maxUrlLength} are allowed`)
  }
  // The parser silently drops or turns some of these, so that the URL a person reads is not the one that is called.
  if (/[\p{Cc}\s\\]/u.test(text)) {
    return refused('the URL has white space, a control character or a backslash; write them percent-encoded')
  }
  const url = parse(text)
  if (!url) return refused('the text is not a URL; write it whole, such as https://example.com/webhooks')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refused(`the scheme "${url.protocol.slice(0, -1)}" is not allowed; use https`)
  }
  if (url.username !== '' || url.password !== '') {
    return refused(`the URL of host "${url.hostname}" has a user name or password; send credentials in a header`)
  }
  if (url.port === '0') return refused(`port 0 of host "${url.hostname}" is not allowed; use 1 to 65535`)
  url.hash = ''
  return checkHost(url, policy, guard)
}

/** The host as a resolver and a socket want it: an IPv6 literal without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

// Names of private networks: RFC 6761, 6762 (appendix G) and 8375, and what routers and clouds use.
const privateSuffixes = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
] as const

function checkHost(url: URL, policy: EgressPolicy, guard: AddressGuard): UrlVerdict {
  const host = bareHost(url)
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:'
  if (isAddress(host)) {
    const verdict = guard.judge(host, protocol)
    return verdict.kind === 'allowed' ? { kind: 'ok', url } : verdict
  }
  if (host === '' || host.endsWith('.') || host.split('.').includes('')) {
    return refused(`the host "${host}" has an empty part; write it without a dot at either end`)
  }
  if (policy.allowPrivate.length > 0) return { kind: 'ok', url }
  const suffix = privateSuffixes.find((each) => host === each || host.endsWith(`.${each}`))
  if (suffix !== undefined || !host.includes('.')) {
    const detail = `the host "${host}" is a name of a private network; use one of the public internet`
    return { kind: 'refused', cause: 'PRIVATE_ADDRESS', detail }
  }
  if (protocol === 'http:' && !policy.allowHttp) {
    return refused(`the URL of host "${host}" uses http; use https`)
  }
  return { kind: 'ok', url }
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    // Its message repeats the text, which may hold a password.
    return undefined
  }
}

function refused(detail: string): UrlVerdict {
  return { kind: 'refused', cause: 'URL_REFUSED', detail }
}
