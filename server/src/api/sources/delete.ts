import { ownEvent } from '../../events/own-event.ts'
import { deleteSource } from '../../inbound/keep-source.ts'
import { operation } from '../operation.ts'
import { sourceId } from './shape.ts'

export default operation({
  name: 'deleteSource',
  method: 'DELETE',
  path: '/sources/:id',
  scope: 'sources.write',
  summary: 'Delete a source; what it received stays in the log',
  params: sourceId,
  async run({ workspaceId, clock, commit, stir }, { params: { id } }) {
    const now = clock.now()
    await commit(deleteSource, {
      workspaceId,
      id,
      news: ownEvent({ workspaceId, customer: null, type: 'source.deleted', subject: id, data: { id }, now }),
    })
    stir.sources()
    return undefined
  },
})
