import type {
  Delivery,
  DeliveryPause,
  DeliveryWithAttempts,
  Endpoint,
  EndpointCheck,
  EndpointFlow,
  EndpointWithDeliveries,
  EventHead,
  Job,
  LookedPage,
  Page,
  ParkedEvent,
  ParkedEventWithEvent,
  Request,
  RequestPage,
  RequestQuery,
  Source,
} from '@trunkline/sdk'
import { ApiError } from './api-error.ts'
import type { Rerun, Reruns } from './parked/parked-event.ts'
import { followEvents, type StreamListener } from './stream.ts'

/** What the page asks of the server. */
export interface Api {
  sources(): Promise<Page<Source>>
  endpoints(): Promise<Page<Endpoint>>
  endpoint(id: string): Promise<ReadEndpoint>
  changeEndpoint(id: string, change: Partial<Pick<Endpoint, 'status'>>): Promise<Endpoint>
  /** Looks whether a URL can be delivered to. */
  checkUrl(endpoint: { url: string; customer: string | null }): Promise<EndpointCheck>
  /** Starts the job that sends again what has failed at an endpoint. */
  retryFailed(endpointId: string): Promise<Job>
  events(query: { source?: string }): Promise<LookedPage<EventHead>>
  /** Follows events as they come, until what it answers is called. */
  follow(query: { source?: string }, listener: StreamListener): () => void
  deliveries(query: { status?: string; endpoint?: string; event?: string }): Promise<LookedPage<Delivery>>
  delivery(id: string): Promise<DeliveryWithAttempts>
  /** Whether all deliveries of the workspace are paused. */
  deliveryPause(): Promise<DeliveryPause>
  event(id: string): Promise<EventHead>
  /** The bytes that the event came as. */
  eventBody(id: string): Promise<Blob>
  requests(query: RequestQuery): Promise<RequestPage>
  request(id: string): Promise<Request>
  requestBody(id: string): Promise<Blob>
  /** A shell command that sends it again. */
  requestCurl(id: string): Promise<string>
  retry(id: string): Promise<Delivery>
  parkedEvents(query: ParkedQuery): Promise<Page<ParkedEvent>>
  parkedEvent(id: string): Promise<ParkedEventWithEvent>
  rerun(id: string, isDry: boolean): Promise<Rerun>
  rerunAll(filter: ParkedQuery, isDry: boolean): Promise<Reruns>
  dismiss(id: string): Promise<ParkedEvent>
  jobs(): Promise<Page<Job>>
  job(id: string): Promise<Job>
  turnJob(id: string, turn: JobTurn): Promise<Job>
}

/** An endpoint by itself: with how much it gets at the moment. */
export type ReadEndpoint = EndpointWithDeliveries & { flow: EndpointFlow }

export interface ParkedQuery {
  state?: string
  follower?: string
}

/** What a job can be told. */
export type JobTurn = 'pause' | 'resume' | 'cancel'

const timeoutMs = 10_000
/** What does much at once, or answers much, may take its time. */
const longTimeoutMs = 120_000
/** The newest so many are shown; of sources and endpoints, as many as one page of a list can hold. */
export const shownRows = 50
const mostRows = 100

/** The API of the server that the page came from. Paths are relative, so that it also works below a prefix of a proxy. */
export function createApi(key: string): Api {
  const call = async (method: string, path: string, more: CallOptions = {}): Promise<Response> => {
    let response: Response
    try {
      response = await fetch(`api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        cache: 'no-store',
        signal: AbortSignal.timeout(more.isLong ? longTimeoutMs : timeoutMs),
        ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
      })
    } catch {
      throw new ApiError(0, 'The server does not answer.')
    }
    if (!response.ok) throw new ApiError(response.status, await reasonOf(response))
    return response
  }
  const json = async <Answer>(method: string, path: string, more?: CallOptions): Promise<Answer> =>
    whole((await call(method, path, more)).json() as Promise<Answer>)
  const list = <Answer>(path: string, limit: number, query: object = {}) =>
    json<Answer>('GET', `${path}?${new URLSearchParams({ ...query, limit: String(limit) })}`)
  const id = encodeURIComponent
  const isLong = true
  return {
    sources: () => list('sources', mostRows),
    endpoints: () => list('endpoints', mostRows),
    endpoint: (endpoint) => json('GET', `endpoints/${id(endpoint)}`),
    changeEndpoint: (endpoint, change) => json('PATCH', `endpoints/${id(endpoint)}`, { body: change }),
    checkUrl: ({ url, customer }) => json('POST', 'endpoints/check', { body: { url, customer }, isLong }),
    retryFailed: (endpointId) => json('POST', 'deliveries/retry-failed', { body: { endpointId } }),
    events: (query) => list('events', mostRows, query),
    follow: (query, listener) => followEvents(key, query, listener),
    deliveries: (query) => list('deliveries', shownRows, query),
    delivery: (delivery) => json('GET', `deliveries/${id(delivery)}`),
    deliveryPause: () => json('GET', 'deliveries/pause'),
    event: (event) => json('GET', `events/${id(event)}`),
    eventBody: async (event) => whole((await call('GET', `events/${id(event)}/body`, { isLong })).blob()),
    requests: (query) => list('requests', shownRows, query),
    request: (request) => json('GET', `requests/${id(request)}`),
    requestBody: async (request) => whole((await call('GET', `requests/${id(request)}/body`, { isLong })).blob()),
    requestCurl: async (request) => whole((await call('GET', `requests/${id(request)}/curl`, { isLong })).text()),
    retry: (delivery) => json('POST', `deliveries/${id(delivery)}/retry`),
    parkedEvents: (query) => list('parked-events', shownRows, query),
    parkedEvent: (parked) => json('GET', `parked-events/${id(parked)}`),
    rerun: (parked, dryRun) => json('POST', `parked-events/${id(parked)}/rerun`, { body: { dryRun }, isLong }),
    rerunAll: (filter, dryRun) => json('POST', 'parked-events/rerun', { body: { filter, dryRun }, isLong }),
    dismiss: (parked) => json('POST', `parked-events/${id(parked)}/dismiss`),
    jobs: () => list('jobs', shownRows),
    job: (job) => json('GET', `jobs/${id(job)}`),
    turnJob: (job, turn) => json('POST', `jobs/${id(job)}/${turn}`),
  }
}

interface CallOptions {
  body?: object
  isLong?: boolean
}

/** Reads what an answer holds. One that breaks off, or that something on the way has made up, is as good as none. */
async function whole<Answer>(reading: Promise<Answer>): Promise<Answer> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(0, 'What answers is not Trunkline, or a proxy changed it.')
    throw new ApiError(0, 'The server’s answer broke off.')
  }
}

async function reasonOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { title?: string; detail?: string } | undefined
  return problem?.detail ?? problem?.title ?? `The server answered ${response.status}.`
}
