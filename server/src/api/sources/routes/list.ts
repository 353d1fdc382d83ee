import { z } from 'zod'
import { unknownRoutesKept } from '../../../inbound/keep-route.ts'
import { noSource } from '../../../inbound/keep-source.ts'
import { pageOf, pageQuery, readPage, shownTime } from '../../list.ts'
import { operation } from '../../operation.ts'
import { sourceId } from '../shape.ts'
import { routeShape, showRoute, unknownRouteShape } from './shape.ts'

export default operation({
  name: 'listRoutes',
  method: 'GET',
  path: '/sources/:id/routes',
  scope: 'sources.read',
  summary: 'List whose the events of a source are, and the routes seen lately that it does not know',
  params: sourceId,
  query: z.strictObject(pageQuery),
  output: pageOf(routeShape).extend({
    unknown: z.array(unknownRouteShape).meta({
      description: `The ${unknownRoutesKept} that were seen last, on every page. Counts are up to a second late.`,
    }),
  }),
  async run(context, { params: { id }, query }) {
    const { reads, workspaceId } = context
    if (!(await reads.sources.read(workspaceId, id))) throw noSource(id)
    const page = await readPage(
      context,
      `routes:${id}`,
      query,
      (at) => reads.sources.listRoutes(workspaceId, id, at),
      ({ route }) => route,
      showRoute,
    )
    const unknown = await reads.sources.unknownRoutes(workspaceId, id, unknownRoutesKept)
    return {
      ...page,
      unknown: unknown.map(({ route, count, firstSeenAt, lastSeenAt }) => ({
        route,
        count,
        firstSeenAt: shownTime(firstSeenAt),
        lastSeenAt: shownTime(lastSeenAt),
      })),
    }
  },
})
