import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { createSource } from '../../inbound/keep-source.ts'
import { secretsPlace } from '../../inbound/open-source.ts'
import { operation } from '../operation.ts'
import {
  definitionOf,
  firstSecrets,
  makeSourceKey,
  readSourceConfig,
  showSource,
  sourceConfig,
  sourceName,
  sourceSecret,
  sourceShape,
} from './shape.ts'

export default operation({
  name: 'createSource',
  method: 'POST',
  path: '/sources',
  scope: 'sources.write',
  summary: 'Create a place where a provider posts its webhooks to',
  body: z.strictObject({
    kind: z.string().max(50).meta({ example: 'github' }),
    name: sourceName,
    secret: sourceSecret.optional().meta({
      description:
        'The secret that the provider signs with. Left out where we may choose it, one is made; kinds whose `secret` is `none` take none.',
    }),
    config: sourceConfig.optional(),
    customer: z.string().min(1).max(200).nullable().optional(),
  }),
  status: 201,
  output: sourceShape.extend({
    secret: z
      .string()
      .optional()
      .meta({ description: 'The secret that was made, this once: enter it at the provider.' }),
  }),
  async run(context, { body }) {
    const { workspaceId, clock, seal, commit } = context
    const definition = definitionOf(context, body.kind)
    const made = body.secret === undefined ? definition.makeSecret?.() : undefined
    const secrets = JSON.stringify(firstSecrets(definition, body.secret ?? made))
    const now = clock.now()
    const id = newId('source', now)
    const source = await commit(createSource, {
      source: {
        id,
        workspaceId,
        customer: body.customer ?? null,
        kind: definition.kind,
        name: body.name,
        key: makeSourceKey(),
        sealedSecrets: seal.seal(secrets, secretsPlace({ workspaceId, id })),
        config: readSourceConfig(definition, body.config ?? {}),
        isEnabled: true,
        createdAt: now,
        updatedAt: now,
      },
      news: ownEvent({
        workspaceId,
        customer: body.customer ?? null,
        type: 'source.created',
        subject: id,
        data: { id, kind: definition.kind, name: body.name },
        now,
      }),
    })
    context.stir.sources()
    return { ...showSource(source, context), ...(made === undefined ? {} : { secret: made }) }
  },
})
