import { z } from 'zod'
import type { SeenType } from '../../events/log-store.ts'
import { mostTypes } from '../../events/types/keep-event-type.ts'
import { pageOf, pageQuery, readPage } from '../list.ts'
import { operation } from '../operation.ts'
import { type CatalogueEntry, catalogueOf, withRegistered } from './catalogue.ts'
import { eventTypeShape, showType } from './shape.ts'

/** Types looked at for one page: more than anybody has, and a bound. */
const mostSeen = 1000

interface Row {
  type: string
  entry: CatalogueEntry | undefined
  seen: SeenType | undefined
}

export default operation({
  name: 'listEventTypes',
  method: 'GET',
  path: '/event-types',
  scope: 'events.read',
  summary: 'List the types of event: those that are described, and those that came in without being so',
  query: z.strictObject({
    ...pageQuery,
    kind: z
      .string()
      .max(50)
      .optional()
      .meta({ description: 'Only the types that this kind of source is known to send.' }),
    state: z.enum(['seen', 'new']).optional().meta({
      description:
        '`seen`: only types that there are events of. `new`: only those among them that nobody has described.',
    }),
  }),
  output: pageOf(eventTypeShape),
  run: (context, { query }) =>
    readPage(
      context,
      'event-types',
      query,
      async ({ after, limit }): Promise<Row[]> => {
        const registered = await context.reads.eventTypes.list(context.workspaceId, { after, limit: mostTypes })
        const catalogue = withRegistered(catalogueOf(context.definitions), registered)
        const seen = await context.reads.log.listTypes(context.workspaceId, { after, limit: mostSeen })
        const bySeen = new Map(seen.map((each) => [each.type, each]))
        return [...new Set([...catalogue.keys(), ...bySeen.keys()])]
          .filter((type) => after === null || type > after)
          .sort()
          .map((type) => ({ type, entry: catalogue.get(type), seen: bySeen.get(type) }))
          .filter((row) => isWanted(row, query))
          .slice(0, limit)
      },
      ({ type }) => type,
      ({ type, entry, seen }) => showType(type, entry, seen),
    ),
})

function isWanted(
  { entry, seen }: Row,
  { kind, state }: { kind?: string | undefined; state?: 'seen' | 'new' | undefined },
): boolean {
  if (kind !== undefined && !entry?.kinds.includes(kind)) return false
  if (state === 'seen') return seen !== undefined
  return state !== 'new' || (seen !== undefined && entry === undefined)
}
