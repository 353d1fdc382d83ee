import { command } from '../base/command.ts'
import { Problem, quoted } from '../base/errors.ts'
import type { NewEvent } from '../events/event.ts'
import { noSource, type SourceTx } from './keep-source.ts'
import type { Source, SourceRoute, SourceStore, UnknownSighting } from './source-store.ts'

/** All of them are in memory while their source receives. */
export const mostRoutes = 10_000

/** How many unknown routes are remembered for each source, those seen last. */
export const unknownRoutesKept = 100

export interface RouteChange {
  workspaceId: string
  sourceId: string
  route: string
  news: NewEvent
}

/** Says whose the events of a route are. */
export const putRoute = command<SourceTx, Omit<RouteChange, 'route'> & { route: SourceRoute }, SourceRoute>(
  'put-route',
  async (tx, { workspaceId, sourceId, route, news }) => {
    const source = await known(tx, workspaceId, sourceId)
    if (!(await tx.sources.hasWorkspace(route.workspaceId))) {
      throw new Problem('INVALID_INPUT', '/workspaceId: there is no such workspace', {
        errors: [{ at: '/workspaceId', message: 'is no workspace of this server' }],
      })
    }
    const kept = await tx.sources.putRoute(sourceId, route)
    if ((await tx.sources.countRoutes(sourceId)) > mostRoutes)
      throw new Problem('CONFLICT', `source "${sourceId}" has ${mostRoutes} routes already, and no more can be kept`)
    await tx.log.appendEvents([{ ...news, customer: source.customer }])
    return kept
  },
)

/** Forgets a route: its events are the source's own from then on. */
export const removeRoute = command<SourceTx, RouteChange, null>(
  'remove-route',
  async (tx, { workspaceId, sourceId, route, news }) => {
    const source = await known(tx, workspaceId, sourceId)
    if (!(await tx.sources.removeRoute(sourceId, route)))
      throw new Problem('NOT_FOUND', `source "${sourceId}" has no route ${quoted(route)}`)
    await tx.log.appendEvents([{ ...news, customer: source.customer }])
    return null
  },
)

/** Adds up how often routes were seen that no source knows. */
export const noteUnknownRoutes = command<{ sources: SourceStore }, readonly UnknownSighting[], null>(
  'note-unknown-routes',
  async (tx, sightings) => {
    await tx.sources.noteUnknown(sightings, unknownRoutesKept)
    return null
  },
)

async function known(tx: SourceTx, workspaceId: string, sourceId: string): Promise<Source> {
  const source = await tx.sources.read(workspaceId, sourceId)
  if (!source) throw noSource(sourceId)
  return source
}
