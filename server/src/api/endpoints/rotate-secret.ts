import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { noEndpoint } from '../../outbound/endpoint/endpoint.ts'
import { updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { rotated } from '../../outbound/signature/rotate-secret.ts'
import { makeSigningSecret } from '../../outbound/signature/signing-secret.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'
import { endpointId, endpointShape, showEndpoint } from './shape.ts'
import { checkedSecret, secretInput } from './signatures.ts'

const mostOverlapHours = 168
const msPerHour = 3_600_000

export default operation({
  name: 'rotateEndpointSecret',
  method: 'POST',
  path: '/endpoints/:id/rotate-secret',
  scope: 'endpoints.write',
  summary: 'Give an endpoint a new signing secret; the former one signs too until the overlap ends',
  bound: 'endpoint',
  params: endpointId,
  body: z.strictObject({
    secret: secretInput.optional().meta({
      description:
        'The new secret; one is made when it is left out. With the current one, only the end of the former ones changes.',
    }),
    overlapHours: z
      .number()
      .min(0)
      .max(mostOverlapHours)
      .default(24)
      .meta({ description: 'How long the former secrets still sign, at most; 0 ends them at once.' }),
  }),
  output: endpointShape.extend({
    secret: z.string().meta({ description: 'What its deliveries are signed with from now on, this once.' }),
  }),
  async run(context, { params: { id }, body }) {
    const { workspaceId, seal, clock, commit, reads, stir } = context
    const known = await reads.endpoints.read(workspaceId, id)
    if (!known) throw noEndpoint(id)
    const secret = body.secret === undefined ? makeSigningSecret() : checkedSecret(body.secret, known.signatures)
    const now = clock.now()
    const changes = rotated(known, secret, { seal, now, overlapMs: Math.round(body.overlapHours * msPerHour) })
    const ends = changes.formerSecrets.map(({ until }) => until)
    const endpoint = await commit(updateEndpoint, {
      workspaceId,
      id,
      changes,
      expected: { sealedSecret: known.sealedSecret, signatures: known.signatures },
      now,
      news: ownEvent({
        workspaceId,
        customer: known.customer,
        type: 'endpoint.secret_rotated',
        subject: id,
        data: { id, formerSignUntil: ends.length > 0 ? shownTime(Math.max(...ends)) : null },
        now,
      }),
    })
    stir.endpoint(id)
    return { ...showEndpoint(endpoint, context), secret }
  },
})
