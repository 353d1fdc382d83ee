import { Bytes, operation } from '../operation.ts'
import { eventId, noEvent } from './shape.ts'

export default operation({
  name: 'readEventBody',
  method: 'GET',
  path: '/events/:id/body',
  scope: 'events.read',
  summary: 'Read the bytes that the event came as: the body of its request, or its data when it was published',
  params: eventId,
  status: 200,
  async run({ reads, workspaceId }, { params }) {
    const event = await reads.log.readEvent(workspaceId, params.id)
    if (!event) throw noEvent(params.id)
    const body = event.requestId === null ? undefined : await reads.log.readBody(workspaceId, event.requestId)
    // Never as the type the sender claims: a body from the network must not run in a browser.
    if (body) return new Bytes(body, 'application/octet-stream')
    return new Bytes(Buffer.from(event.data ?? ''), 'application/json')
  },
})
