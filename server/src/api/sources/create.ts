import { z } from 'zod'
import { newId } from '../../base/id.ts'
import { ownEvent } from '../../events/own-event.ts'
import { createSource } from '../../inbound/keep-source.ts'
import { makeSourceKey } from '../../inbound/open-source.ts'
import { sealSecrets } from '../../inbound/secrets.ts'
import { operation } from '../operation.ts'
import { claimFields, readClaim } from './claim.ts'
import { rateLimitField } from './rate-limit.ts'
import {
  definitionOf,
  firstSecrets,
  readSourceConfig,
  secretOrigin,
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
    rateLimit: rateLimitField,
    customer: z.string().min(1).max(200).nullable().optional(),
    ...claimFields,
  }),
  status: 201,
  output: sourceShape.extend({
    secret: z
      .string()
      .optional()
      .meta({ description: 'The secret that was made, this once: enter it at the provider.' }),
    token: z.string().optional().meta({ description: 'The token that was made, this once; `fixedPath` has it too.' }),
  }),
  async run(context, { body }) {
    const { workspaceId, clock, seal, commit } = context
    const definition = definitionOf(context, body.kind)
    const made =
      body.secret === undefined && secretOrigin(definition) === 'made' ? definition.makeSecret?.() : undefined
    const claimed = readClaim(definition, body)
    const now = clock.now()
    const id = newId('source', now)
    const secrets = firstSecrets(definition, body.secret ?? made).map((secret) => ({ secret, until: null }))
    const source = await commit(createSource, {
      source: {
        id,
        workspaceId,
        customer: body.customer ?? null,
        kind: definition.kind,
        name: body.name,
        key: makeSourceKey(),
        sealedSecrets: sealSecrets(secrets, { workspaceId, id }, seal),
        config: readSourceConfig(definition, body.config ?? {}),
        isEnabled: true,
        createdAt: now,
        updatedAt: now,
        origin: 'api',
        fixedPath: claimed?.claim?.path ?? null,
        holding: 'none',
        routesVersion: 0,
        rateLimit: body.rateLimit ?? null,
      },
      ...(claimed?.claim ? { claim: claimed.claim } : {}),
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
    return {
      ...showSource(source, context, { token: claimed?.token }),
      ...(made === undefined ? {} : { secret: made }),
      ...(claimed?.isTokenMade ? { token: claimed.token } : {}),
    }
  },
})
