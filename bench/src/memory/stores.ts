import type { Credential } from '../../../server/src/access/credential.ts'
import type { CredentialStore } from '../../../server/src/access/credential-store.ts'
import type { KeyringStore } from '../../../server/src/access/keyring-store.ts'
import type { LoggedEvent, NewEvent } from '../../../server/src/events/event.ts'
import type { FollowerStore } from '../../../server/src/events/follow/follower-store.ts'
import type { LogStore } from '../../../server/src/events/log-store.ts'
import type { Receipt } from '../../../server/src/events/request.ts'
import type { Source, SourceStore } from '../../../server/src/inbound/source-store.ts'
import type { ProcessStore } from '../../../server/src/jobs/process-store.ts'
import type { Endpoint } from '../../../server/src/outbound/endpoint/endpoint.ts'
import type { EndpointStore } from '../../../server/src/outbound/endpoint/endpoint-store.ts'
import type { LaneStore } from '../../../server/src/outbound/lane/lane-store.ts'
import type { Reads, Stores } from '../../../server/src/storage/stores.ts'
import { type MemoryLog, memoryDeliveries } from './deliveries.ts'

/** What the accept and deliver paths and the set-up of a run call; the rest of each store is left out. */
type Needed<Store> = Partial<Store>

export function memoryStores(): { stores: Stores; reads: Partial<{ [Name in keyof Reads]: Partial<Reads[Name]> }> } {
  const { log, store, drop } = memoryLog()
  const deliveries = memoryDeliveries(log)
  const credentials = memoryCredentials()
  const sources = memorySources()
  const stores: { [Name in keyof Stores]: Needed<Stores[Name]> } = {
    savepoint: <Result>(run: () => Promise<Result>) => run(),
    credentials,
    keyring: memoryKeyring(),
    processes: {
      beat: async () => {},
      remove: async () => {},
      list: async () => [],
      strike: async () => [],
    } satisfies ProcessStore,
    log: store,
    // Nothing that is sent here is described.
    eventTypes: {},
    // Nothing that is sent here is refused.
    quarantine: { expire: async () => 0 },
    followers: memoryFollowers(drop),
    sources,
    endpoints: memoryEndpoints(),
    lanes: memoryLanes(),
    deliveries,
    // Nothing of what is sent here is about an account, and nothing is done again.
    accounts: {},
    // Nothing here becomes old.
    erasure: { eraseLate: async () => ({ looked: 0, attempts: 0 }) },
    retention: { sweep: async () => ({ removed: 0, isDone: true, isElsewhere: false }) },
    jobs: {},
  }
  return {
    stores: stores as Stores,
    reads: {
      credentials,
      sources,
      deliveries,
      followers: { countParked: async () => 0 },
      jobs: { workable: async () => [] },
      lanes: { paused: async () => new Map() },
    },
  }
}

const stored = (event: NewEvent, seq: number): LoggedEvent => ({
  ...event,
  data: event.data === null ? null : Buffer.from(event.data).toString(),
  dataBytes: event.data?.length ?? 0,
  seq,
})

function memoryLog(): { log: MemoryLog; store: Needed<LogStore>; drop(upTo: number): void } {
  const known = new Map<string, Receipt>()
  let nextSeq = 1
  const log: MemoryLog = {
    events: [],
    find: (seq) => log.events[seq - (log.events[0]?.seq ?? 0)],
  }
  const store: Needed<LogStore> = {
    async appendRequests(requests) {
      return requests.map((request) => {
        const first = request.events[0]?.dedupe?.hash
        const before = first === undefined ? undefined : known.get(first)
        if (before) return { ...before, isRepeat: true }
        const eventIds = request.events.map((event) => event.id)
        const receipt = { requestId: request.id, eventIds, isRepeat: false, bodyDiffers: false }
        if (first !== undefined) known.set(first, receipt)
        for (const event of request.events) log.events.push(stored(event, nextSeq++))
        return receipt
      })
    },
    async appendEvents(events) {
      return events.map((event) => {
        log.events.push(stored(event, nextSeq))
        return nextSeq++
      })
    },
    async eventsAfter(seq, _upTo, limit) {
      const from = Math.max(0, seq + 1 - (log.events[0]?.seq ?? 0))
      return log.events.slice(from, from + limit)
    },
    reach: async (seq) => ({ count: 0, last: seq }),
    eventsOfTypes: async () => [],
  }
  return { log, store, drop: (upTo) => void log.events.splice(0, upTo + 1 - (log.events[0]?.seq ?? 0)) }
}

/** One follower; what it has read is forgotten. */
function memoryFollowers(drop: (upTo: number) => void): Needed<FollowerStore> {
  const state = { cursor: 0, owner: null as string | null, generation: 1 }
  return {
    async take(_name, owner) {
      state.owner = owner
      return { ...state, nextDue: null }
    },
    async move(_name, _generation, cursor) {
      // The cursor moves before the batch is handled, which still looks at its events.
      drop(state.cursor)
      state.cursor = cursor
      return true
    },
    // A store that lacks something must not look like a quick one.
    async park(rows) {
      throw new Error(rows.map(({ error }) => error).join('; '))
    },
  }
}

function memoryLanes(): Needed<LaneStore> {
  const hold = { generation: 1, condition: null }
  return {
    insert: async () => {},
    held: async (ids) => new Map(ids.map((id) => [id, hold])),
    take: async () => hold,
    takeFree: async () => [],
    giveBack: async () => {},
    due: async () => {},
    ending: async () => [],
  }
}

function memoryEndpoints(): Needed<EndpointStore> {
  const endpoints = new Map<string, Endpoint>()
  return {
    insert: async (endpoint) => void endpoints.set(endpoint.id, endpoint),
    forDelivery: async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const endpoint = endpoints.get(id)
          return endpoint ? [[id, endpoint] as const] : []
        }),
      ),
    verify: async (id, _url, at) => {
      const endpoint = endpoints.get(id)
      if (endpoint) endpoints.set(id, { ...endpoint, verifiedAt: endpoint.verifiedAt ?? at })
    },
    targetsVersion: async () => endpoints.size,
    targets: async () => [...endpoints.values()],
  }
}

function memorySources(): Needed<SourceStore> & Pick<SourceStore, 'byKey' | 'version' | 'releasing'> {
  const sources = new Map<string, Source>()
  return {
    insert: async (source) => void sources.set(source.key, source),
    byKey: async (key) => sources.get(key),
    // No source is changed during a run.
    version: async () => sources.size,
    releasing: async () => [],
  }
}

function memoryCredentials(): Needed<CredentialStore> & Pick<CredentialStore, 'byHash'> {
  const credentials = new Map<string, Credential>()
  return {
    byHash: async (keyHash) => credentials.get(keyHash),
    hasAny: async () => credentials.size > 0,
    revokeOthers: async () => {},
    insertUnlessThere: async (credential) => void credentials.set(credential.keyHash, credential),
  }
}

function memoryKeyring(): Needed<KeyringStore> {
  const values = new Map<string, string>()
  return {
    async keep(name, sealed) {
      if (!values.has(name)) values.set(name, sealed)
      return values.get(name) ?? sealed
    },
  }
}
