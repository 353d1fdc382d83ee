import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { type Endpoint, noEndpoint, type SignatureDialect } from '../../outbound/endpoint/endpoint.ts'
import type { EndpointChanges, SigningState } from '../../outbound/endpoint/endpoint-store.ts'
import { updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { secretsOf } from '../../outbound/signature/signing-secret.ts'
import { checkPayload } from '../customer.ts'
import { type Context, operation } from '../operation.ts'
import {
  checkedUrl,
  endpointId,
  endpointSettings,
  endpointShape,
  optionalSettings,
  showEndpoint,
  storedSettings,
} from './shape.ts'
import { checkSignatures } from './signatures.ts'
import { checkBeforeSaving, checkInput, verdictShape } from './verdict.ts'

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
    check: checkInput,
  }),
  output: endpointShape.extend({ check: verdictShape.optional() }),
  async run(context, { params: { id }, body: { check, ...body } }) {
    const { url, status, ...settings } = body
    const { workspaceId, actor, clock, commit, stir } = context
    checkPayload(actor, settings.payload)
    const changes = {
      ...storedSettings(settings, { workspaceId, id }, context),
      ...(url === undefined ? {} : { url: checkedUrl(url, (await known(id, context)).customer, context) }),
      ...(status === undefined
        ? {}
        : { status, statusReason: status === 'disabled' ? 'disabled through the API' : null }),
    }
    const expected = changes.signatures && (await checkedAgainst(id, changes.signatures, context))
    const checked = check ? await checkChanged(id, changes, context) : {}
    const now = clock.now()
    const news = ownEvent({
      workspaceId,
      customer: null,
      type: 'endpoint.updated',
      subject: id,
      data: { id, changed: Object.keys(body) },
      now,
    })
    const given = { workspaceId, id, changes, now, news, ...(expected ? { expected } : {}) }
    const endpoint = await commit(updateEndpoint, given)
    stir.endpoint(id)
    return { ...showEndpoint(endpoint, context), ...checked }
  },
})

/** Looks at the endpoint as it would be. */
async function checkChanged(id: string, { url, sealedTls }: EndpointChanges, context: Context) {
  const endpoint = await known(id, context)
  const place = sealedTls === undefined ? endpoint : { ...endpoint, sealedTls }
  return checkBeforeSaving(url ?? endpoint.url, place, context)
}

async function known(id: string, { workspaceId, reads }: Context): Promise<Endpoint> {
  const endpoint = await reads.endpoints.read(workspaceId, id)
  if (!endpoint) throw noEndpoint(id)
  return endpoint
}

/** Sees that the endpoint's secret can make these signatures; answers what that was seen of. */
async function checkedAgainst(
  id: string,
  signatures: readonly SignatureDialect[],
  context: Context,
): Promise<SigningState> {
  const endpoint = await known(id, context)
  checkSignatures(signatures, secretsOf(endpoint, context.seal, context.clock.now())[0].text)
  return { sealedSecret: endpoint.sealedSecret, signatures: endpoint.signatures }
}
