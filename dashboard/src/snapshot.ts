import type { Delivery, Endpoint, Page, Source } from '@trunkline/sdk'
import type { Api } from './api.ts'
import { ApiError } from './api-error.ts'
import type { Place } from './route.ts'

/** One list as it was read, or why it was not. */
export type Read<Item> =
  | { kind: 'read'; items: readonly Item[]; hasMore: boolean }
  | { kind: 'failed'; fault: ApiError }

/** What the page shows beside the events, read at one time. A key may be allowed to read some of it only. */
export interface Snapshot {
  sources: Read<Source>
  endpoints: Read<Endpoint>
  deliveries: Read<Delivery>
}

export async function readSnapshot(api: Api, { status, endpoint }: Place): Promise<Snapshot> {
  const [sources, endpoints, deliveries] = await Promise.all([
    settle(api.sources()),
    settle(api.endpoints()),
    settle(api.deliveries({ ...(status ? { status } : {}), ...(endpoint ? { endpoint } : {}) })),
  ])
  return { sources, endpoints, deliveries }
}

/** The faults in it, each once. */
export function faultsIn(snapshot: Snapshot): ApiError[] {
  const reads: Read<unknown>[] = Object.values(snapshot)
  return reads.flatMap((each) => (each.kind === 'failed' ? [each.fault] : []))
}

function settle<Item>(list: Promise<Page<Item>>): Promise<Read<Item>> {
  return list.then(
    ({ data, hasMore }) => ({ kind: 'read', items: data, hasMore }),
    (error: unknown) => {
      if (error instanceof ApiError) return { kind: 'failed', fault: error }
      throw error
    },
  )
}
