/** One event on its way to one endpoint. */
export interface Delivery {
  id: string
  workspaceId: string
  customer: string | null
  endpointId: string
  eventId: string
  eventType: string
  /** As stored: `waiting` stands behind another one of its key; `pending` is due or will be; the rest are ends. */
  status: DeliveryStatus
  /** When the next attempt may start; of an ended delivery, when it ended. */
  dueAt: number
  /** Attempts made so far, over all retries. */
  attempts: number
  /** The last attempt's cause, or why it ended; null after a success and before the first attempt. */
  cause: DeliveryCause | null
  createdAt: number
  endedAt: number | null
  /** The key in whose order it stands: empty for that of its whole endpoint, null when it stands in none. */
  orderKey: string | null
}

export type DeliveryStatus = 'pending' | 'waiting' | 'success' | 'failed'

/** Why an attempt, or a delivery, did not succeed. */
export const deliveryCauses = {
  PRIVATE_ADDRESS: 'The host resolves to an address that deliveries may not reach.',
  URL_REFUSED: 'Plain http is not allowed to this address.',
  DNS_NOT_FOUND: 'The host name does not exist.',
  DNS_FAILED: 'The host name could not be looked up.',
  CONNECT_REFUSED: 'Nothing listens on that port.',
  CONNECT_TIMEOUT: 'The host did not answer the connection in time.',
  CONNECT_FAILED: 'The connection could not be made.',
  TLS_EXPIRED: 'The certificate has expired.',
  TLS_HOSTNAME: 'The certificate is for another host.',
  TLS_UNTRUSTED: 'The certificate is not from a trusted authority.',
  TLS_FAILED: 'The TLS handshake failed.',
  RESPONSE_TIMEOUT: 'The receiver did not answer within the time limit.',
  CONNECTION_LOST: 'The receiver closed the connection before it answered.',
  RESPONSE_INVALID: 'The answer is not valid HTTP.',
  REQUEST_INVALID: 'The request could not be put into HTTP.',
  STOPPED: 'The server was stopped during the attempt; it is made again.',
  REDIRECT: 'The receiver answered with a redirect, which is never followed: enter the final URL.',
  GONE: 'The receiver answered 410 Gone, which disables the endpoint.',
  RATE_LIMITED: 'The receiver asked to be called less often.',
  CLIENT_ERROR: 'The receiver refused the request with a 4xx status.',
  SERVER_ERROR: 'The receiver failed with a 5xx status.',
  EVENT_GONE: 'The event is no longer in the log, so there is nothing to send.',
  ENDPOINT_DISABLED: 'The endpoint was disabled before the delivery succeeded.',
  EXPIRED: 'The delivery was unfinished for 30 days.',
  ERASED: 'What the event said was erased before the delivery succeeded.',
  SKIPPED: 'The delivery was passed over, so that what waited behind it could go on.',
  ENDPOINT_DELETED: 'The endpoint was deleted before the delivery succeeded.',
} as const

export type DeliveryCause = keyof typeof deliveryCauses

/** One try at a delivery: what was sent when, and what came back. */
export interface Attempt {
  id: string
  deliveryId: string
  /** 1 for the first. */
  number: number
  startedAt: number
  status: number | null
  /** Null when it succeeded. */
  cause: DeliveryCause | null
  /** One sentence on the cause. */
  detail: string | null
  timing: {
    dnsMs: number | null
    connectMs: number | null
    tlsMs: number | null
    firstByteMs: number | null
    totalMs: number
  }
  responseHeaders: readonly (readonly [string, string])[]
  /** The beginning of the answer as text that can be stored and shown: at most 16 KiB, what is no text replaced. */
  responseBody: string
  isTruncated: boolean
  /** When the answer was removed, by age or on demand. */
  erasedAt?: number
}
