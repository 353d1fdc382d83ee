import type { EventHead } from '@trunkline/sdk'
import { ApiError } from './api-error.ts'
import { messagesIn } from './server-sent.ts'

/** What is told of the events as they come. */
export interface StreamListener {
  /** The stream stands. `isAnew` is false when it goes on where the one before was lost. */
  live(isAnew: boolean): void
  event(event: EventHead): void
  /** It is lost, and will be tried again. */
  lost(): void
  /** It is not to be had, and trying again would not help. */
  refused(fault: ApiError): void
}

/** Between two tries: longer with each one, never for long, because somebody is looking. */
const firstPauseMs = 500
const longestPauseMs = 8000
/** The server says that it is there every 15 s. */
const silenceMs = 40_000

/**
 * Follows the events of this server, and resumes by itself after the last one that came. Read with fetch: the browser's
 * own reader of such streams cannot send the key in a header, and a key has no place in a URL. Answers what ends it.
 */
export function followEvents(key: string, query: { source?: string }, listener: StreamListener): () => void {
  const controller = new AbortController()
  let cursor: string | undefined
  let failures = 0
  let hasBeen = false

  async function run(): Promise<void> {
    while (!controller.signal.aborted) {
      try {
        await connect()
      } catch (error) {
        if (error instanceof ApiError) return listener.refused(error)
      }
      if (controller.signal.aborted) return
      listener.lost()
      await new Promise((resolve) => setTimeout(resolve, Math.min(firstPauseMs * 2 ** failures++, longestPauseMs)))
    }
  }

  async function connect(): Promise<void> {
    const connection = new AbortController()
    const abort = () => connection.abort()
    controller.signal.addEventListener('abort', abort)
    let silence = setTimeout(abort, silenceMs)
    try {
      const search = new URLSearchParams({ ...query, ...(cursor === undefined ? {} : { after: cursor }) })
      const response = await fetch(`api/v1/events/stream?${search}`, {
        headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
        cache: 'no-store',
        signal: connection.signal,
      })
      if (!response.ok || !response.body) return await refuse(response)
      listener.live(!hasBeen)
      hasBeen = true
      for await (const { id, event, data } of messagesIn(response.body)) {
        clearTimeout(silence)
        silence = setTimeout(abort, silenceMs)
        failures = 0
        if (event === 'event') listener.event(JSON.parse(data) as EventHead)
        cursor = id ?? cursor
      }
    } finally {
      clearTimeout(silence)
      controller.signal.removeEventListener('abort', abort)
      connection.abort()
    }
  }

  void run()
  return () => controller.abort()
}

/** Throws when another try would be answered the same. */
async function refuse(response: Response): Promise<void> {
  if (response.status >= 500 || response.status === 429) return
  const problem = (await response.json().catch(() => ({}))) as { detail?: string }
  throw new ApiError(response.status, problem.detail ?? `The server answered ${response.status}.`)
}
