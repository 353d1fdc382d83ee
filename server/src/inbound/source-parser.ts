import type { ReceivedRequest } from '../events/request.ts'
import { type OpenSource, openRoutes } from './open-source.ts'
import type { SourceDefinition } from './source.ts'
import type { SourceReads } from './source-store.ts'

/** What of a source is needed to read a request that was proven before: today's parser, settings and routes, no secret. */
export type SourceParser = Pick<OpenSource, 'id' | 'workspaceId' | 'customer' | 'definition' | 'config' | 'routes'>

export interface ParserNeeds {
  sources: Pick<SourceReads, 'read' | 'routes'>
  definitions: ReadonlyMap<string, SourceDefinition>
}

/** Finds the sources of stored requests, each read once. */
export function openParser({ sources, definitions }: ParserNeeds) {
  const known = new Map<string, Promise<SourceParser | undefined>>()
  async function open({ workspaceId, sourceId }: Pick<ReceivedRequest, 'workspaceId' | 'sourceId'>) {
    const source = await sources.read(workspaceId, sourceId)
    const definition = source && definitions.get(source.kind)
    if (!definition) return undefined
    const { id, customer } = source
    const routes = await openRoutes(sources, source)
    return { id, workspaceId, customer, definition, config: definition.config.parse(JSON.parse(source.config)), routes }
  }
  return {
    /** Undefined when the source has been deleted, or is of a kind that this release does not know. */
    of(request: Pick<ReceivedRequest, 'workspaceId' | 'sourceId'>): Promise<SourceParser | undefined> {
      const before = known.get(request.sourceId)
      if (before) return before
      const opening = open(request)
      known.set(request.sourceId, opening)
      return opening
    },
  }
}
