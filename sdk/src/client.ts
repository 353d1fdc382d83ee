import type {
  Delivery,
  DeliveryQuery,
  DeliveryWithAttempts,
  Endpoint,
  EndpointChanges,
  Event,
  EventHead,
  EventQuery,
  EventType,
  EventTypeQuery,
  EventTypeWithSchema,
  NewEndpoint,
  NewEvent,
  NewSource,
  Page,
  PageQuery,
  Request,
  SentSample,
  Source,
  SourceKind,
} from './shapes.ts'

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

  constructor(
    code: string,
    status: number,
    message: string,
    more: { requestId?: string | undefined; errors?: readonly FieldError[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause })
    this.name = 'TrunklineError'
    this.code = code
    this.status = status
    this.requestId = more.requestId
    this.errors = more.errors ?? []
  }
}

export type Client = ReturnType<typeof createClient>

/**
 * Calls the API of a server. Every method resolves with the answer or rejects with a `TrunklineError`.
 *
 * @example
 * const trunkline = createClient({ url: 'http://127.0.0.1:4400', apiKey: 'osk_…' })
 * const { data } = await trunkline.deliveries.list({ status: 'failed' })
 */
export function createClient(options: ClientOptions) {
  const json = async <Result>(method: string, path: string, input?: CallInput): Promise<Result> =>
    readJson(await call(options, method, path, input)) as Result
  const nothing = async (method: string, path: string): Promise<void> => {
    await call(options, method, path)
  }
  return {
    sources: {
      kinds: () => json<{ data: SourceKind[] }>('GET', '/sources/kinds'),
      /** The secret is in the answer, this once, when the server made it. */
      create: (source: NewSource) => json<Source & { secret?: string }>('POST', '/sources', { body: source }),
      list: (query: PageQuery = {}) => json<Page<Source>>('GET', '/sources', { query }),
      read: (id: string) => json<Source>('GET', at('/sources', id)),
      update: (
        id: string,
        changes: {
          name?: string
          secret?: string
          keepPreviousSecret?: boolean
          config?: Record<string, unknown>
          status?: Source['status']
        },
      ) => json<Source>('PATCH', at('/sources', id), { body: changes }),
      delete: (id: string) => nothing('DELETE', at('/sources', id)),
      /** Sends a rightly signed sample through the source, with changes by path such as `{ 'data.id': 'in_1' }`. */
      sample: (id: string, sample: { event?: string; set?: Record<string, unknown> } = {}) =>
        json<SentSample>('POST', `${at('/sources', id)}/sample`, { body: sample }),
    },
    endpoints: {
      /** The secret that deliveries are signed with is in the answer, this once. */
      create: (endpoint: NewEndpoint) => json<Endpoint & { secret: string }>('POST', '/endpoints', { body: endpoint }),
      list: (query: PageQuery = {}) => json<Page<Endpoint>>('GET', '/endpoints', { query }),
      read: (id: string) => json<Endpoint>('GET', at('/endpoints', id)),
      update: (id: string, changes: EndpointChanges) =>
        json<Endpoint>('PATCH', at('/endpoints', id), { body: changes }),
      delete: (id: string) => nothing('DELETE', at('/endpoints', id)),
    },
    events: {
      publish: (event: NewEvent) => json<Pick<Event, 'id' | 'type' | 'receivedAt'>>('POST', '/events', { body: event }),
      list: (query: EventQuery = {}) => json<Page<EventHead>>('GET', '/events', { query }),
      read: (id: string) => json<Event>('GET', at('/events', id)),
      /** The bytes that the event came as. */
      body: async (id: string) => (await call(options, 'GET', `${at('/events', id)}/body`)).bytes,
    },
    eventTypes: {
      /** The types that are described, and those that came in without being so, in alphabetical order. */
      list: (query: EventTypeQuery = {}) => json<Page<EventType>>('GET', '/event-types', { query }),
      /** A type with the shape of its data and an example. */
      read: (type: string) => json<EventTypeWithSchema>('GET', at('/event-types', type)),
    },
    requests: {
      read: (id: string) => json<Request>('GET', at('/requests', id)),
    },
    deliveries: {
      list: (query: DeliveryQuery = {}) => json<Page<Delivery>>('GET', '/deliveries', { query }),
      read: (id: string) => json<DeliveryWithAttempts>('GET', at('/deliveries', id)),
      /** Attempts it again at once, with a new round of retries. */
      retry: (id: string) => json<Delivery>('POST', `${at('/deliveries', id)}/retry`),
    },
  }
}

interface CallInput {
  query?: object
  body?: unknown
}

const at = (list: string, id: string): string => `${list}/${encodeURIComponent(id)}`

interface Answer {
  status: number
  contentType: string | null
  bytes: Uint8Array
}

async function call(
  options: ClientOptions,
  method: string,
  path: string,
  { query, body }: CallInput = {},
): Promise<Answer> {
  const { apiKey, timeoutMs = 30_000, fetch: send = fetch } = options
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  const search =
    given.length === 0
      ? ''
      : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
  let answer: Answer
  try {
    const response = await send(`${options.url.replace(/\/+$/, '')}/api/v1${path}${search}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The key goes to the server that was named and to no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { status, headers } = response
    answer = { status, contentType: headers.get('content-type'), bytes: new Uint8Array(await response.arrayBuffer()) }
  } catch (cause) {
    throw new TrunklineError('UNREACHABLE', 0, `${options.url} cannot be reached: ${reasonOf(cause)}`, { cause })
  }
  if (answer.status < 200 || answer.status > 299) throw problemIn(answer)
  return answer
}

function readJson(answer: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer.bytes))
  } catch (cause) {
    throw unexpected(answer, cause)
  }
}

function problemIn(answer: Answer): TrunklineError {
  const problem = readJson(answer)
  if (!isProblem(problem)) return unexpected(answer)
  const { code, title, detail, requestId, errors } = problem
  return new TrunklineError(code, answer.status, detail ?? title ?? code, { requestId, errors: errors ?? [] })
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

function unexpected({ status, contentType }: Answer, cause?: unknown): TrunklineError {
  const what = status >= 300 && status < 400 ? 'a redirect' : (contentType ?? 'no content type')
  const message = `the answer is not one of a Trunkline server: ${status}, ${what}; check the URL`
  return new TrunklineError('UNEXPECTED_ANSWER', status, message, { cause })
}

/** Node's fetch says only "fetch failed" and keeps the reason in its cause, which may be a list of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  return String(cause?.code ?? cause?.message ?? error.message)
}
