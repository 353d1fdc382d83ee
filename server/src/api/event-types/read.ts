import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import type { Event } from '../../events/event.ts'
import { inferSchema } from '../../events/infer-schema.ts'
import { operation, RawJson } from '../operation.ts'
import { type CatalogueEntry, catalogueOf } from './catalogue.ts'
import { eventTypeWithSchemaShape, showType } from './shape.ts'

/** An example larger than this helps nobody to understand a type. */
const mostExampleBytes = 256 * 1024

export default operation({
  name: 'readEventType',
  method: 'GET',
  path: '/event-types/:type',
  scope: 'events.read',
  summary: 'Read a type of event with the shape of its data and the latest example',
  params: z.object({ type: z.string().max(200) }),
  output: eventTypeWithSchemaShape,
  async run({ definitions, reads, workspaceId }, { params: { type } }) {
    const entry = catalogueOf(definitions).get(type)
    const latest = await reads.log.latestOfType(workspaceId, type, mostExampleBytes)
    if (!entry && !latest) {
      throw new Problem('NOT_FOUND', `no type of event "${type}" is described, and there is no event of it`)
    }
    return {
      ...showType(type, entry, latest && { lastReceivedAt: latest.receivedAt }),
      ...schemaOf(entry, latest),
      example: typeof latest?.data === 'string' ? new RawJson(latest.data) : null,
    }
  },
})

function schemaOf(entry: CatalogueEntry | undefined, latest: Event | undefined) {
  if (entry?.data) return { schema: z.toJSONSchema(entry.data) as Record<string, unknown>, isInferred: false }
  if (typeof latest?.data !== 'string') return { schema: null, isInferred: false }
  return { schema: { ...inferSchema(JSON.parse(latest.data)) }, isInferred: true }
}
