import { senders } from '@trunkline/senders'
import { z } from 'zod'
import { Problem, quoted } from '../../base/errors.ts'
import type { Event } from '../../events/event.ts'
import { inferSchema } from '../../events/infer-schema.ts'
import { operation, RawJson } from '../operation.ts'
import { type CatalogueEntry, catalogueOf, schemaOf, withRegistered } from './catalogue.ts'
import { sampleOf, type TypeSample } from './sample.ts'
import { eventTypeWithSchemaShape, showType } from './shape.ts'

/** An example larger than this helps nobody to understand a type. */
const mostExampleBytes = 256 * 1024

export default operation({
  name: 'readEventType',
  method: 'GET',
  path: '/event-types/:type',
  scope: 'events.read',
  summary: 'Read a type of event with the shape of its data and an example',
  params: z.object({ type: z.string().max(200) }),
  output: eventTypeWithSchemaShape,
  async run({ definitions, reads, workspaceId }, { params: { type } }) {
    const registered = await reads.eventTypes.read(workspaceId, type)
    const entry = withRegistered(catalogueOf(definitions), registered ? [registered] : []).get(type)
    const latest = await reads.log.latestOfType(workspaceId, type, mostExampleBytes)
    if (!entry && !latest) {
      throw new Problem('NOT_FOUND', `no type of event ${quoted(type)} is described, and there is no event of it`)
    }
    return {
      ...showType(type, entry, latest && { lastReceivedAt: latest.receivedAt }),
      ...shapeOf(entry, latest),
      ...exampleOf(latest, registered?.example ?? null, () =>
        sampleOf(type, entry?.kinds ?? [], { senders, definitions }),
      ),
    }
  },
})

function shapeOf(entry: CatalogueEntry | undefined, latest: Event | undefined) {
  const described = entry ? schemaOf(entry) : null
  if (described) return { schema: described, isInferred: false }
  if (typeof latest?.data !== 'string') return { schema: null, isInferred: false }
  return { schema: { ...inferSchema(JSON.parse(latest.data)) }, isInferred: true }
}

/** The latest event shows best how a type looks here. Until there is one, what was registered or our senders play has to do. */
function exampleOf(latest: Event | undefined, registered: string | null, sample: () => TypeSample | undefined) {
  if (typeof latest?.data === 'string') return { example: new RawJson(latest.data), exampleFrom: 'latest' as const }
  if (registered !== null) return { example: new RawJson(registered), exampleFrom: 'registered' as const }
  const text = sample()?.data ?? null
  if (text === null) return { example: null, exampleFrom: null }
  return { example: new RawJson(text), exampleFrom: 'sample' as const }
}
