import type {
  Payment,
  PaymentQuery,
  Subscription,
  SubscriptionQuery,
  User,
  UserQuery,
  Whose,
} from './account-shapes.ts'
import { type CallInput, type ClientOptions, call, readJson } from './call.ts'
import { type StreamedEvent, type StreamQuery, streamEvents } from './event-stream.ts'
import type {
  Causes,
  Erasure,
  Job,
  JobQuery,
  ParkedEvent,
  ParkedEventWithEvent,
  ParkedFilter,
  ParkedQuery,
  RehandleFilter,
  ReprocessPlan,
  Request,
  RequestPage,
  RequestQuery,
  RerunOutcome,
  RerunOutcomes,
  Retention,
  StoredFilter,
} from './inspection-shapes.ts'
import type { Customer, Key, KeyQuery, NewKey } from './key-shapes.ts'
import type { CancelFilter, Cleaning, CountPlan, Missed, ReplayFilter, ReplayPlan } from './replay-shapes.ts'
import type {
  BlockedKey,
  Delivery,
  DeliveryPause,
  DeliveryQuery,
  DeliveryWithAttempts,
  Endpoint,
  EndpointChanges,
  EndpointCheck,
  EndpointFlow,
  EndpointQuery,
  EndpointWithDeliveries,
  Event,
  EventHead,
  EventQuery,
  EventType,
  EventTypeQuery,
  EventTypeSettings,
  EventTypeWithSchema,
  LookedPage,
  NewEndpoint,
  NewEvent,
  Page,
  PageQuery,
  Queue,
  RegisteredEventType,
  Stats,
  StatsQuery,
  Validation,
} from './shapes.ts'
import type {
  NewSource,
  SentSample,
  Source,
  SourceChanges,
  SourceKind,
  SourceRoute,
  UnknownRoute,
} from './source-shapes.ts'

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
      update: (id: string, changes: SourceChanges) =>
        json<Source & { token?: string }>('PATCH', at('/sources', id), { body: changes }),
      /** A new secret, in the answer this once if it was made; the former ones verify too for that long: 24 hours when left out. */
      rotateSecret: (id: string, rotation: { secret?: string; overlapHours?: number } = {}) =>
        json<Source & { secret?: string }>('POST', `${at('/sources', id)}/rotate-secret`, { body: rotation }),
      delete: (id: string) => nothing('DELETE', at('/sources', id)),
      /** Sends a rightly signed sample through the source, with changes by path such as `{ 'data.id': 'in_1' }`. */
      sample: (id: string, sample: { event?: string; set?: Record<string, unknown> } = {}) =>
        json<SentSample>('POST', `${at('/sources', id)}/sample`, { body: sample }),
      /** Proves the source's refused requests again with its secrets of today, and accepts in order what is genuine. */
      reverify: (id: string, range: { from?: string; to?: string; perSecond?: number } = {}) =>
        json<Job>('POST', `${at('/sources', id)}/reverify`, { body: range }),
      /** Whose the source's events are, and the unknown routes seen lately. */
      routes: (id: string, query: PageQuery = {}) =>
        json<Page<SourceRoute> & { unknown: UnknownRoute[] }>('GET', `${at('/sources', id)}/routes`, { query }),
      putRoute: (id: string, route: string, destination: { customer?: string | null; workspaceId?: string }) =>
        json<SourceRoute>('PUT', at(`${at('/sources', id)}/routes`, route), { body: destination }),
      deleteRoute: (id: string, route: string) => nothing('DELETE', at(`${at('/sources', id)}/routes`, route)),
    },
    endpoints: {
      /** The secret that deliveries are signed with is in the answer, this once. */
      create: (endpoint: NewEndpoint) =>
        json<Endpoint & { secret: string; check?: EndpointCheck }>('POST', '/endpoints', { body: endpoint }),
      /** Looks whether a URL can be delivered to, with HEAD, in 10 s at most. Nothing is stored. */
      check: (url: string, options: Pick<NewEndpoint, 'tls' | 'customer'> = {}) =>
        json<EndpointCheck>('POST', '/endpoints/check', { body: { url, ...options } }),
      list: (query: EndpointQuery = {}) => json<Page<Endpoint>>('GET', '/endpoints', { query }),
      read: (id: string) => json<EndpointWithDeliveries & { flow: EndpointFlow }>('GET', at('/endpoints', id)),
      /** Sends `trunkline.ping` to it alone. `deliveries.read` tells what became of it. */
      ping: (id: string) => json<Delivery>('POST', `${at('/endpoints', id)}/ping`),
      /** Sends it a test event, or an example of a type, alone. */
      test: (id: string, test: { eventType?: string } = {}) =>
        json<Delivery>('POST', `${at('/endpoints', id)}/test`, { body: test }),
      update: (id: string, changes: EndpointChanges) =>
        json<Endpoint & { check?: EndpointCheck }>('PATCH', at('/endpoints', id), { body: changes }),
      /** What holds up keys of an ordered endpoint, oldest first: retry it, or skip it. */
      blockedKeys: (id: string, query: PageQuery = {}) =>
        json<Page<BlockedKey>>('GET', `${at('/endpoints', id)}/blocked-keys`, { query }),
      /** A new secret, in the answer this once; the former one signs too for that long: 24 hours when left out. */
      rotateSecret: (id: string, rotation: { secret?: string; overlapHours?: number } = {}) =>
        json<Endpoint & { secret: string }>('POST', `${at('/endpoints', id)}/rotate-secret`, { body: rotation }),
      delete: (id: string) => nothing('DELETE', at('/endpoints', id)),
      /** How its deliveries stand, and how long attempts take. */
      stats: (id: string, query: StatsQuery = {}) => json<Stats>('GET', `${at('/endpoints', id)}/stats`, { query }),
      /** What failed since then, and what it would get today and has no delivery of. */
      missed: (id: string, query: { since?: string } = {}) =>
        json<Missed>('GET', `${at('/endpoints', id)}/missed`, { query }),
    },
    events: {
      /**
       * Publishes an event. With an `idempotencyKey` (a text of your own, new with each event) it can be tried again when no answer
       * came: within 24 hours the same key publishes once, and the first answer comes again.
       */
      publish: (event: NewEvent, { idempotencyKey }: { idempotencyKey?: string } = {}) =>
        json<Pick<Event, 'id' | 'type' | 'receivedAt'> & { warning?: string }>('POST', '/events', {
          body: event,
          headers: { 'idempotency-key': idempotencyKey },
        }),
      /** Newest first. A page may be short, or empty, and not the last: see `lookedBackTo`. */
      list: (query: EventQuery = {}) => json<LookedPage<EventHead>>('GET', '/events', { query }),
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
      /** How many that would be. Changes nothing. */
      planRehandle: (follower: 'fan-out' | 'accounts', filter: RehandleFilter = {}) =>
        json<CountPlan>('POST', '/events/rehandle', { body: { follower, filter, dryRun: true } }),
      /**
       * Follows events as they are stored, for as long as it is read; resumes by itself when the connection or the
       * server goes. Ends when `signal` is aborted, and rejects only with what another try would not mend.
       *
       * @example
       * for await (const event of trunkline.events.stream({ types: ['github.*'] })) console.log(event.type, event.cursor)
       */
      stream: (query: StreamQuery = {}): AsyncGenerator<StreamedEvent, void, undefined> => streamEvents(options, query),
    },
    /** Who has paid, and who the users are, as the events of Stripe and Clerk told; what was heard of last comes first. */
    accounts: {
      subscriptions: {
        list: (query: SubscriptionQuery = {}) => json<Page<Subscription>>('GET', '/accounts/subscriptions', { query }),
        read: (id: string, query: Whose = {}) =>
          json<Subscription>('GET', at('/accounts/subscriptions', id), { query }),
      },
      payments: {
        list: (query: PaymentQuery = {}) => json<Page<Payment>>('GET', '/accounts/payments', { query }),
        read: (id: string, query: Whose = {}) => json<Payment>('GET', at('/accounts/payments', id), { query }),
      },
      users: {
        list: (query: UserQuery = {}) => json<Page<User>>('GET', '/accounts/users', { query }),
        read: (id: string, query: Whose = {}) => json<User>('GET', at('/accounts/users', id), { query }),
      },
    },
    /** Everybody whom an endpoint, an event, a source or a route names, in alphabetical order. */
    customers: {
      list: (query: PageQuery = {}) => json<Page<Customer>>('GET', '/customers', { query }),
    },
    /** Keys to the API. One that is bound to a customer sees and makes only that customer's things. */
    keys: {
      /** The key itself is in the answer, this once. */
      create: (key: NewKey) => json<Key & { key: string }>('POST', '/keys', { body: key }),
      list: (query: KeyQuery = {}) => json<Page<Key>>('GET', '/keys', { query }),
      read: (id: string) => json<Key>('GET', at('/keys', id)),
      /** Takes it out of force within a second. */
      revoke: (id: string) => nothing('DELETE', at('/keys', id)),
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
    /** How the deliveries of the workspace stand, or of one customer's events. */
    stats: (query: StatsQuery & { customer?: string } = {}) => json<Stats>('GET', '/stats', { query }),
    /** What waits to be sent, and for how long. */
    queue: () => json<Queue>('GET', '/queue'),
    eventTypes: {
      /** The types that are described, and those that came in without being so, in alphabetical order. */
      list: (query: EventTypeQuery = {}) => json<Page<EventType>>('GET', '/event-types', { query }),
      /** A type with the shape of its data and an example. */
      read: (type: string) => json<EventTypeWithSchema>('GET', at('/event-types', type)),
      /** Describes a type of one's own, with the JSON Schema of its data and what becomes of data that does not fit. */
      register: (type: string, settings: EventTypeSettings = {}) =>
        json<RegisteredEventType>('POST', '/event-types', { body: { type, ...settings } }),
      /** Puts other settings in place of all that a registered type has. */
      replace: (type: string, settings: EventTypeSettings) =>
        json<RegisteredEventType>('PUT', at('/event-types', type), { body: settings }),
      /** Forgets what was registered; the events of the type stay. */
      delete: (type: string) => nothing('DELETE', at('/event-types', type)),
      /** Registers the 23 events of a product with projects, sessions and agents, and `webhook.test`. */
      registerProductEvents: (validation: Validation = 'warn') =>
        json<{ registered: string[]; kept: string[] }>('POST', '/event-types/product-events', { body: { validation } }),
    },
    requests: {
      /** What came in, newest first. A page may be short, or empty, and not the last: see `lookedBackTo`. */
      list: (query: RequestQuery = {}) => json<RequestPage>('GET', '/requests', { query }),
      /** A request with its verdict, the events made of it and what became of them. */
      read: (id: string) => json<Request>('GET', at('/requests', id)),
      /** The body, byte for byte. */
      body: async (id: string) => (await call(options, 'GET', `${at('/requests', id)}/body`)).bytes,
      /** A command for a shell that sends the same request; what was masked is a variable in it. */
      curl: async (id: string) =>
        new TextDecoder().decode((await call(options, 'GET', `${at('/requests', id)}/curl`)).bytes),
      /** Every verdict and cause that a request can have, with what it means and what to do. */
      causes: () => json<Causes>('GET', '/causes'),
      /** Runs stored requests through today's parser again. */
      reprocess: (filter: StoredFilter = {}, { perSecond }: { perSecond?: number } = {}) =>
        json<Job>('POST', '/requests/reprocess', {
          body: { filter, ...(perSecond === undefined ? {} : { perSecond }) },
        }),
      /** What that would do. Changes nothing. */
      planReprocess: (filter: StoredFilter = {}) =>
        json<ReprocessPlan>('POST', '/requests/reprocess', { body: { filter, dryRun: true } }),
    },
    /** Events that could not be handled here, before any delivery: see also `deliveries`. */
    parkedEvents: {
      list: (query: ParkedQuery = {}) => json<Page<ParkedEvent>>('GET', '/parked-events', { query: { ...query } }),
      read: (id: string) => json<ParkedEventWithEvent>('GET', at('/parked-events', id)),
      /** Has it handled again at once. With `dryRun` nothing is changed, and what would be is answered. */
      rerun: (id: string, { dryRun = false }: { dryRun?: boolean } = {}) =>
        json<RerunOutcome>('POST', `${at('/parked-events', id)}/rerun`, { body: { dryRun } }),
      /** The same for all that fit, at most 1,000 in one call: `nextCursor` goes on. */
      rerunMany: (filter: ParkedFilter, more: { dryRun?: boolean; limit?: number; cursor?: string } = {}) =>
        json<RerunOutcomes>('POST', '/parked-events/rerun', { body: { filter, ...more } }),
      /** Decides that it is not to be handled. */
      dismiss: (id: string) => json<ParkedEvent>('POST', `${at('/parked-events', id)}/dismiss`),
    },
    deliveries: {
      /** Newest first. A page may be short, or empty, and not the last: see `lookedBackTo`. */
      list: (query: DeliveryQuery = {}) => json<LookedPage<Delivery>>('GET', '/deliveries', { query }),
      read: (id: string) => json<DeliveryWithAttempts>('GET', at('/deliveries', id)),
      /** Attempts it again at once, with a new round of retries. */
      retry: (id: string) => json<Delivery>('POST', `${at('/deliveries', id)}/retry`),
      /** Starts nothing new in the whole workspace; every queue is kept. */
      pause: () => json<DeliveryPause>('POST', '/deliveries/pause'),
      resume: () => json<DeliveryPause>('POST', '/deliveries/resume'),
      isPaused: () => json<DeliveryPause>('GET', '/deliveries/pause'),
      /** Passes over one of an ordered endpoint, so that what waits behind it goes on. */
      skip: (id: string) => json<Delivery>('POST', `${at('/deliveries', id)}/skip`),
      /** Sends every failed one of an endpoint, or of the workspace, again. */
      retryFailed: (which: { endpointId?: string; perSecond?: number } = {}) =>
        json<Job>('POST', '/deliveries/retry-failed', { body: which }),
      /** Ends unfinished ones, with the cause CANCELLED. */
      cancel: (filter: CancelFilter, more: { perSecond?: number } = {}) =>
        json<Job>('POST', '/deliveries/cancel', { body: { filter, ...more } }),
      /** How many would be cancelled. */
      planCancel: (filter: CancelFilter) =>
        json<ReplayPlan>('POST', '/deliveries/cancel', { body: { filter, dryRun: true } }),
      /** Removes ended ones. */
      clean: (which: Cleaning & { perSecond?: number }) => json<Job>('POST', '/deliveries/clean', { body: which }),
      /** How many would be removed. */
      planClean: (which: Cleaning) =>
        json<CountPlan>('POST', '/deliveries/clean', { body: { ...which, dryRun: true } }),
    },
    replays: {
      /** How many deliveries would be sent again, and the first ten. Changes nothing. */
      plan: (filter: ReplayFilter = {}) => json<ReplayPlan>('POST', '/replays/plan', { body: { filter } }),
      /**
       * Sends them again, with the same `webhook-id` and a new round of retries: a job that can be paused and cancelled.
       *
       * @example
       * const job = await trunkline.replays.start({ endpointId, include: ['missed'], from }, { perSecond: 100 })
       */
      start: (filter: ReplayFilter, more: { perSecond?: number } = {}) =>
        json<Job>('POST', '/replays', { body: { filter, ...more } }),
    },
    /**
     * Erases what one event, one request or one customer said, wherever it stands. For a customer the answer has a job.
     *
     * @example
     * const { counts } = await trunkline.erase({ eventId: 'evt_01…' })
     */
    erase: (what: { eventId: string } | { requestId: string } | { customer: string }) =>
      json<Erasure>('POST', '/erase', { body: what }),
    /** What the database holds, for how long, and how large it will become. */
    retention: () => json<Retention>('GET', '/retention'),
  }
}

const at = (list: string, id: string): string => `${list}/${encodeURIComponent(id)}`
