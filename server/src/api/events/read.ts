import { operation, RawJson } from '../operation.ts'
import { eventId, eventShape, noEvent, showHead } from './shape.ts'

export default operation({
  name: 'readEvent',
  method: 'GET',
  path: '/events/:id',
  scope: 'events.read',
  summary: 'Read an event with its data',
  bound: 'narrowed',
  params: eventId,
  output: eventShape,
  async run({ reads, workspaceId }, { params }) {
    const event = await reads.log.readEvent(workspaceId, params.id)
    if (!event) throw noEvent(params.id)
    return { ...showHead(event), data: event.data === null ? null : new RawJson(event.data) }
  },
})
