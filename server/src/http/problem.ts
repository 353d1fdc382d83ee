import { Problem, type ProblemCode, problems, StoreUnavailable } from '../base/errors.ts'

/** The status of each code: the only place that turns one into the other. */
export const statusOf: Readonly<Record<ProblemCode, number>> = {
  INVALID_INPUT: 400,
  INVALID_JSON: 400,
  INVALID_CURSOR: 400,
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  KEY_BOUND: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TOO_LARGE: 413,
  CONFLICT: 409,
  IDEMPOTENCY_KEY_REUSED: 422,
  JOB_ENDED: 409,
  ENDPOINT_URL_REFUSED: 422,
  FILTER_REFUSED: 422,
  ENDPOINT_SECRET_REFUSED: 422,
  EVENT_TYPE_SCHEMA_REFUSED: 422,
  EVENT_DATA_REFUSED: 422,
  SOURCE_KIND_UNKNOWN: 422,
  SOURCE_SECRET_REFUSED: 422,
  SAMPLE_IMPOSSIBLE: 422,
  SOURCE_NOT_FOUND: 404,
  FIXED_PATH_UNCLAIMED: 503,
  SIGNATURE_REFUSED: 401,
  REQUEST_ABORTED: 408,
  TOO_MANY_STREAMS: 429,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  STORE_UNAVAILABLE: 503,
  INTERNAL: 500,
}

/** An error as it leaves the server (RFC 9457). */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: ProblemCode
  detail?: string
  requestId: string
  errors?: readonly { at: string; message: string }[]
}

/** How long a sender or caller should wait for the database. */
const storeRetrySeconds = 5

/** Any error as a problem; what nobody foresaw becomes INTERNAL, and nothing of it leaves the server. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof StoreUnavailable) {
    return new Problem('STORE_UNAVAILABLE', 'the database did not take it', {
      cause: error,
      retryAfterSeconds: storeRetrySeconds,
    })
  }
  return new Problem('INTERNAL', '', { cause: error })
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const status = statusOf[problem.code]
  return {
    type: `urn:trunkline:error:${problem.code}`,
    title: problems[problem.code].title,
    status,
    code: problem.code,
    ...(problem.message ? { detail: problem.message } : {}),
    requestId,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
  }
}

/** The headers that go with a problem. */
export function problemHeaders({ retryAfterSeconds }: Problem): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  }
}
