import { z } from 'zod'
import { Problem } from '../../../base/errors.ts'
import { defaultWorkspaceId } from '../../../base/id.ts'
import { ownEvent } from '../../../events/own-event.ts'
import { putRoute } from '../../../inbound/keep-route.ts'
import { noSource } from '../../../inbound/keep-source.ts'
import { operation } from '../../operation.ts'
import { routeParams, routeShape, showRoute } from './shape.ts'

export default operation({
  name: 'putRoute',
  method: 'PUT',
  path: '/sources/:id/routes/:route',
  scope: 'sources.write',
  summary: 'Say whose the events of a route are: events that come from then on',
  params: routeParams,
  body: z.strictObject({
    customer: z.string().min(1).max(200).nullable().optional().meta({ description: 'None when it is left out.' }),
    workspaceId: z.string().max(100).optional().meta({
      description: 'Another workspace; only a key of the default workspace may name one. Left out: the source’s own.',
    }),
  }),
  output: routeShape,
  async run({ workspaceId, reads, clock, commit, stir }, { params: { id, route }, body }) {
    if (!(await reads.sources.read(workspaceId, id))) throw noSource(id)
    const destination = body.workspaceId ?? workspaceId
    // Before it is looked whether there is such a workspace: a tenant does not learn of others.
    if (destination !== workspaceId && workspaceId !== defaultWorkspaceId) {
      throw new Problem('SCOPE_MISSING', 'only a key of the default workspace may lead a route to another workspace', {
        errors: [{ at: '/workspaceId', message: 'must be left out' }],
      })
    }
    const now = clock.now()
    const data = { id, route }
    const kept = await commit(putRoute, {
      workspaceId,
      sourceId: id,
      route: { route, workspaceId: destination, customer: body.customer ?? null, createdAt: now, updatedAt: now },
      news: ownEvent({ workspaceId, customer: null, type: 'source.route.set', subject: id, data, now }),
    })
    stir.sources()
    return showRoute(kept)
  },
})
