import { Bytes, type Context, operation } from '../operation.ts'
import { curlCommand } from './curl-command.ts'
import { noBody, noRequest, requestId } from './shape.ts'
import type { Variable } from './shell.ts'

/** A command with more than this in it is none to copy: it fetches the body instead. */
const longestBody = 1024 * 1024

export default operation({
  name: 'readRequestCurl',
  method: 'GET',
  path: '/requests/:id/curl',
  scope: 'events.read',
  summary: 'Read a request as a shell command that sends it again with curl, its secrets as variables',
  params: requestId,
  status: 200,
  contentType: 'text/plain',
  async run(context, { params }) {
    const { log } = context.reads
    const request = await log.readRequest(context.workspaceId, params.id)
    if (!request) throw noRequest(params.id)
    const isLong = request.bodyBytes > longestBody
    const body = await (isLong
      ? context.reads.requests.beginning(context.workspaceId, request.id, 1)
      : log.readBody(context.workspaceId, request.id))
    if (!body) throw noBody(request, ', so it cannot be sent again')
    const command = curlCommand(request, await addressOf(request, context), isLong ? undefined : body)
    return new Bytes(Buffer.from(command), 'text/plain; charset=utf-8')
  },
})

const unknown: Variable = { name: 'SOURCE_URL', what: 'the URL of the source' }

/** Where the request went. Who may not read sources is not told the key in a source's URL, which may be all its proof. */
async function addressOf(
  { url, sourceId }: { url: string; sourceId: string },
  { reads, workspaceId, publicUrl, actor }: Context,
): Promise<string | Variable> {
  const [path = ''] = url.split('?')
  if (!path.startsWith('/in/')) return publicUrl() + path
  const source = actor.scopes.includes('sources.read') ? await reads.sources.read(workspaceId, sourceId) : undefined
  return source ? `${publicUrl()}/in/${source.key}` : unknown
}
