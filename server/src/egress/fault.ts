import { isIPv6 } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { ExchangeFault } from './exchange.ts'

/** Where a connection goes, in the words of the URL. */
export interface Place {
  /** As in a URL: `https://example.com:8443`. */
  origin: string
  protocol: 'http:' | 'https:'
  /** A name or an address, an IPv6 one without brackets. */
  hostname: string
  port: number
  /** What its TLS is made with instead of the usual; connections are shared only by those who have the same. */
  identity?: { id: string; secureContext: SecureContext }
}

/** By what the connections to a place are known. */
export function keyOf({ origin, identity }: Place): string {
  return identity ? `${origin} ${identity.id}` : origin
}

/** Why an exchange failed, thrown between the parts of this folder. The message is the detail: one sentence, no secret. */
export class Fault extends Error {
  // Not `code`: undici reads the codes of connection errors and connects again for some of them.
  readonly fault: ExchangeFault

  constructor(fault: ExchangeFault, detail: string) {
    super(detail)
    this.name = 'Fault'
    this.fault = fault
  }
}

/** `example.com:443`, for sentences. */
export function nameOf({ hostname, port }: Pick<Place, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
}

/** What this machine has run out of: no receiver is to blame. */
const exhausted: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

const localFault = (what: string, code: string) =>
  new Fault('LOCAL_FAULT', `${what}: this machine has nothing left for it (${code})`)

/** What a failed look-up of a name means. */
export function lookUpFault(error: unknown, hostname: string): Fault {
  const code = codeOf(error)
  if (exhausted.has(code)) return localFault(`the look-up of "${hostname}" could not be made`, code)
  return code === 'ENOTFOUND' || code === 'ENODATA'
    ? new Fault('DNS_NOT_FOUND', `the name "${hostname}" does not exist or has no address (${code})`)
    : new Fault('DNS_FAILED', `the look-up of "${hostname}" failed (${code})`)
}

/** What a failed TCP connection means. */
export function connectFault(error: unknown, place: Place, address: string): Fault {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  const where = `${nameOf(place)} (${address})`
  // Without IPv6, as in many containers, that is what every address of it gets.
  const hasNoPort = code === 'EADDRNOTAVAIL' && !isIPv6(address)
  if (exhausted.has(code) || hasNoPort) return localFault(`the connection to ${where} could not be opened`, code)
  if (code === 'ECONNREFUSED') return new Fault('CONNECT_REFUSED', `${where} refused the connection`)
  if (code === 'ETIMEDOUT') return new Fault('CONNECT_TIMEOUT', `${where} did not answer the connection`)
  return new Fault('CONNECT_FAILED', `the connection to ${where} failed (${code})`)
}

/** What a failed TLS handshake means. */
export function tlsFault(error: unknown, place: Place): Fault {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  const certificate = `the certificate of ${nameOf(place)}`
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return new Fault('TLS_EXPIRED', `${certificate} has expired`)
    case 'CERT_NOT_YET_VALID':
      return new Fault('TLS_EXPIRED', `${certificate} is not valid yet`)
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new Fault('TLS_HOSTNAME', `${certificate} is not for "${place.hostname}"`)
  }
  if (clientRefused.test(code)) return clientFault(place, code)
  if (untrusted.has(code)) return new Fault('TLS_UNTRUSTED', `${certificate} is not trusted (${code})`)
  return new Fault('TLS_FAILED', `the TLS handshake with ${nameOf(place)} failed (${code}); is it a TLS port?`)
}

/**
 * What an error of undici means once the request was written. Whether the receiver acted on the request is unknown from
 * here on, so none of these may be tried again at once.
 */
export function exchangeFault(error: unknown, place: Place): Fault {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  const where = nameOf(place)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new Fault('RESPONSE_TOO_LARGE', `the headers of the answer of ${where} are larger than 64 KiB`)
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new Fault('RESPONSE_INVALID', `the answer of ${where} is not as long as its content-length`)
  }
  if (isUnreadable(error)) return new Fault('RESPONSE_INVALID', `the answer of ${where} is not readable as HTTP/1.1`)
  if (unsendable.has(code)) {
    return new Fault('REQUEST_INVALID', `the request to ${where} cannot be written: ${messageOf(error)}`)
  }
  // In TLS 1.3 the receiver judges our certificate only after its own side of the handshake.
  if (clientRefused.test(code)) return clientFault(place, code)
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new Fault('STOPPED', `the request to ${where} was stopped`)
  }
  return new Fault('CONNECTION_LOST', `${where} closed the connection before the answer was whole (${code})`)
}

// The alerts of OpenSSL about the certificate that we showed, or did not.
const clientRefused = /ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA)/

const clientFault = (place: Place, code: string) =>
  new Fault('TLS_CLIENT_REFUSED', `${nameOf(place)} did not accept our certificate, or wants one (${code})`)

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
])

// undici's messages for these name the header, never its value.
const unsendable: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
])

/** The parser's error has a code for some of its reasons only; an unasked 100 or 101 is a socket error with these words. */
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'HTTPParserError' || error.message === 'bad response' || error.message === 'bad upgrade'
}

/** The code of an error of Node or undici. */
export function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code
  return 'unknown error'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}
