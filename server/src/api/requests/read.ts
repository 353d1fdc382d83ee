import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { shownTime } from '../list.ts'
import { operation } from '../operation.ts'
import { diagnosisFields, diagnosisOf } from './diagnosis.ts'

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
      ...diagnosisFields,
    })
    .meta({ id: 'Request' }),
  async run(context, { params }) {
    const { reads, workspaceId } = context
    const request = await reads.log.readRequest(workspaceId, params.id)
    if (!request) throw new Problem('NOT_FOUND', `there is no request "${params.id}"`)
    const { workspaceId: _, headers, receivedAt, ...rest } = request
    return {
      ...rest,
      receivedAt: shownTime(receivedAt),
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      ...(await diagnosisOf(context, request)),
    }
  },
})
