import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { noSource, updateSource } from '../../inbound/keep-source.ts'
import { keptSecrets, sealFormer, sealSecrets } from '../../inbound/secrets.ts'
import type { SourceChanges } from '../../inbound/source-store.ts'
import { operation } from '../operation.ts'
import { claimFields, readClaim } from './claim.ts'
import { rateLimitField } from './rate-limit.ts'
import {
  checkedSecret,
  definitionOf,
  heldBy,
  readSourceConfig,
  showSource,
  sourceConfig,
  sourceId,
  sourceName,
  sourceSecret,
  sourceShape,
  statusChanges,
  statuses,
} from './shape.ts'

export default operation({
  name: 'updateSource',
  method: 'PATCH',
  path: '/sources/:id',
  scope: 'sources.write',
  summary:
    'Change a source: its name, its settings, its secret, its fixed path, its limit, or whether it is enabled or paused',
  params: sourceId,
  body: z
    .strictObject({
      name: sourceName.optional(),
      secret: sourceSecret
        .optional()
        .meta({ description: 'A new secret; the one before is forgotten unless `keepPreviousSecret` is true.' }),
      keepPreviousSecret: z
        .boolean()
        .optional()
        .meta({ description: 'Let the secret before verify too, while the provider changes over.' }),
      config: sourceConfig.optional(),
      rateLimit: rateLimitField,
      status: z.enum(statuses).optional(),
      ...claimFields,
    })
    .refine((body) => body.keepPreviousSecret === undefined || body.secret !== undefined, {
      message: 'goes with `secret`',
      path: ['keepPreviousSecret'],
    }),
  output: sourceShape.extend({
    token: z.string().optional().meta({ description: 'The token that was made, this once; `fixedPath` has it too.' }),
  }),
  async run(context, { params, body }) {
    const { workspaceId, seal, clock, commit } = context
    const known = await context.reads.sources.read(workspaceId, params.id)
    if (!known) throw noSource(params.id)
    const definition = definitionOf(context, known.kind)
    const claimed = readClaim(definition, body, known)
    const now = clock.now()
    const changes: SourceChanges = body.status === undefined ? {} : statusChanges(body.status)
    if (body.name !== undefined) changes.name = body.name
    if (body.rateLimit !== undefined) changes.rateLimit = body.rateLimit
    if (body.config !== undefined) changes.config = readSourceConfig(definition, body.config)
    if (body.secret !== undefined) {
      const secret = checkedSecret(definition, body.secret)
      const previous = body.keepPreviousSecret ? keptSecrets(known, seal).slice(0, 1) : []
      const secrets = [{ secret, until: null }, ...previous.filter((each) => each.secret !== secret)]
      changes.sealedSecrets = sealSecrets(secrets, known, seal)
      const former = await context.reads.sources.formerSecrets(workspaceId, known.id)
      changes.formerSecrets = sealFormer(known, secrets, { former, seal, now })
    }
    const data = { id: known.id, changed: Object.keys(body) }
    const news = ownEvent({
      workspaceId,
      customer: known.customer,
      type: 'source.updated',
      subject: known.id,
      data,
      now,
    })
    const source = await commit(updateSource, {
      workspaceId,
      id: known.id,
      changes,
      ...(claimed ? { claim: claimed.claim } : {}),
      now,
      news,
    })
    context.stir.sources()
    const held = (await heldBy(context, [source])).get(source.id)
    return {
      ...showSource(source, context, { held, token: claimed?.token }),
      ...(claimed?.isTokenMade ? { token: claimed.token } : {}),
    }
  },
})
