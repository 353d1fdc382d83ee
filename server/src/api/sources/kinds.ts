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
        fixedPath: z
          .string()
          .nullable()
          .meta({ description: 'The path at which its sources can be found beside their own URLs.' }),
        hasToken: z.boolean().meta({ description: 'Whether a token in the request names the source there.' }),
        config: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the settings.' }),
      }),
    ),
  }),
  async run({ definitions }) {
    return {
      data: [...definitions.values()].map(({ kind, title, limits, makeSecret, fixedPath, config }) => ({
        kind,
        title,
        maxBodyBytes: limits.bodyBytes,
        makesSecret: makeSecret !== undefined,
        fixedPath: fixedPath?.path ?? null,
        hasToken: fixedPath?.token !== undefined,
        config: z.toJSONSchema(config, { io: 'input' }) as Record<string, unknown>,
      })),
    }
  },
})
