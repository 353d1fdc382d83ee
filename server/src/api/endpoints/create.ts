import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { secretPlace } from '../../outbound/attempt.ts'
import { createEndpoint } from '../../outbound/keep-endpoint.ts'
import { makeSigningSecret } from '../../outbound/sign.ts'
import { customerOf, customerShape } from '../customer.ts'
import { operation } from '../operation.ts'
import {
  checkedUrl,
  endpointSettings,
  endpointShape,
  optionalSettings,
  showEndpoint,
  storedSettings,
  usualSettings,
} from './shape.ts'

export default operation({
  name: 'createEndpoint',
  method: 'POST',
  path: '/endpoints',
  scope: 'endpoints.write',
  summary: 'Create an endpoint; it gets the events that arrive from now on',
  bound: 'narrowed',
  body: z.strictObject({
    ...optionalSettings,
    url: endpointSettings.url,
    customer: customerShape.nullable().default(null),
  }),
  status: 201,
  output: endpointShape.extend({
    secret: z.string().meta({ description: 'What its deliveries are signed with, this once.' }),
  }),
  async run(context, { body: { url, customer: named, ...settings } }) {
    const { workspaceId, actor, clock, seal, commit } = context
    const now = clock.now()
    const customer = customerOf(actor, named)
    const id = newId('endpoint', now)
    const secret = makeSigningSecret()
    const given = { ...usualSettings, ...storedSettings(settings) }
    const endpoint = await commit(createEndpoint, {
      endpoint: {
        ...given,
        id,
        workspaceId,
        customer,
        url: checkedUrl(url, context),
        status: 'active',
        statusReason: null,
        sealedSecret: seal.seal(secret, secretPlace({ workspaceId, id })),
        afterSeq: 0,
        createdAt: now,
        updatedAt: now,
      },
      news: ownEvent({
        workspaceId,
        customer,
        type: 'endpoint.created',
        subject: id,
        data: { id, eventTypes: given.eventTypes },
        now,
      }),
    })
    return { ...showEndpoint(endpoint), secret }
  },
})
