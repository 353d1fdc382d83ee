import { z } from 'zod'
import { given } from '../list.ts'
import { operation } from '../operation.ts'
import { readStatsOf, statsQuery, statsShape } from './shape.ts'

export default operation({
  name: 'readStats',
  method: 'GET',
  path: '/stats',
  scope: 'deliveries.read',
  summary: 'Count deliveries by how they stand, with how long attempts take, by hour or day',
  query: z.strictObject({
    ...statsQuery,
    customer: z.string().min(1).max(200).optional().meta({ description: 'Only those of this customer’s events.' }),
  }),
  output: statsShape,
  run: (context, { query }) => readStatsOf(context, given({ customer: query.customer }), query),
})
