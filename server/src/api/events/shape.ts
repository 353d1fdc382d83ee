import { z } from 'zod'
import { Problem } from '../../base/errors.ts'
import { maskValue } from '../../base/personal.ts'
import type { EventHead } from '../../events/event.ts'
import { shownTime } from '../list.ts'

const head = {
  id: z.string(),
  type: z.string().meta({ example: 'github.push' }),
  subject: z.string().nullable().meta({ description: 'What the event is about.' }),
  sourceId: z.string().nullable(),
  requestId: z.string().nullable().meta({ description: 'The request that it was cut from.' }),
  customer: z.string().nullable(),
  orderKey: z.string().nullable(),
  receivedAt: z.string(),
  erasedAt: z
    .string()
    .nullable()
    .meta({ description: 'When its data was removed, by age or on demand; null while it is kept.' }),
  warning: z
    .string()
    .nullable()
    .meta({ description: 'In what way its data does not fit the schema of its type, where that is only noted.' }),
}

export const eventHeadShape = z.object(head).meta({ id: 'EventHead' })
export const eventShape = z
  .object({
    ...head,
    data: z.unknown().meta({ description: 'The sender’s JSON, to the letter; null when the body was none.' }),
  })
  .meta({ id: 'Event' })

export const eventId = z.object({ id: z.string().max(100) })

export function showHead(event: EventHead): z.input<typeof eventHeadShape> {
  return {
    id: event.id,
    type: event.type,
    subject: event.subject,
    sourceId: event.sourceId,
    requestId: event.requestId,
    customer: event.customer,
    orderKey: event.orderKey,
    receivedAt: shownTime(event.receivedAt),
    erasedAt: event.erasedAt === undefined ? null : shownTime(event.erasedAt),
    warning: event.warning ?? null,
  }
}

/** A head as lists and streams show it. What an event is about and its order key may be somebody's phone number. */
export function maskHead(head: z.input<typeof eventHeadShape>): z.input<typeof eventHeadShape> {
  return { ...head, subject: maskValue(head.subject), orderKey: maskValue(head.orderKey) }
}

export const noEvent = (id: string): Problem => new Problem('NOT_FOUND', `there is no event "${id}"`)
