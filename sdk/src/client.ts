import { type CallInput, type ClientOptions, call, readJson } from './call.ts'
import { type StreamedEvent, type StreamQuery, streamEvents } from './event-stream.ts'
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
  Job,
  JobQuery,
  NewEndpoint,
  NewEvent,
  NewSource,
  Page,
  PageQuery,
  RehandleFilter,
  ReprocessPlan,
  Request,
  SentSample,
  Source,
  SourceKind,
  SourceRoute,
  StoredFilter,
  UnknownRoute,
} from './shapes.ts'

export { type ClientOptions, type FieldError, TrunklineError } from './call.ts'

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
      create: (source: NewSource) =>
        json<Source & { secret?: string; token?: string }>('POST', '/sources', { body: source }),
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
          fixedPath?: boolean
          token?: string
        },
      ) => json<Source & { token?: string }>('PATCH', at('/sources', id), { body: changes }),
      delete: (id: string) => nothing('DELETE', at('/sources', id)),
      /** Sends a rightly signed sample through the source, with changes by path such as `{ 'data.id': 'in_1' }`. */
      sample: (id: string, sample: { event?: string; set?: Record<string, unknown> } = {}) =>
        json<SentSample>('POST', `${at('/sources', id)}/sample`, { body: sample }),
      /** Whose the source's events are, and the unknown routes seen lately. */
      routes: (id: string, query: PageQuery = {}) =>
        json<Page<SourceRoute> & { unknown: UnknownRoute[] }>('GET', `${at('/sources', id)}/routes`, { query }),
      putRoute: (id: string, route: string, destination: { customer?: string | null; workspaceId?: string }) =>
        json<SourceRoute>('PUT', at(`${at('/sources', id)}/routes`, route), { body: destination }),
      deleteRoute: (id: string, route: string) => nothing('DELETE', at(`${at('/sources', id)}/routes`, route)),
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
      /** Runs stored events through a follower again. */
      rehandle: (
        follower: 'fan-out' | 'accounts',
        filter: RehandleFilter = {},
        { perSecond }: { perSecond?: number } = {},
      ) =>
        json<Job>('POST', '/events/rehandle', {
          body: { follower, filter, ...(perSecond === undefined ? {} : { perSecond }) },
        }),
      /**
       * Follows events as they are stored, for as long as it is read; resumes by itself when the connection or the
       * server goes. Ends when `signal` is aborted, and rejects only with what another try would not mend.
       *
       * @example
       * for await (const event of trunkline.events.stream({ types: ['github.*'] })) console.log(event.type, event.cursor)
       */
      stream: (query: StreamQuery = {}): AsyncGenerator<StreamedEvent, void, undefined> => streamEvents(options, query),
    },
    jobs: {
      /** Newest first. */
      list: (query: JobQuery = {}) => json<Page<Job>>('GET', '/jobs', { query }),
      /** How far it has come, and what it has met. */
      read: (id: string) => json<Job>('GET', at('/jobs', id)),
      pause: (id: string) => json<Job>('POST', `${at('/jobs', id)}/pause`),
      /** Lets a paused or failed job go on from where it stands. */
      resume: (id: string) => json<Job>('POST', `${at('/jobs', id)}/resume`),
      /** Ends it for good; what it has done stays done. */
      cancel: (id: string) => json<Job>('POST', `${at('/jobs', id)}/cancel`),
    },
    eventTypes: {
      /** The types that are described, and those that came in without being so, in alphabetical order. */
      list: (query: EventTypeQuery = {}) => json<Page<EventType>>('GET', '/event-types', { query }),
      /** A type with the shape of its data and an example. */
      read: (type: string) => json<EventTypeWithSchema>('GET', at('/event-types', type)),
    },
    requests: {
      read: (id: string) => json<Request>('GET', at('/requests', id)),
      /** Runs stored requests through today's parser again. */
      reprocess: (filter: StoredFilter = {}, { perSecond }: { perSecond?: number } = {}) =>
        json<Job>('POST', '/requests/reprocess', {
          body: { filter, ...(perSecond === undefined ? {} : { perSecond }) },
        }),
      /** What that would do. Changes nothing. */
      planReprocess: (filter: StoredFilter = {}) =>
        json<ReprocessPlan>('POST', '/requests/reprocess', { body: { filter, dryRun: true } }),
    },
    deliveries: {
      list: (query: DeliveryQuery = {}) => json<Page<Delivery>>('GET', '/deliveries', { query }),
      read: (id: string) => json<DeliveryWithAttempts>('GET', at('/deliveries', id)),
      /** Attempts it again at once, with a new round of retries. */
      retry: (id: string) => json<Delivery>('POST', `${at('/deliveries', id)}/retry`),
    },
  }
}

const at = (list: string, id: string): string => `${list}/${encodeURIComponent(id)}`
