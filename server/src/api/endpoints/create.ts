import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { createEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { makeSigningSecret, secretPlace } from '../../outbound/signature/signing-secret.ts'
import { checkPayload, customerOf, customerShape } from '../customer.ts'
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
import { checkedSecret, secretInput } from './signatures.ts'
import { checkBeforeSaving, checkInput, verdictShape } from './verdict.ts'

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
    secret: secretInput.optional().meta({
      description: 'A secret that the receiver has already; one is made when it is left out.',
    }),
    customer: customerShape.nullable().default(null),
    check: checkInput,
  }),
  status: 201,
  output: endpointShape.extend({
    secret: z.string().meta({ description: 'What its deliveries are signed with, this once.' }),
    check: verdictShape.optional(),
  }),
  async run(context, { body: { url: text, customer: named, secret: own, check, ...settings } }) {
    const { workspaceId, actor, clock, seal, commit } = context
    const customer = customerOf(actor, named)
    checkPayload(actor, settings.payload)
    const id = newId('endpoint', clock.now())
    const given = { ...usualSettings, ...storedSettings(settings, { workspaceId, id }, context) }
    const secret = own === undefined ? makeSigningSecret() : checkedSecret(own, given.signatures)
    const url = checkedUrl(text, customer, context)
    const place = { workspaceId, id, customer, sealedTls: given.sealedTls }
    const checked = check ? await checkBeforeSaving(url, place, context) : {}
    const now = clock.now()
    const endpoint = await commit(createEndpoint, {
      endpoint: {
        ...given,
        id,
        workspaceId,
        customer,
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
        data: { id, eventTypes: given.eventTypes },
        now,
      }),
    })
    return { ...showEndpoint(endpoint, context), secret, ...checked }
  },
})
