import { z } from 'zod'
import { given, pageOf, pageQuery } from '../list.ts'
import { operation } from '../operation.ts'
import { readMaskedPage, revealQuery } from '../reveal.ts'
import { maskParked, parkedFilter, parkedShape, showParked } from './shape.ts'

export default operation({
  name: 'listParkedEvents',
  method: 'GET',
  path: '/parked-events',
  scope: 'events.read',
  summary: 'List the events that a follower could not handle, and those that wait behind them, newest first',
  query: z.strictObject({ ...pageQuery, ...revealQuery, ...parkedFilter }),
  output: pageOf(parkedShape),
  run(context, { query }) {
    const { follower, state, cause, type: eventType, subject, customer, from, to } = query
    const filter = given({ follower, state, cause, eventType, subject, customer, from, to })
    const now = context.clock.now()
    return readMaskedPage(
      context,
      'parked-events',
      query,
      (page) => context.reads.followers.listParked(context.workspaceId, filter, page),
      ({ seq, follower }) => `${seq}.${follower}`,
      (row) => showParked(row, now),
      maskParked,
    )
  },
})
