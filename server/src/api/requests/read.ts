import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'

export default operation({
  name: 'readRequest',
  method: 'GET',
  path: '/requests/:id',
  scope: 'events.read',
  summary: 'Read the record of a request that a sender made: its verdict, and the cause if it was refused',
  params: z.object({ id: z.string().max(100) }),
  output: z
    .object({
      id: z.string(),
      sourceId: z.string(),
      receivedAt: z.string(),
      method: z.string(),
      url: z.string().meta({ description: 'Path and query, secrets masked.' }),
      headers: z.array(z.tuple([z.string(), z.string()])).meta({ description: 'As sent, secrets masked.' }),
      bodyBytes: z.number(),
      senderAddress: z.string(),
      verdict: z.enum(['verified', 'unsigned', 'duplicate', 'quarantined']),
      cause: z.string().nullable().meta({ example: 'STALE' }),
      detail: z.string().nullable(),
      repeatOf: z.string().nullable().meta({ description: 'The request whose event it repeats with other bytes.' }),
      verifyMs: z.number(),
      erasedAt: z
        .string()
        .nullable()
        .meta({ description: 'When its body was removed, by age or on demand; null while it is kept.' }),
    })
    .meta({ id: 'Request' }),
  async run({ reads, workspaceId }, { params }) {
    const request = await reads.log.readRequest(workspaceId, params.id)
    if (!request) throw new Problem('NOT_FOUND', `there is no request "${params.id}"`)
    const { workspaceId: _, headers, receivedAt, erasedAt, ...rest } = request
    return {
      ...rest,
      receivedAt: shownTime(receivedAt),
      erasedAt: erasedAt === undefined ? null : shownTime(erasedAt),
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    }
  },
})
