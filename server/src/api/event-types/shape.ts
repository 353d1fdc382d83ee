import { z } from 'zod'
import type { SeenType } from '../../events/log-store.ts'
import { shownTime } from '../list.ts'
import type { CatalogueEntry } from './catalogue.ts'

const fields = {
  type: z.string().meta({ example: 'whatsapp.message.received' }),
  description: z
    .string()
    .nullable()
    .meta({ description: 'When it happens; null for a type that nobody has described.' }),
  kinds: z.array(z.string()).meta({ description: 'The kinds of source that it is known to come from.' }),
  isKnown: z.boolean().meta({
    description:
      'False for a type that is new: it came in, was stored and delivered, but no kind of source tells of it.',
  }),
  lastReceivedAt: z.string().nullable().meta({ description: 'When the latest event of it came; null when none has.' }),
}

export const eventTypeShape = z.object(fields).meta({ id: 'EventType' })

export const eventTypeWithSchemaShape = z
  .object({
    ...fields,
    schema: z.record(z.string(), z.unknown()).nullable().meta({
      description:
        'JSON Schema of its data: as described, or else as the latest event has it; null when there is neither.',
    }),
    isInferred: z.boolean().meta({ description: 'Whether the schema was read off one event and promises nothing.' }),
    example: z
      .unknown()
      .meta({ description: 'Data of an event of it, up to 256 KiB; null when there is none to show.' }),
    exampleFrom: z.enum(['latest', 'sample']).nullable().meta({
      description:
        '`latest`: the latest event. `sample`: what `trunkline trigger` would send, until there is an event to show. Null without an example.',
    }),
  })
  .meta({ id: 'EventTypeWithSchema' })

export function showType(
  type: string,
  entry: CatalogueEntry | undefined,
  seen: Pick<SeenType, 'lastReceivedAt'> | undefined,
): z.input<typeof eventTypeShape> {
  return {
    type,
    description: entry?.description ?? null,
    kinds: [...(entry?.kinds ?? [])],
    isKnown: entry !== undefined,
    lastReceivedAt: seen ? shownTime(seen.lastReceivedAt) : null,
  }
}
