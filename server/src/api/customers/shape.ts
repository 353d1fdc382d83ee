import { z } from 'zod'
import type { Customer } from '../../outbound/endpoint/customer-store.ts'
import { shownTime } from '../list.ts'

/** How far each of a customer's things is counted: there may be millions. */
export const countedTo = 1001

const countShape = z.object({
  count: z.number(),
  isAtLeast: z.boolean().meta({ description: 'There are more: counting ends at 1,000.' }),
})

export const customerEntryShape = z
  .object({
    customer: z.string(),
    endpoints: countShape,
    events: countShape,
    deliveries: countShape,
    lastEventAt: z.string().nullable().meta({ description: 'When its latest event was received.' }),
  })
  .meta({ id: 'Customer' })

export function showCustomer(customer: Customer): z.input<typeof customerEntryShape> {
  const { name, endpoints, events, deliveries, lastEventAt } = customer
  return {
    customer: name,
    endpoints: bounded(endpoints),
    events: bounded(events),
    deliveries: bounded(deliveries),
    lastEventAt: lastEventAt === null ? null : shownTime(lastEventAt),
  }
}

const bounded = (found: number) => ({
  count: Math.min(found, countedTo - 1),
  isAtLeast: found >= countedTo,
})
