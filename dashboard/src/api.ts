import type { Delivery, DeliveryWithAttempts, Endpoint, EventHead, Page, Request, Source } from '@trunkline/sdk'
import { ApiError } from './api-error.ts'
import { followEvents, type StreamListener } from './stream.ts'

/** What the page asks of the server. */
export interface Api {
  sources(): Promise<Page<Source>>
  endpoints(): Promise<Page<Endpoint>>
  events(query: { source?: string }): Promise<Page<EventHead>>
  /** Follows events as they come, until what it answers is called. */
  follow(query: { source?: string }, listener: StreamListener): () => void
  deliveries(query: { status?: string; endpoint?: string; event?: string }): Promise<Page<Delivery>>
  delivery(id: string): Promise<DeliveryWithAttempts>
  event(id: string): Promise<EventHead>
  /** The bytes that the event came as. */
  eventBody(id: string): Promise<Blob>
  request(id: string): Promise<Request>
  retry(id: string): Promise<Delivery>
}

const timeoutMs = 10_000
/** The newest so many deliveries are shown; of the others, as many as one page of a list can hold. */
export const shownRows = 50
const mostRows = 100

/** The API of the server that the page came from. Paths are relative, so that it also works below a prefix of a proxy. */
export function createApi(key: string): Api {
  const call = async (method: string, path: string): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(`api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
        cache: 'no-store',
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch {
      throw new ApiError(0, 'The server does not answer.')
    }
    if (!response.ok) throw new ApiError(response.status, await reasonOf(response))
    return response
  }
  const json = async <Answer>(method: string, path: string): Promise<Answer> =>
    (await call(method, path)).json() as Promise<Answer>
  const list = <Item>(path: string, limit: number, query: object = {}) =>
    json<Page<Item>>('GET', `${path}?${new URLSearchParams({ ...query, limit: String(limit) })}`)
  const id = encodeURIComponent
  return {
    sources: () => list('sources', mostRows),
    endpoints: () => list('endpoints', mostRows),
    events: (query) => list('events', mostRows, query),
    follow: (query, listener) => followEvents(key, query, listener),
    deliveries: (query) => list('deliveries', shownRows, query),
    delivery: (delivery) => json('GET', `deliveries/${id(delivery)}`),
    event: (event) => json('GET', `events/${id(event)}`),
    eventBody: async (event) => (await call('GET', `events/${id(event)}/body`)).blob(),
    request: (request) => json('GET', `requests/${id(request)}`),
    retry: (delivery) => json('POST', `deliveries/${id(delivery)}/retry`),
  }
}

async function reasonOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { title?: string; detail?: string } | undefined
  return problem?.detail ?? problem?.title ?? `The server answered ${response.status}.`
}
