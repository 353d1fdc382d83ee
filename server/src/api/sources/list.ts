import { z } from 'zod'
import { pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { heldBy, showSource, sourceShape } from './shape.ts'

export default operation({
  name: 'listSources',
  method: 'GET',
  path: '/sources',
  scope: 'sources.read',
  summary: 'List the sources, newest first',
  query: z.strictObject(pageQuery),
  output: pageOf(sourceShape),
  run: (context, { query }) =>
    readPage(
      context,
      'sources',
      query,
      async (page) => {
        const sources = await context.reads.sources.list(context.workspaceId, page)
        const held = await heldBy(context, sources)
        return sources.map((source) => ({ source, held: held.get(source.id) }))
      },
      ({ source }) => source.id,
      ({ source, held }) => showSource(source, context, { held }),
    ),
})
