import { ownEvent } from '../../events/own-event.ts'
import { deleteEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { operation } from '../operation.ts'
import { endpointId } from './shape.ts'

export default operation({
  name: 'deleteEndpoint',
  method: 'DELETE',
  path: '/endpoints/:id',
  scope: 'endpoints.write',
  summary: 'Delete an endpoint; its unfinished deliveries end as failed, with the cause ENDPOINT_DELETED',
  bound: 'endpoint',
  params: endpointId,
  async run({ workspaceId, clock, commit, stir }, { params: { id } }) {
    const now = clock.now()
    await commit(deleteEndpoint, {
      workspaceId,
      id,
      now,
      news: ownEvent({ workspaceId, customer: null, type: 'endpoint.deleted', subject: id, data: { id }, now }),
    })
    stir.endpoint(id)
    return undefined
  },
})
