import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { secretPlace } from '../../outbound/attempt.ts'
import { plainSettings } from '../../outbound/endpoint.ts'
import { createEndpoint } from '../../outbound/keep-endpoint.ts'
import { makeSigningSecret } from '../../outbound/sign.ts'
import { customerOf, customerShape } from '../customer.ts'
import { operation } from '../operation.ts'
import { checkedUrl, defaultConcurrency, endpointSettings, endpointShape, showEndpoint } from './shape.ts'

export default operation({
  name: 'createEndpoint',
  method: 'POST',
  path: '/endpoints',
  scope: 'endpoints.write',
  summary: 'Create an endpoint; it gets the events that arrive from now on',
  bound: 'narrowed',
  body: z.strictObject({
    url: endpointSettings.url,
    description: endpointSettings.description.default(''),
    eventTypes: endpointSettings.eventTypes.default(['**']),
    payload: endpointSettings.payload.default('standard'),
    concurrency: endpointSettings.concurrency.default(defaultConcurrency),
    customer: customerShape.nullable().default(null),
  }),
  status: 201,
  output: endpointShape.extend({
    secret: z.string().meta({ description: 'What its deliveries are signed with, this once.' }),
  }),
  async run(context, { body }) {
    const { workspaceId, actor, clock, seal, commit } = context
    const now = clock.now()
    const customer = customerOf(actor, body.customer)
    const id = newId('endpoint', now)
    const secret = makeSigningSecret()
    const url = checkedUrl(body.url, context)
    const endpoint = await commit(createEndpoint, {
      endpoint: {
        ...plainSettings,
        ...body,
        customer,
        id,
        workspaceId,
        url,
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
        data: { id, eventTypes: body.eventTypes },
        now,
      }),
    })
    return { ...showEndpoint(endpoint), secret }
  },
})
