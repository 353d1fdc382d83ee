/** One request to somebody else's server, from the first look-up to the last byte kept. */
export interface Exchange {
  outcome: { kind: 'answered'; status: number } | { kind: 'failed'; cause: ExchangeFault; detail: string }
  /** As received, case kept; [] when nothing came. */
  responseHeaders: readonly (readonly [name: string, value: string])[]
  /** The first bytes of the answer, at most the cap that was asked for. */
  responseBody: Buffer
  /** Whether the answer was longer than the cap; the rest was not read. */
  isTruncated: boolean
  timing: Timing
}

/** Milliseconds by phase; null where the phase did not end (a connection that was open already, a request that failed before). */
export interface Timing {
  /** The look-up of the name; null for a literal address. */
  dnsMs: number | null
  /** TCP, addresses tried in vain included. */
  connectMs: number | null
  tlsMs: number | null
  /** From the request's being written to the head of the answer. */
  firstByteMs: number | null
  /** From the order to the outcome, with the wait for a free connection. */
  totalMs: number
}

/** Why no answer came. */
export type ExchangeFault =
  | 'URL_REFUSED'
  | 'PRIVATE_ADDRESS'
  | 'DNS_NOT_FOUND'
  | 'DNS_FAILED'
  | 'CONNECT_REFUSED'
  | 'CONNECT_TIMEOUT'
  | 'CONNECT_FAILED'
  | 'TLS_EXPIRED'
  | 'TLS_HOSTNAME'
  | 'TLS_UNTRUSTED'
  | 'TLS_FAILED'
  /** The receiver wants a certificate of the caller, or another than it was shown. */
  | 'TLS_CLIENT_REFUSED'
  /** This machine has no file, port, memory or connection left for it. */
  | 'LOCAL_FAULT'
  /** The proxy of the way out failed: nobody else is to blame. */
  | 'PROXY_ERROR'
  | 'RESPONSE_TIMEOUT'
  | 'CONNECTION_LOST'
  | 'RESPONSE_INVALID'
  /** The head of the answer; of a body that is too long the rest is not read. */
  | 'RESPONSE_TOO_LARGE'
  /** The order itself cannot be written as a request: a header with a line break, a `Host` header. */
  | 'REQUEST_INVALID'
  | 'STOPPED'

/** The only way out of the server. Follows no redirect, uses no proxy but the policy's, decompresses nothing. */
export interface Egress {
  /** Never rejects: whatever the other side does is an outcome. */
  request(order: Order): Promise<Exchange>
  /** Ends the idle connections, and the busy ones as they finish; resolves after the last. Later orders are STOPPED. */
  close(): Promise<void>
}

/** A name, its value, the next name, and so on: an object of headers costs forty times as much to put together. */
export type HeaderList = readonly string[]

export interface Order {
  url: string
  method: 'POST' | 'GET' | 'PUT' | 'HEAD'
  /** Sent as given; `Host` and the framing headers are set from the URL and the body. */
  headers: HeaderList
  body: Uint8Array | undefined
  /** For the whole exchange: look-up, connection, request, and answer. */
  timeoutMs: number
  /** How much of the answer is kept. */
  maxResponseBytes: number
  /** Who we are to the receiver, and whom we trust there. */
  tls?: TlsIdentity | undefined
  signal?: AbortSignal
}

/** A client certificate, private authorities, or both: PEM text. */
export interface TlsIdentity {
  /** Another one for every other content: connections are shared only by those who have the same. */
  id: string
  certificate: string | null
  key: string | null
  /** Alone trusted when given. */
  ca: string | null
}

/** What the operator allows beyond public https. */
export interface EgressPolicy {
  /** CIDRs that may be reached although they are private, also by plain http. */
  allowPrivate: readonly string[]
  /** Whether plain http may go to public addresses. */
  allowHttp: boolean
  /** The proxy that everything goes through; none unless given. */
  proxy?: EgressProxy
  /** Whoever reads what became of it is not to learn the addresses of names: they would tell of a network that is not his. */
  hidesAddresses?: boolean
}

/** An HTTP proxy that opens tunnels (CONNECT). What goes through it is resolved and judged here like everything else. */
export interface EgressProxy {
  hostname: string
  port: number
  /** The value of `proxy-authorization`; null for none. */
  authorization: string | null
  /** What does not go through it, as `NO_PROXY` says it. */
  direct: readonly string[]
}

/** All addresses of a name, or a rejection with a `code` such as ENOTFOUND. */
export type Resolve = (hostname: string) => Promise<readonly { address: string; family: 4 | 6 }[]>
