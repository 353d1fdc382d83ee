import { dedupeWindowMs } from '../../events/append.ts'
import { lookAt } from '../../inbound/body-look.ts'
import type { RawHeaders } from '../../inbound/content-type.ts'
import { notesOf } from '../../inbound/notes.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { operation } from '../operation.ts'
import { bytesToRead } from './body-shape.ts'
import { diagnosisOf } from './diagnosis.ts'
import { noRequest, requestId, requestShape, showRequest } from './shape.ts'

export default operation({
  name: 'readRequest',
  method: 'GET',
  path: '/requests/:id',
  scope: 'events.read',
  summary: 'Read what a sender sent: the request with its verdict, the events made of it and what became of them',
  params: requestId,
  output: requestShape,
  async run(context, { params }) {
    const { reads, workspaceId, definitions } = context
    const request = await reads.log.readRequest(workspaceId, params.id)
    if (!request) throw noRequest(params.id)
    const [beginning, outcome, repeats, source, diagnosis] = await Promise.all([
      reads.requests.beginning(workspaceId, request.id, bytesToRead),
      reads.requests.outcome(workspaceId, request, fanOut.name),
      reads.requests.repeats(request, dedupeWindowMs),
      reads.sources.read(workspaceId, request.sourceId),
      diagnosisOf(context, request),
    ])
    const body = beginning && lookAt(beginning, request.headers)
    const notes = isBlank(request) ? [] : notesOf(request.headers, body, source && definitions.get(source.kind))
    return showRequest(request, { body, notes, outcome, repeats, diagnosis })
  },
})

/** Whether its headers have lost their values: it was erased, and there is nothing left to be odd. */
function isBlank({ headers, erasedAt }: { headers: RawHeaders; erasedAt?: number | undefined }): boolean {
  return erasedAt !== undefined && headers.every(([, value]) => value === '')
}
