import { senders } from '@trunkline/senders'
import { z } from 'zod'
import { operation } from '../operation.ts'

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
        makesSecret: z.boolean().meta({ description: 'Whether `secret` may be left out.' }),
        config: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the settings.' }),
        sampleEvents: z.array(z.string()).meta({
          description: 'The provider’s names of the events that a sample can be sent of, the most usual first.',
        }),
      }),
    ),
  }),
  async run({ definitions }) {
    return {
      data: [...definitions.values()].map(({ kind, title, limits, makeSecret, config }) => ({
        kind,
        title,
        maxBodyBytes: limits.bodyBytes,
        makesSecret: makeSecret !== undefined,
        config: z.toJSONSchema(config, { io: 'input' }) as Record<string, unknown>,
        sampleEvents: [...(senders.find((sender) => sender.kind === kind)?.events ?? [])],
      })),
    }
  },
})
