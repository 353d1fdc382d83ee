import { ownEvent } from '../../../events/own-event.ts'
import { removeRoute } from '../../../inbound/keep-route.ts'
import { operation } from '../../operation.ts'
import { routeParams } from './shape.ts'

export default operation({
  name: 'deleteRoute',
  method: 'DELETE',
  path: '/sources/:id/routes/:route',
  scope: 'sources.write',
  summary: 'Forget a route: its events are the source’s own from then on',
  params: routeParams,
  async run({ workspaceId, clock, commit, stir }, { params: { id, route } }) {
    const now = clock.now()
    const news = ownEvent({
      workspaceId,
      customer: null,
      type: 'source.route.deleted',
      subject: id,
      data: { id, route },
      now,
    })
    await commit(removeRoute, { workspaceId, sourceId: id, route, news })
    stir.sources()
    return undefined
  },
})
