import { command } from '../../base/command.ts'
import { Problem } from '../../base/errors.ts'
import type { NewEvent } from '../../events/event.ts'
import type { LogStore } from '../../events/log-store.ts'
import type { LaneStore } from '../lane/lane-store.ts'
import { type Endpoint, noEndpoint } from './endpoint.ts'
import type { EndpointChanges, EndpointStore, SigningState } from './endpoint-store.ts'

export type EndpointTx = { endpoints: EndpointStore; lanes: LaneStore; log: LogStore }

/** Creates an endpoint and its lane. The news of it is its place in the log: it gets what comes after. */
export const createEndpoint = command<EndpointTx, { endpoint: Endpoint; news: NewEvent }, Endpoint>(
  'create-endpoint',
  async (tx, { endpoint, news }) => {
    const [seq] = await tx.log.appendEvents([news])
    const created = { ...endpoint, afterSeq: seq ?? 0 }
    await tx.endpoints.insert(created)
    await tx.lanes.insert(created)
    return created
  },
)

export interface EndpointUpdate {
  workspaceId: string
  id: string
  changes: EndpointChanges
  /** Set when the change holds only for the secret and the signatures that it was checked against. */
  expected?: SigningState
  now: number
  /** Its customer is filled in: the endpoint's. */
  news: NewEvent
}

/** Changes an endpoint. Its lane follows its status, so that a paused endpoint's queue is never looked at. */
export const updateEndpoint = command<EndpointTx, EndpointUpdate, Endpoint>(
  'update-endpoint',
  async (tx, { workspaceId, id, changes, expected, now, news }) => {
    const known = changes.url === undefined ? undefined : await tx.endpoints.read(workspaceId, id)
    // Another place has not shown yet that it answers.
    const isElsewhere = known !== undefined && known.url !== changes.url
    if (isElsewhere) checkHeaders(known, changes)
    const all = isElsewhere ? { ...changes, verifiedAt: null } : changes
    const updated = await tx.endpoints.update(workspaceId, id, all, now, expected)
    if (!updated) {
      if (!expected || !(await tx.endpoints.read(workspaceId, id))) throw noEndpoint(id)
      throw new Problem('CONFLICT', `the secret or the signatures of endpoint "${id}" were changed at the same time`)
    }
    if (changes.status) await tx.lanes.setState(id, changes.status, now)
    // Somebody has set it right: what its failures taught is over.
    if (changes.status === 'active' || isElsewhere) await tx.lanes.forget(id, now)
    await tx.log.appendEvents([{ ...news, customer: updated.customer }])
    return updated
  },
)

/** Sealed headers are nobody's to read: who may change the URL is not to have them sent to a host of his own. */
function checkHeaders({ id, url, sealedHeaders }: Endpoint, changes: EndpointChanges): void {
  if (sealedHeaders === null || changes.sealedHeaders !== undefined) return
  const [before, after] = [url, changes.url ?? url].map((each) => new URL(each).origin)
  if (before === after) return
  throw new Problem(
    'CONFLICT',
    `endpoint "${id}" has headers that were given for ${before}: give "headers" anew with another host, or {} for none`,
  )
}

/** Deletes an endpoint. Its unfinished deliveries are ended afterwards, in batches, by `retire`. */
export const deleteEndpoint = command<
  EndpointTx,
  { workspaceId: string; id: string; now: number; news: NewEvent },
  null
>('delete-endpoint', async (tx, { workspaceId, id, now, news }) => {
  const known = await tx.endpoints.read(workspaceId, id)
  if (!known || !(await tx.endpoints.remove(workspaceId, id, now))) throw noEndpoint(id)
  await tx.lanes.setState(id, 'deleted', now)
  await tx.log.appendEvents([{ ...news, customer: known.customer }])
  return null
})
