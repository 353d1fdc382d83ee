import { Problem } from '../../base/errors.ts'
import { shownTime } from '../list.ts'
import { Bytes, operation } from '../operation.ts'
import { eventId, noEvent } from './shape.ts'

export default operation({
  name: 'readEventBody',
  method: 'GET',
  path: '/events/:id/body',
  scope: 'events.read',
  summary: 'Read the bytes that the event came as: the body of its request, or its data when it was published',
  bound: 'narrowed',
  params: eventId,
  status: 200,
  async run({ reads, workspaceId }, { params }) {
    const event = await reads.log.readEvent(workspaceId, params.id)
    if (!event) throw noEvent(params.id)
    const body = event.requestId === null ? undefined : await reads.log.readBody(workspaceId, event.requestId)
    // Never as the type the sender claims: a body from the network must not run in a browser.
    if (body) return new Bytes(body, 'application/octet-stream')
    if (event.erasedAt !== undefined)
      throw new Problem('NOT_FOUND', `the data of event "${event.id}" was removed at ${shownTime(event.erasedAt)}`)
    return new Bytes(Buffer.from(event.data ?? ''), 'application/json')
  },
})
