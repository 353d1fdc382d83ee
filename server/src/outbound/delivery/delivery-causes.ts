/** What a cause means, what the operator or the receiver does about it, and whose fault it is. */
export interface DeliveryExplanation {
  /** One sentence. */
  meaning: string
  /** One sentence. */
  advice: string
  /**
   * `receiver`: it counts against the endpoint. `ours`: this server, its proxy or its setting failed, and the endpoint is not
   * charged. `nobody`: there was no attempt, or none was owed any more.
   */
  fault: 'receiver' | 'ours' | 'nobody'
}

/** Why an attempt, or a delivery, did not succeed. The one table of it: the API, the page and docs/delivery-causes.md show it. */
export const deliveryCauses = {
  PRIVATE_ADDRESS: {
    meaning: 'The host resolves to an address that deliveries may not reach.',
    advice:
      'Enter a URL of a public host, or allow the range in `TRUNKLINE_ALLOW_PRIVATE` if it is your own network (`TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS` for the endpoint of a customer).',
    fault: 'receiver',
  },
  URL_REFUSED: {
    meaning: 'The URL may not be called, mostly because plain http is not allowed to its address.',
    advice:
      'Read `detail`; enter an https URL, or set `TRUNKLINE_ALLOW_HTTP` if you accept that anybody on the way can read it.',
    fault: 'receiver',
  },
  LOOP: {
    meaning: 'The event has come back to this server through its own deliveries too often.',
    advice: 'Find the endpoint that leads back to a source of this server, directly or through others, and delete it.',
    fault: 'nobody',
  },
  DNS_NOT_FOUND: {
    meaning: 'The host name does not exist.',
    advice: 'Check the spelling of the URL, and that the domain is registered and has an A or AAAA record.',
    fault: 'receiver',
  },
  DNS_FAILED: {
    meaning: 'The host name could not be looked up.',
    advice: 'Ask the name servers of the domain; if no name can be looked up here, mend the resolver of this machine.',
    fault: 'receiver',
  },
  CONNECT_REFUSED: {
    meaning: 'Nothing listens on that port.',
    advice: 'Start the receiver, and check the port of the URL.',
    fault: 'receiver',
  },
  CONNECT_TIMEOUT: {
    meaning: 'The host did not answer the connection in time.',
    advice: 'Let the firewall of the receiver take connections from this server, and check that the host is up.',
    fault: 'receiver',
  },
  CONNECT_FAILED: {
    meaning: 'The connection could not be made.',
    advice: 'Read `detail`: mostly there is no route to the host, or it ended the connection at once.',
    fault: 'receiver',
  },
  TLS_EXPIRED: {
    meaning: 'The certificate has expired.',
    advice: 'Renew the certificate of the receiver; if it is valid, set the clock of this machine right.',
    fault: 'receiver',
  },
  TLS_HOSTNAME: {
    meaning: 'The certificate is for another host.',
    advice: 'Enter the host that the certificate names, or get a certificate for this one.',
    fault: 'receiver',
  },
  TLS_UNTRUSTED: {
    meaning: 'The certificate is not from a trusted authority.',
    advice: 'Let the receiver send its whole chain, or give the endpoint the private authority (`tls.ca`).',
    fault: 'receiver',
  },
  TLS_CLIENT_REFUSED: {
    meaning: 'The receiver wants a client certificate, or does not accept the one it was shown.',
    advice: 'Give the endpoint a certificate that the receiver accepts (`tls.certificate` and `tls.key`).',
    fault: 'receiver',
  },
  TLS_FAILED: {
    meaning: 'The TLS handshake failed.',
    advice: 'Check that the port speaks TLS, in version 1.2 or 1.3.',
    fault: 'receiver',
  },
  RESPONSE_TIMEOUT: {
    meaning: 'The receiver did not answer within the time limit.',
    advice: 'Answer 2xx as soon as the event is stored, and work on it afterwards.',
    fault: 'receiver',
  },
  CONNECTION_LOST: {
    meaning: 'The receiver closed the connection before it answered.',
    advice: 'Look for a crash or a restart of the receiver or of the proxy before it; it may have acted on the event.',
    fault: 'receiver',
  },
  RESPONSE_INVALID: {
    meaning: 'The answer is not valid HTTP.',
    advice: 'Read `detail`, and check what the receiver or the proxy before it writes.',
    fault: 'receiver',
  },
  RESPONSE_TOO_LARGE: {
    meaning: 'The headers of the answer are larger than 64 KiB.',
    advice: 'Let the receiver answer with fewer and shorter headers; none are needed.',
    fault: 'receiver',
  },
  REQUEST_INVALID: {
    meaning: 'The request could not be put into HTTP.',
    advice: 'Read `detail`: a header of the endpoint cannot be sent; change it.',
    fault: 'ours',
  },
  LOCAL_FAULT: {
    meaning: 'This server had nothing left to make the connection with.',
    advice:
      'Read `detail`: let the process open more files (`LimitNOFILE`, `ulimit -n`), or wait until others are done with the same host; the delivery goes on by itself.',
    fault: 'ours',
  },
  PROXY_ERROR: {
    meaning: 'The proxy that deliveries go through failed.',
    advice:
      'Read `detail`, and mend the proxy of `TRUNKLINE_EGRESS_PROXY` or its address; the delivery goes on by itself.',
    fault: 'ours',
  },
  STOPPED: {
    meaning: 'The server was stopped during the attempt; it is made again.',
    advice: 'Nothing is to be done.',
    fault: 'ours',
  },
  REDIRECT: {
    meaning: 'The receiver answered with a redirect, which is never followed.',
    advice: 'Enter the final URL.',
    fault: 'receiver',
  },
  GONE: {
    meaning: 'The receiver answered 410 Gone, which disables the endpoint.',
    advice: 'If that was a mistake, mend the receiver and set the status of the endpoint to `active`.',
    fault: 'receiver',
  },
  RATE_LIMITED: {
    meaning: 'The receiver asked to be called less often.',
    advice: 'Give the endpoint a rate limit or a lower `concurrency`, or raise the limit of the receiver.',
    fault: 'receiver',
  },
  CLIENT_ERROR: {
    meaning: 'The receiver refused the request with a 4xx status.',
    advice: 'Read the answer: mostly the path, the secret, or a rule of a firewall is wrong.',
    fault: 'receiver',
  },
  SERVER_ERROR: {
    meaning: 'The receiver failed with a 5xx status.',
    advice: 'Read the answer and the log of the receiver.',
    fault: 'receiver',
  },
  EVENT_GONE: {
    meaning: 'The event is no longer in the log, so there is nothing to send.',
    advice: 'Keep bodies longer than deliveries may take (`TRUNKLINE_KEEP_BODIES_DAYS`).',
    fault: 'nobody',
  },
  ENDPOINT_DISABLED: {
    meaning: 'The endpoint was disabled before the delivery succeeded.',
    advice: 'Set the status of the endpoint to `active`, and retry the delivery.',
    fault: 'nobody',
  },
  EXPIRED: {
    meaning: 'The delivery was unfinished for 30 days.',
    advice: 'Mend the receiver or resume the endpoint, and retry the delivery.',
    fault: 'nobody',
  },
  ERASED: {
    meaning: 'What the event said was erased before the delivery succeeded.',
    advice: 'Nothing is to be done.',
    fault: 'nobody',
  },
  SKIPPED: {
    meaning: 'The delivery was passed over, so that what waited behind it could go on.',
    advice: 'Nothing is to be done, unless the receiver misses it: then retry it.',
    fault: 'nobody',
  },
  CANCELLED: {
    meaning: 'Somebody cancelled the delivery before it succeeded.',
    advice: 'Retry the delivery if it was not meant to be cancelled.',
    fault: 'nobody',
  },
  ENDPOINT_DELETED: {
    meaning: 'The endpoint was deleted before the delivery succeeded.',
    advice: 'Nothing is to be done.',
    fault: 'nobody',
  },
} as const satisfies Record<string, DeliveryExplanation>

export type DeliveryCause = keyof typeof deliveryCauses

/** Whether the cause is a fault of this server or of its proxy, which is never charged to the endpoint. */
export function isOurs(cause: DeliveryCause): boolean {
  return deliveryCauses[cause].fault === 'ours'
}

/** Whether the cause counts against the endpoint: towards its breaker, and towards its being disabled. */
export function isCharged(cause: DeliveryCause): boolean {
  return deliveryCauses[cause].fault === 'receiver'
}
