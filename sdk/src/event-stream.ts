import { type ClientOptions, problemIn, readAnswer, TrunklineError, unexpected, unreachable, urlOf } from './call.ts'
import { readMessages } from './server-sent.ts'
import type { EventHead } from './shapes.ts'

/** Which events to follow, and from where. */
export interface StreamQuery {
  /** The `cursor` of the last event that was handled: what came after it is sent first. Left out: from now on. */
  after?: string
  /** Exact types, or `prefix.*`; left out, every type. */
  types?: readonly string[]
  /** The id of a source. */
  source?: string
  customer?: string
  /** Whether phone numbers and the like are shown whole; needs the scope `personal.read`. */
  reveal?: boolean
  /** Ends the stream. */
  signal?: AbortSignal
  /** Hears when the stream stands, and when it is lost and tried again. */
  onState?(state: 'live' | 'reconnecting'): void
}

/** An event as it came, and the place to go on from once it has been handled. */
export interface StreamedEvent extends EventHead {
  cursor: string
}

/** Between two tries, when the server has not said otherwise: doubled each time, up to the longest. */
const firstPauseMs = 1000
const longestPauseMs = 30_000
/** The server says that it is there every 15 s; after three times in vain the connection is taken for dead. */
const silenceMs = 45_000

/** Where a stream stands between two connections. */
interface Progress {
  cursor: string | undefined
  /** What the server asks for between two tries. */
  retryMs: number
  /** Tries since the last message. */
  failures: number
}

export async function* streamEvents(
  options: ClientOptions,
  query: StreamQuery,
): AsyncGenerator<StreamedEvent, void, undefined> {
  const { signal, onState } = query
  const progress: Progress = { cursor: query.after, retryMs: firstPauseMs, failures: 0 }
  while (!signal?.aborted) {
    let asked: number | undefined
    try {
      yield* follow(options, query, progress)
    } catch (error) {
      if (signal?.aborted) return
      if (!(error instanceof TrunklineError) || !isPassing(error)) throw error
      asked = error.retryAfterSeconds
    }
    if (signal?.aborted) return
    onState?.('reconnecting')
    await pause(asked === undefined ? pauseOf(progress) : asked * 1000, signal)
    progress.failures++
  }
}

/** One connection, for as long as it lasts. */
async function* follow(
  options: ClientOptions,
  { types, source, customer, reveal, signal, onState }: StreamQuery,
  progress: Progress,
): AsyncGenerator<StreamedEvent, void, undefined> {
  const watch = watchdog(signal)
  try {
    const query = { after: progress.cursor, type: types, source, customer, reveal }
    const response = await begin(options, urlOf(options, '/events/stream', query), watch.signal)
    onState?.('live')
    for await (const { id, event, data, retryMs } of messagesOf(options, response, watch)) {
      progress.failures = 0
      progress.retryMs = retryMs ?? progress.retryMs
      if (event === 'event' && id !== undefined) {
        const head = JSON.parse(data) as EventHead
        progress.cursor = id
        yield { ...head, cursor: id }
      } else progress.cursor = id ?? progress.cursor
    }
  } finally {
    watch.stop()
  }
}

async function begin(options: ClientOptions, url: string, signal: AbortSignal): Promise<Response> {
  const { apiKey, fetch: send = fetch } = options
  let response: Response
  try {
    response = await send(url, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' },
      redirect: 'manual',
      signal,
    })
    if (response.status === 200 && response.headers.get('content-type')?.startsWith('text/event-stream'))
      return response
  } catch (cause) {
    throw unreachable(options, cause)
  }
  const answer = await readAnswer(response).catch((cause: unknown) => {
    throw unreachable(options, cause)
  })
  throw answer.status === 200 ? unexpected(answer) : problemIn(answer)
}

async function* messagesOf(options: ClientOptions, { body }: Response, watch: Watchdog) {
  if (!body) return
  try {
    yield* readMessages(body, watch)
  } catch (cause) {
    throw unreachable(options, cause)
  }
}

/** Whether it may go better the next time. */
const isPassing = ({ status }: TrunklineError): boolean => status === 0 || status === 429 || status >= 500

/** Longer with each failure, and never the same for two readers, so that they do not all come back at once. */
function pauseOf({ retryMs, failures }: Progress): number {
  return Math.min(retryMs * 2 ** failures, longestPauseMs) * (0.5 + Math.random() / 2)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

interface Watchdog {
  signal: AbortSignal
  waiting(): void
  arrived(): void
  stop(): void
}

/** Gives a connection up when its reader does, and when nothing comes that is waited for. */
function watchdog(outer: AbortSignal | undefined): Watchdog {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  let timer: ReturnType<typeof setTimeout> | undefined
  const arrived = () => clearTimeout(timer)
  const waiting = () => {
    clearTimeout(timer)
    timer = setTimeout(() => controller.abort(new Error(`nothing came for ${silenceMs / 1000} s`)), silenceMs)
  }
  outer?.addEventListener('abort', abort)
  if (outer?.aborted) abort()
  waiting() // for the answer to begin
  return {
    signal: controller.signal,
    waiting,
    arrived,
    stop() {
      arrived()
      outer?.removeEventListener('abort', abort)
      // Whoever leaves the loop early leaves the connection too.
      controller.abort()
    },
  }
}
