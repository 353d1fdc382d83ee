import { noSource } from '../../inbound/keep-source.ts'
import { operation } from '../operation.ts'
import { heldBy, showSource, sourceId, sourceShape } from './shape.ts'

export default operation({
  name: 'readSource',
  method: 'GET',
  path: '/sources/:id',
  scope: 'sources.read',
  summary: 'Read a source',
  params: sourceId,
  output: sourceShape,
  async run(context, { params }) {
    const source = await context.reads.sources.read(context.workspaceId, params.id)
    if (!source) throw noSource(params.id)
    return showSource(source, context, { held: (await heldBy(context, [source])).get(source.id) })
  },
})
