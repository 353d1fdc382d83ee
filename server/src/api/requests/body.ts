import { Bytes, operation } from '../operation.ts'
import { noBody, noRequest, requestId } from './shape.ts'

export default operation({
  name: 'readRequestBody',
  method: 'GET',
  path: '/requests/:id/body',
  scope: 'events.read',
  summary: 'Download the body of a request, byte for byte',
  params: requestId,
  status: 200,
  async run({ reads, workspaceId }, { params }) {
    const body = await reads.log.readBody(workspaceId, params.id)
    // Never as the type the sender claims: a body from the network must not run in a browser.
    if (body) return new Bytes(body, 'application/octet-stream')
    const request = await reads.log.readRequest(workspaceId, params.id)
    throw request ? noBody(request) : noRequest(params.id)
  },
})
