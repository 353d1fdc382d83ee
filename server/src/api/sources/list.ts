import { z } from 'zod'
import { pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { showSource, sourceShape } from './shape.ts'

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
      (page) => context.reads.sources.list(context.workspaceId, page),
      (source) => source.id,
      (source) => showSource(source, context),
    ),
})
