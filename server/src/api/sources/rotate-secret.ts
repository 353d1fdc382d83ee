import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { ownEvent } from '../../events/own-event.ts'
import { noSource, rotateSecret } from '../../inbound/keep-source.ts'
import { isValidAt, keptSecrets, mostSecrets, rotateSecrets, sealFormer, sealSecrets } from '../../inbound/secrets.ts'
import type { SourceDefinition } from '../../inbound/source.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'
import { checkedSecret, definitionOf, heldBy, showSource, sourceId, sourceSecret, sourceShape } from './shape.ts'

const mostOverlapHours = 168
const msPerHour = 3_600_000

export default operation({
  name: 'rotateSourceSecret',
  method: 'POST',
  path: '/sources/:id/rotate-secret',
  scope: 'sources.write',
  summary: 'Give a source a new secret; the former ones verify too until the overlap ends',
  params: sourceId,
  body: z.strictObject({
    secret: sourceSecret
      .optional()
      .meta({ description: 'The new secret. Left out where we may choose it, one is made.' }),
    overlapHours: z
      .number()
      .min(0)
      .max(mostOverlapHours)
      .default(24)
      .meta({ description: 'How long the former secrets still verify, at most; 0 ends them at once.' }),
  }),
  output: sourceShape.extend({
    secret: z
      .string()
      .optional()
      .meta({ description: 'The secret that was made, this once: enter it at the provider.' }),
  }),
  async run(context, { params, body }) {
    const { workspaceId, seal, clock, commit } = context
    const known = await context.reads.sources.read(workspaceId, params.id)
    if (!known) throw noSource(params.id)
    const { secret, isMade } = newSecret(definitionOf(context, known.kind), body.secret)
    const now = clock.now()
    const before = keptSecrets(known, seal).filter(isValidAt(now))
    if (before[0]?.secret === secret) throw refused('is the current secret already')
    const secrets = rotateSecrets(before, secret, { now, overlapMs: body.overlapHours * msPerHour })
    if (secrets.length > mostSecrets) throw tooMany(known.id, secrets)
    const former = await context.reads.sources.formerSecrets(workspaceId, known.id)
    const source = await commit(rotateSecret, {
      workspaceId,
      id: known.id,
      sealed: {
        before: known.sealedSecrets,
        after: sealSecrets(secrets, known, seal),
        former: sealFormer(known, secrets, { former, seal, now }),
      },
      now,
      news: ownEvent({
        workspaceId,
        customer: known.customer,
        type: 'source.updated',
        subject: known.id,
        data: { id: known.id, changed: ['secret'] },
        now,
      }),
    })
    context.stir.sources()
    const held = (await heldBy(context, [source])).get(source.id)
    return { ...showSource(source, context, { held }), ...(isMade ? { secret } : {}) }
  },
})

function newSecret(definition: SourceDefinition, given: string | undefined): { secret: string; isMade: boolean } {
  if (definition.isSecretless) throw refused(`a ${definition.title} source has no secret`)
  if (given !== undefined) return { secret: checkedSecret(definition, given), isMade: false }
  const made = definition.makeSecret?.()
  if (made === undefined)
    throw refused(`is required: a ${definition.title} source needs the one that ${definition.title} shows`)
  return { secret: made, isMade: true }
}

const refused = (message: string) =>
  new Problem('SOURCE_SECRET_REFUSED', `/secret: ${message}`, { errors: [{ at: '/secret', message }] })

function tooMany(id: string, secrets: readonly { until: number | null }[]): Problem {
  const ends = Math.min(...secrets.map(({ until }) => until ?? Number.POSITIVE_INFINITY))
  return new Problem(
    'CONFLICT',
    `${mostSecrets} secrets of source "${id}" verify already, and no more can; the first of them ends at ${shownTime(ends)}: wait for it, or end them all now with "overlapHours": 0`,
  )
}
