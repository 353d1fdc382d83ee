export interface ClientOptions {
  /** Where the server is, such as `https://hooks.example.com`. */
  url: string
  /** An API key: `osk_…`. */
  apiKey: string
  /** How long one call may take; 30 s when left out. */
  timeoutMs?: number
  /** Another fetch, for a proxy or a test. */
  fetch?: typeof fetch
}

/** One field of the input and what is wrong with it. */
export interface FieldError {
  at: string
  message: string
}

/**
 * A call that did not succeed. `code` is one of the server's codes (docs/errors.md), or `UNREACHABLE` when no answer
 * came, or `UNEXPECTED_ANSWER` when something answered that is no Trunkline server; `status` is 0 without an answer.
 */
export class TrunklineError extends Error {
  readonly code: string
  readonly status: number
  /** Names the call in the server's log. */
  readonly requestId: string | undefined
  readonly errors: readonly FieldError[]
  /** How long the server asks to wait before the next try. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: string,
    status: number,
    message: string,
    more: {
      requestId?: string | undefined
      errors?: readonly FieldError[]
      retryAfterSeconds?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'TrunklineError'
    this.code = code
    this.status = status
    this.requestId = more.requestId
    this.errors = more.errors ?? []
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

export interface CallInput {
  query?: object
  body?: unknown
  /** Beside those that every call has. What is undefined is left out. */
  headers?: Readonly<Record<string, string | undefined>>
}

export interface Answer {
  status: number
  contentType: string | null
  retryAfterSeconds: number | undefined
  bytes: Uint8Array
}

/** Calls the API once; rejects when the answer is no success. */
export async function call(
  options: ClientOptions,
  method: string,
  path: string,
  { query, body, headers = {} }: CallInput = {},
): Promise<Answer> {
  const { apiKey, timeoutMs = 30_000, fetch: send = fetch } = options
  let answer: Answer
  try {
    const response = await send(urlOf(options, path, query), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...given(headers),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The key goes to the server that was named and to no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    answer = await readAnswer(response)
  } catch (cause) {
    throw unreachable(options, cause)
  }
  if (answer.status < 200 || answer.status > 299) throw problemIn(answer)
  return answer
}

const given = (headers: NonNullable<CallInput['headers']>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** The URL of a call. What is undefined in the query is left out; a list stands there once for each of its items. */
export function urlOf({ url }: ClientOptions, path: string, query: object = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) search.append(name, String(each))
  }
  const text = search.toString()
  return `${url.replace(/\/+$/, '')}/api/v1${path}${text === '' ? '' : `?${text}`}`
}

export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response
  const retryAfter = headers.get('retry-after') ?? ''
  return {
    status,
    contentType: headers.get('content-type'),
    retryAfterSeconds: /^\d{1,4}$/.test(retryAfter) ? Number(retryAfter) : undefined,
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

export function readJson(answer: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer.bytes))
  } catch (cause) {
    throw unexpected(answer, cause)
  }
}

/** What a server that did not succeed says of it. */
export function problemIn(answer: Answer): TrunklineError {
  const problem = readJson(answer)
  if (!isProblem(problem)) return unexpected(answer)
  const { code, title, detail, requestId, errors = [] } = problem
  const { status, retryAfterSeconds } = answer
  return new TrunklineError(code, status, detail ?? title ?? code, { requestId, errors, retryAfterSeconds })
}

interface ProblemBody {
  code: string
  title?: string
  detail?: string
  requestId?: string
  errors?: FieldError[]
}

const isProblem = (value: unknown): value is ProblemBody =>
  typeof value === 'object' && value !== null && typeof (value as { code?: unknown }).code === 'string'

/** What stands there is no Trunkline server. */
export function unexpected({ status, contentType }: Answer, cause?: unknown): TrunklineError {
  const what = status >= 300 && status < 400 ? 'a redirect' : (contentType ?? 'no content type')
  const message = `the answer is not one of a Trunkline server: ${status}, ${what}; check the URL`
  return new TrunklineError('UNEXPECTED_ANSWER', status, message, { cause })
}

/** No answer came. */
export const unreachable = ({ url }: ClientOptions, cause: unknown): TrunklineError =>
  new TrunklineError('UNREACHABLE', 0, `${url} cannot be reached: ${reasonOf(cause)}`, { cause })

/** Node's fetch says only "fetch failed" and keeps the reason in its cause, which may be a list of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  return String(cause?.code ?? cause?.message ?? error.message)
}
