import { z } from 'zod'
import { flowOf } from '../../outbound/condition/flow.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import { shownTime } from '../list.ts'

/** How much an endpoint gets at the moment, as far as its lane's owner has kept it. */
export const flowShape = z
  .object({
    breaker: z.enum(['closed', 'open']),
    nextProbeAt: z.string().nullable().meta({ description: 'While the breaker is open: when one delivery is tried.' }),
    heldUntil: z.string().nullable().meta({ description: 'Its 429 asked not to be called before then.' }),
    allowedAtOnce: z.number().meta({ description: 'How many deliveries may be under way to it now.' }),
    failingSince: z.string().nullable().meta({ description: 'Since when nothing has succeeded.' }),
  })
  .meta({ id: 'EndpointFlow' })

export function showFlow(text: string | null, { concurrency }: Endpoint, now: number): z.input<typeof flowShape> {
  const { probeAt, heldUntil, allowed, failingSince } = flowOf(text, concurrency, now)
  const time = (at: number | undefined) => (at === undefined ? null : shownTime(at))
  return {
    breaker: probeAt === undefined ? 'closed' : 'open',
    nextProbeAt: time(probeAt),
    heldUntil: time(heldUntil),
    allowedAtOnce: allowed,
    failingSince: time(failingSince),
  }
}
