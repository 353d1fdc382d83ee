import { z } from 'zod'
import { ownEvent } from '../../events/own-event.ts'
import { noSource, updateSource } from '../../inbound/keep-source.ts'
import { openSecrets, secretsPlace } from '../../inbound/open-source.ts'
import type { SourceChanges } from '../../inbound/source-store.ts'
import { operation } from '../operation.ts'
import {
  checkedSecret,
  definitionOf,
  readSourceConfig,
  showSource,
  sourceConfig,
  sourceId,
  sourceName,
  sourceSecret,
  sourceShape,
} from './shape.ts'

export default operation({
  name: 'updateSource',
  method: 'PATCH',
  path: '/sources/:id',
  scope: 'sources.write',
  summary: 'Change a source: its name, its settings, its secret, or whether it is enabled',
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
      status: z.enum(['enabled', 'disabled']).optional(),
    })
    .refine((body) => body.keepPreviousSecret === undefined || body.secret !== undefined, {
      message: 'goes with `secret`',
      path: ['keepPreviousSecret'],
    }),
  output: sourceShape,
  async run(context, { params, body }) {
    const { workspaceId, seal, clock, commit } = context
    const known = await context.reads.sources.read(workspaceId, params.id)
    if (!known) throw noSource(params.id)
    const definition = definitionOf(context, known.kind)
    const changes: SourceChanges = {}
    if (body.name !== undefined) changes.name = body.name
    if (body.status !== undefined) changes.isEnabled = body.status === 'enabled'
    if (body.config !== undefined) changes.config = readSourceConfig(definition, body.config)
    if (body.secret !== undefined) {
      const previous = body.keepPreviousSecret ? openSecrets(known, seal).slice(0, 1) : []
      const secrets = [checkedSecret(definition, body.secret), ...previous.filter((each) => each !== body.secret)]
      changes.sealedSecrets = seal.seal(JSON.stringify(secrets), secretsPlace(known))
    }
    const now = clock.now()
    const data = { id: known.id, changed: Object.keys(body) }
    const news = ownEvent({
      workspaceId,
      customer: known.customer,
      type: 'source.updated',
      subject: known.id,
      data,
      now,
    })
    const source = await commit(updateSource, { workspaceId, id: known.id, changes, now, news })
    context.stir.sources()
    return showSource(source, context)
  },
})
