import { z } from 'zod'
import { eventHeadShape, showHead } from '../events/shape.ts'
import { operation } from '../operation.ts'
import { keyOf, noParked, parkedParams, parkedShape, showParked } from './shape.ts'

export default operation({
  name: 'readParkedEvent',
  method: 'GET',
  path: '/parked-events/:id',
  scope: 'events.read',
  summary: 'Read why an event could not be handled, how often it was tried, and how many wait behind it',
  params: parkedParams,
  output: z
    .object({
      ...parkedShape.shape,
      waiting: z.number().meta({ description: 'How many later events of its subject wait.' }),
      event: eventHeadShape.nullable().meta({ description: 'Null when it is no longer in the log.' }),
    })
    .meta({ id: 'ParkedEventWithEvent' }),
  async run({ reads, workspaceId, clock }, { params }) {
    const { follower, eventId } = keyOf(params.id)
    const row = await reads.followers.readParked(workspaceId, follower, eventId)
    if (!row) throw noParked(params.id)
    const [event, waiting] = await Promise.all([
      reads.log.readEvent(workspaceId, eventId),
      row.state === 'retrying' ? reads.followers.countWaiting(row) : 0,
    ])
    return { ...showParked(row, clock.now()), waiting, event: event ? showHead(event) : null }
  },
})
