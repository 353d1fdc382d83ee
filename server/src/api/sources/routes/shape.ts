import { z } from 'zod'
import type { SourceRoute } from '../../../inbound/source-store.ts'
import { shownTime } from '../../list.ts'

export const routeShape = z
  .object({
    route: z.string().meta({
      description: 'What the provider calls it: a phone number’s id, an account’s id.',
      example: '106540352242922',
    }),
    workspaceId: z.string().meta({ description: 'Where its events go.' }),
    customer: z.string().nullable().meta({ description: 'Whose its events are.' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'SourceRoute' })

export const unknownRouteShape = z
  .object({
    route: z.string(),
    count: z.number().meta({ description: 'How many events had it since it was first seen.' }),
    firstSeenAt: z.string(),
    lastSeenAt: z.string(),
  })
  .meta({ id: 'UnknownRoute' })

/** A route as it stands in a path: visible characters, `%` and the rest of them percent-encoded. */
export const routeParams = z.object({
  id: z.string().max(100),
  route: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters'),
})

export function showRoute({ createdAt, updatedAt, ...route }: SourceRoute): z.input<typeof routeShape> {
  return { ...route, createdAt: shownTime(createdAt), updatedAt: shownTime(updatedAt) }
}
