import { senders } from '@trunkline/senders'
import { z } from 'zod'
import { operation } from '../operation.ts'
import { secretOrigin, secretOrigins } from './shape.ts'

export default operation({
  name: 'listSourceKinds',
  method: 'GET',
  path: '/sources/kinds',
  scope: 'sources.read',
  summary: 'List the kinds of source and their settings',
  output: z.object({
    data: z.array(
      z.object({
        kind: z.string(),
        title: z.string(),
        maxBodyBytes: z.number(),
        makesSecret: z.boolean().meta({ description: 'Whether a secret is made when `secret` is left out.' }),
        secret: z.enum(secretOrigins).meta({
          description:
            'Where the secret comes from: `made` here when it is left out, `given` by the provider and required, `optional`, or `none`: its URL is all the proof there is, and a secret is refused.',
        }),
        fixedPath: z
          .string()
          .nullable()
          .meta({ description: 'The path at which its sources can be found beside their own URLs.' }),
        hasToken: z.boolean().meta({ description: 'Whether a token in the request names the source there.' }),
        config: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the settings.' }),
        sampleEvents: z.array(z.string()).meta({
          description: 'The provider’s names of the events that a sample can be sent of, the most usual first.',
        }),
      }),
    ),
  }),
  async run({ definitions }) {
    return {
      data: [...definitions.values()].map((definition) => ({
        kind: definition.kind,
        title: definition.title,
        maxBodyBytes: definition.limits.bodyBytes,
        makesSecret: definition.makeSecret !== undefined,
        secret: secretOrigin(definition),
        fixedPath: definition.fixedPath?.path ?? null,
        hasToken: definition.fixedPath?.token !== undefined,
        config: z.toJSONSchema(definition.config, { io: 'input' }) as Record<string, unknown>,
        sampleEvents: [...(senders.find(({ kind }) => kind === definition.kind)?.events ?? [])],
      })),
    }
  },
})
