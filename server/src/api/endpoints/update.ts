import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { updateEndpoint } from '../../outbound/keep-endpoint.ts'
import { operation } from '../operation.ts'
import {
  checkedUrl,
  endpointId,
  endpointSettings,
  endpointShape,
  optionalSettings,
  showEndpoint,
  storedSettings,
} from './shape.ts'

export default operation({
  name: 'updateEndpoint',
  method: 'PATCH',
  path: '/endpoints/:id',
  scope: 'endpoints.write',
  summary: 'Change an endpoint; pausing keeps its queue, disabling ends it',
  bound: 'endpoint',
  params: endpointId,
  body: z.strictObject({
    ...optionalSettings,
    url: endpointSettings.url.optional(),
    status: z.enum(['active', 'paused', 'disabled']).optional(),
  }),
  output: endpointShape,
  async run(context, { params: { id }, body }) {
    const { url, status, ...settings } = body
    const { workspaceId, clock, commit, stir } = context
    const now = clock.now()
    const changes = {
      ...storedSettings(settings),
      ...(url === undefined ? {} : { url: checkedUrl(url, context) }),
      ...(status === undefined
        ? {}
        : { status, statusReason: status === 'disabled' ? 'disabled through the API' : null }),
    }
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
