/** Why an attempt failed, in as few words as a row has room for. The full sentence comes with the attempt. */
const phrases: Readonly<Record<string, string>> = {
  PRIVATE_ADDRESS: 'the host resolves to a private address',
  URL_REFUSED: 'plain http is not allowed there',
  LOOP: 'it came back to this server too often',
  DNS_NOT_FOUND: 'the host name does not exist',
  DNS_FAILED: 'the host name could not be looked up',
  CONNECT_REFUSED: 'nothing listens on that port',
  CONNECT_TIMEOUT: 'no connection in time',
  CONNECT_FAILED: 'the connection could not be made',
  TLS_EXPIRED: 'the certificate has expired',
  TLS_HOSTNAME: 'the certificate is for another host',
  TLS_UNTRUSTED: 'the certificate is not trusted',
  TLS_CLIENT_REFUSED: 'the client certificate was not accepted',
  TLS_FAILED: 'the TLS handshake failed',
  RESPONSE_TIMEOUT: 'no answer in time',
  CONNECTION_LOST: 'the connection broke before the answer',
  RESPONSE_INVALID: 'the answer is not valid HTTP',
  RESPONSE_TOO_LARGE: 'the headers of the answer are too large',
  REQUEST_INVALID: 'the request cannot be put into HTTP',
  LOCAL_FAULT: 'this server had no connection left',
  PROXY_ERROR: 'our proxy failed',
  STOPPED: 'the server was stopped meanwhile',
  REDIRECT: 'answered with a redirect',
  GONE: 'answered 410 Gone',
  RATE_LIMITED: 'asked to be called less often',
  CLIENT_ERROR: 'refused with a 4xx status',
  SERVER_ERROR: 'failed with a 5xx status',
  EVENT_GONE: 'the event is not in the log any more',
  ENDPOINT_DISABLED: 'the endpoint was disabled',
  SKIPPED: 'passed over',
  ENDPOINT_DELETED: 'the endpoint was deleted',
  CANCELLED: 'somebody cancelled it',
  EXPIRED: 'unfinished for thirty days',
  ERASED: 'what the event said was erased',
}

/** A cause in words; one that this page does not know yet, as its code in small letters. */
export function causeInWords(cause: string): string {
  return Object.hasOwn(phrases, cause) ? (phrases[cause] ?? '') : cause.toLowerCase().replaceAll('_', ' ')
}
