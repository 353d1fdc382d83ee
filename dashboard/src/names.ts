import type { Endpoint, Source } from '@trunkline/sdk'
import type { Api } from './api.ts'
import type { ApiError } from './api-error.ts'
import { nameOfEndpoint } from './endpoints/words.ts'
import { faultOf, type Read, settle } from './read.ts'

/** The sources and endpoints as they were read last: what everything else on the page names by their ids. */
export interface Names {
  sources(): Read<Source>
  endpoints(): Read<Endpoint>
  endpoint(id: string): Endpoint | undefined
  endpointName(id: string): string
  sourceName(id: string): string
  /** Reads them anew; answers the faults. */
  read(): Promise<ApiError[]>
}

export function createNames(api: Pick<Api, 'sources' | 'endpoints'>): Names {
  let sources: Read<Source> = { kind: 'read', items: [], hasMore: false }
  let endpoints: Read<Endpoint> = { kind: 'read', items: [], hasMore: false }
  let sourceById = new Map<string, Source>()
  let endpointById = new Map<string, Endpoint>()
  return {
    sources: () => sources,
    endpoints: () => endpoints,
    endpoint: (id) => endpointById.get(id),
    endpointName(id) {
      const known = endpointById.get(id)
      return known ? nameOfEndpoint(known) : id
    },
    sourceName: (id) => sourceById.get(id)?.name ?? id,
    async read() {
      const [ofSources, ofEndpoints] = await Promise.all([settle(api.sources()), settle(api.endpoints())])
      sources = ofSources
      endpoints = ofEndpoints
      // Without an answer the names stay what they were.
      if (sources.kind === 'read') sourceById = byId(sources.items)
      if (endpoints.kind === 'read') endpointById = byId(endpoints.items)
      return [...faultOf(sources), ...faultOf(endpoints)]
    },
  }
}

const byId = <Item extends { id: string }>(items: readonly Item[]): Map<string, Item> =>
  new Map(items.map((each) => [each.id, each]))
