/** Every code that leaves the server, with what it means and what to do. `docs/errors.md` is tested against this table. */
export const problems = {
  INVALID_INPUT: {
    title: 'The request does not fit the operation',
    advice: 'Read `errors`: each entry names a field and what is allowed.',
  },
  INVALID_JSON: {
    title: 'The body is not JSON',
    advice: 'Send `Content-Type: application/json` and one JSON object in UTF-8.',
  },
  INVALID_CURSOR: {
    title: 'The cursor is not one of this list',
    advice: 'Use `nextCursor` of the same list, unchanged, with the same filters, or leave it out to begin again.',
  },
  UNAUTHENTICATED: {
    title: 'No valid API key',
    advice: 'Send `Authorization: Bearer osk_…` with a key that has not been revoked.',
  },
  SCOPE_MISSING: { title: 'The key may not do this', advice: 'Use a key that has the scope named in `detail`.' },
  KEY_BOUND: {
    title: 'The key is bound to one customer',
    advice: 'Use a key of the whole workspace, or leave out what is not that customer’s: `detail` says what it is.',
  },
  NOT_FOUND: {
    title: 'There is no such thing here',
    advice: 'Check the id or the path; ids of another workspace are not found either.',
  },
  METHOD_NOT_ALLOWED: {
    title: 'This path does not take that method',
    advice: 'The `Allow` header names the methods it takes.',
  },
  TOO_LARGE: { title: 'The body is over the limit', advice: 'Send less; `detail` names the limit in bytes.' },
  CONFLICT: {
    title: 'The thing is not in a state that allows this',
    advice: 'Read `detail`, fetch the thing again and decide anew.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    title: 'The key was used for something else',
    advice: 'Send a new `Idempotency-Key` with each new event, and the same one only with the same body.',
  },
  JOB_ENDED: {
    title: 'The job has ended',
    advice: 'A job that is done or cancelled stays as it is; start another one. `detail` says how this one ended.',
  },
  ENDPOINT_URL_REFUSED: {
    title: 'Deliveries may not go to this URL',
    advice:
      'Use an https URL of a public host, without a user name or password; the operator may open private ranges with `TRUNKLINE_ALLOW_PRIVATE`, for customers with `TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS`, and plain http with `TRUNKLINE_ALLOW_HTTP`.',
  },
  FILTER_REFUSED: {
    title: 'The filter expression cannot be used',
    advice:
      'See `errors` for where it is wrong and why, and docs/endpoints.md for what a filter may say and how large it may be.',
  },
  ENDPOINT_SECRET_REFUSED: {
    title: 'The secret does not fit the endpoint',
    advice:
      'Leave `secret` out to have one made, or give one that its signatures can use: `detail` says what is wrong with this one.',
  },
  EVENT_TYPE_SCHEMA_REFUSED: {
    title: 'The schema cannot be used',
    advice:
      'Send a JSON Schema (2020-12 or draft-07) of at most 32 KiB that refers to nothing outside of itself; `detail` says what is wrong with it.',
  },
  EVENT_DATA_REFUSED: {
    title: 'The data does not fit its type',
    advice: 'Mend what `detail` names by its place in the schema, or set `validation` of the type to `warn` or `off`.',
  },
  SOURCE_KIND_UNKNOWN: { title: 'There is no such kind of source', advice: 'Use one of the kinds named in `detail`.' },
  SOURCE_SECRET_REFUSED: {
    title: 'The secret does not fit the kind of source',
    advice: 'Copy the secret as the provider shows it; `detail` says what is wrong with it.',
  },
  SAMPLE_IMPOSSIBLE: {
    title: 'No sample can be signed for this source',
    advice: 'Let the provider send a test of its own, or use `trunkline trigger` with what the provider signs with.',
  },
  SOURCE_NOT_FOUND: {
    title: 'There is no such source',
    advice: 'Copy the URL of the source again; a disabled source answers the same.',
  },
  FIXED_PATH_UNCLAIMED: {
    title: 'Nobody has set this path up yet',
    advice:
      'The sender is right and the server is not ready for it: set the variable named in `detail` and start again, or create a source with `fixedPath: true`.',
  },
  SIGNATURE_REFUSED: {
    title: 'The signature was refused',
    advice: 'The cause is in the record of the request, which the operator finds by the request id.',
  },
  REQUEST_ABORTED: { title: 'The body did not arrive in time', advice: 'Send the whole request without pauses.' },
  TOO_MANY_STREAMS: {
    title: 'This key, or its customer, has too many streams open',
    advice: 'Close one, or share one among your readers; the operator sets the limit with `TRUNKLINE_STREAMS_PER_KEY`.',
  },
  RATE_LIMITED: {
    title: 'More requests than the source takes',
    advice: 'Send it again after the seconds in `Retry-After`; the operator sets `rateLimit` of the source.',
  },
  OVERLOADED: {
    title: 'The server has too much to do at once',
    advice: 'Send it again after the seconds in `Retry-After`.',
  },
  STORE_UNAVAILABLE: {
    title: 'The database cannot take it now',
    advice: 'Send it again after the seconds in `Retry-After`; nothing was stored, or a repeat will be recognised.',
  },
  INTERNAL: { title: 'A fault of the server', advice: 'Report it with the request id; the log has the cause.' },
} as const

export type ProblemCode = keyof typeof problems

/** A value that a caller sent in a parameter, as a message names it: of a long one its beginning. */
export const quoted = (value: string): string => (value.length > 100 ? `"${value.slice(0, 99)}…"` : `"${value}"`)

/** One field of the input and what is wrong with it. */
export interface FieldError {
  /** Where: a JSON pointer into the body, or `/query/limit`. */
  at: string
  message: string
}

/** A failure that its caller can understand: it has a code, and its message names the thing and the value. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly errors: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    more: { cause?: unknown; errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'Problem'
    this.code = code
    this.errors = more.errors ?? []
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/** The database did not take or answer it: gone, full, read-only, or out of time. Nothing is known to be stored. */
export class StoreUnavailable extends Error {
  constructor(detail: string, cause?: unknown) {
    super(detail, cause === undefined ? {} : { cause })
    this.name = 'StoreUnavailable'
  }
}
