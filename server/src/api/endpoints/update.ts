import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { updateEndpoint } from '../../outbound/keep-endpoint.ts'
import { given } from '../list.ts'
import { operation } from '../operation.ts'
import { checkedUrl, endpointId, endpointSettings, endpointShape, showEndpoint } from './shape.ts'

export default operation({
  name: 'updateEndpoint',
  method: 'PATCH',
  path: '/endpoints/:id',
  scope: 'endpoints.write',
  summary: 'Change an endpoint; pausing keeps its queue, disabling ends it',
  bound: 'endpoint',
  params: endpointId,
  body: z.strictObject({
    url: endpointSettings.url.optional(),
    description: endpointSettings.description.optional(),
    eventTypes: endpointSettings.eventTypes.optional(),
    payload: endpointSettings.payload.optional(),
    concurrency: endpointSettings.concurrency.optional(),
    status: z.enum(['active', 'paused', 'disabled']).optional(),
  }),
  output: endpointShape,
  async run(context, { params: { id }, body }) {
    const { workspaceId, clock, commit, stir } = context
    const now = clock.now()
    const changes = given({
      ...body,
      url: body.url === undefined ? undefined : checkedUrl(body.url, context),
      statusReason:
        body.status === undefined ? undefined : body.status === 'disabled' ? 'disabled through the API' : null,
    })
    const news = ownEvent({
      workspaceId,
      customer: null,
      type: 'endpoint.updated',
      subject: id,
      data: { id, changed: Object.keys(body) },
      now,
    })
    const endpoint = await commit(updateEndpoint, { workspaceId, id, changes, now, news })
    stir.endpoint(id)
    return showEndpoint(endpoint)
  },
})
