import { z } from 'zod'
import { isEventType, ownTypePrefix } from '../../events/event.ts'
import type { SeenType } from '../../events/log-store.ts'
import { type RegisteredType, validations } from '../../events/types/event-type-store.ts'
import { shownTime } from '../list.ts'
import { RawJson } from '../operation.ts'
import type { CatalogueEntry } from './catalogue.ts'

const fields = {
  type: z.string().meta({ example: 'whatsapp.message.received' }),
  description: z
    .string()
    .nullable()
    .meta({ description: 'When it happens; null for a type that nobody has described.' }),
  kinds: z.array(z.string()).meta({ description: 'The kinds of source that it is known to come from.' }),
  isKnown: z.boolean().meta({
    description: 'False for a type that is new: it came in, was stored and delivered, but nobody tells of it.',
  }),
  isRegistered: z.boolean().meta({ description: 'Whether this workspace has registered it.' }),
  validation: z.enum(validations).meta({
    description:
      'What becomes of an event that is published and does not fit the schema: nothing is checked, it is noted (`warning`), or the event is refused.',
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
    exampleFrom: z.enum(['latest', 'registered', 'sample']).nullable().meta({
      description:
        '`latest`: the latest event. `registered`: the one that was registered. `sample`: what `trunkline trigger` would send, until there is an event to show. Null without an example.',
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
    isRegistered: entry?.registered !== undefined,
    validation: entry?.registered?.validation ?? 'off',
    lastReceivedAt: seen ? shownTime(seen.lastReceivedAt) : null,
  }
}

/** A type of event as a path or a body names it. */
export const typeName = z
  .string()
  .max(190)
  .refine(isEventType, 'must be words of letters, digits, "_", "-", ":" and "/", joined by dots')
  .refine(
    (type) => !type.startsWith(ownTypePrefix),
    `must not begin with "${ownTypePrefix}", which the server keeps for its own news`,
  )

/** What is registered of a type beside its name. */
export const typeSettings = {
  description: z
    .string()
    .max(1000)
    .refine((text) => !text.includes('\0'), 'must hold no NUL')
    .default('')
    .meta({ description: 'When it happens.' }),
  schema: z.record(z.string(), z.unknown()).nullable().default(null).meta({
    description:
      'JSON Schema of its data: 2020-12, or draft-07 where `$schema` says so; at most 32 KiB; it may refer to itself only.',
  }),
  validation: z.enum(validations).default('off'),
  example: z.unknown().optional().meta({ description: 'Data as it may look; must fit the schema. At most 64 KiB.' }),
}

export const registeredTypeShape = z
  .object({
    type: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).nullable(),
    validation: z.enum(validations),
    example: z.unknown(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'RegisteredEventType' })

export function showRegistered(type: RegisteredType): z.input<typeof registeredTypeShape> {
  return {
    type: type.type,
    description: type.description,
    schema: type.schema === null ? null : JSON.parse(type.schema),
    validation: type.validation,
    example: type.example === null ? null : new RawJson(type.example),
    createdAt: shownTime(type.createdAt),
    updatedAt: shownTime(type.updatedAt),
  }
}
