import { z } from 'zod'
import { maskValue } from '../../base/personal.ts'
import type { Attempt, Delivery } from '../../outbound/delivery/delivery.ts'
import { type DeliveryCause, deliveryCauses } from '../../outbound/delivery/delivery-causes.ts'
import { deliveryStates, stateOf } from '../../outbound/delivery/delivery-state.ts'
import { shownTime } from '../list.ts'

export const causeShape = z.enum(Object.keys(deliveryCauses) as [DeliveryCause, ...DeliveryCause[]])
export const statusShape = z.enum(deliveryStates)

/** What a cause is shown with. */
const explanationFields = {
  explanation: z.string().nullable().meta({ description: 'The cause in one sentence.' }),
  advice: z.string().nullable().meta({ description: 'What to do about it, in one sentence.' }),
}

const delivery = {
  id: z.string(),
  endpointId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  customer: z.string().nullable(),
  orderKey: z
    .string()
    .nullable()
    .meta({ description: 'The key in whose order it goes; an empty text: that of the whole endpoint; null: none.' }),
  status: statusShape,
  attempts: z.number(),
  nextAttemptAt: z.string().nullable(),
  cause: causeShape.nullable().meta({ description: 'Why the last attempt failed, or why it ended.' }),
  ...explanationFields,
  createdAt: z.string(),
  endedAt: z.string().nullable(),
}

export const deliveryShape = z.object(delivery).meta({ id: 'Delivery' })

const attemptShape = z
  .object({
    number: z.number(),
    startedAt: z.string(),
    status: z.number().nullable().meta({ description: 'The status answered; null when no answer came.' }),
    cause: causeShape.nullable(),
    ...explanationFields,
    detail: z.string().nullable(),
    timing: z.object({
      dnsMs: z.number().nullable(),
      connectMs: z.number().nullable(),
      tlsMs: z.number().nullable(),
      firstByteMs: z.number().nullable(),
      totalMs: z.number(),
    }),
    responseHeaders: z.array(z.tuple([z.string(), z.string()])),
    responseBody: z.string(),
    isTruncated: z.boolean(),
    signed: z
      .object({
        timestamp: z.number().meta({ description: 'The time in the signature, in seconds.' }),
        sha256: z.string().meta({
          description: 'The SHA-256 of the exact text that was signed, in hexadecimal.',
        }),
      })
      .nullable()
      .meta({ description: 'Null when there was nothing to send.' }),
    nextAttemptAt: z
      .string()
      .nullable()
      .meta({ description: 'When the next attempt was due after this one; null when the delivery had ended.' }),
    erasedAt: z
      .string()
      .nullable()
      .meta({ description: 'When the answer was removed, by age or on demand; null while it is kept.' }),
  })
  .meta({ id: 'Attempt' })

export const deliveryWithAttemptsShape = z
  .object({ ...delivery, history: z.array(attemptShape) })
  .meta({ id: 'DeliveryWithAttempts' })

export const deliveryId = z.object({ id: z.string().max(100) })

/** At a time, in milliseconds: whether it is being sent follows from when it was due. */
export function showDelivery(each: Delivery, now: number): z.input<typeof deliveryShape> {
  return {
    id: each.id,
    endpointId: each.endpointId,
    eventId: each.eventId,
    eventType: each.eventType,
    customer: each.customer,
    orderKey: each.orderKey,
    status: stateOf(each, now),
    attempts: each.attempts,
    nextAttemptAt: each.status === 'pending' ? shownTime(each.dueAt) : null,
    ...explained(each.cause),
    createdAt: shownTime(each.createdAt),
    endedAt: each.endedAt === null ? null : shownTime(each.endedAt),
  }
}

/** As lists show it. An order key may be made of what a person is known by, such as a phone number. */
export const maskDelivery = (shown: ReturnType<typeof showDelivery>): ReturnType<typeof showDelivery> => ({
  ...shown,
  orderKey: maskValue(shown.orderKey),
})

export function showAttempt(attempt: Attempt): z.input<typeof attemptShape> {
  return {
    number: attempt.number,
    startedAt: shownTime(attempt.startedAt),
    status: attempt.status,
    ...explained(attempt.cause),
    detail: attempt.detail,
    timing: attempt.timing,
    responseHeaders: attempt.responseHeaders.map(([name, value]): [string, string] => [name, value]),
    responseBody: attempt.responseBody,
    isTruncated: attempt.isTruncated,
    signed: attempt.signed ?? null,
    nextAttemptAt: attempt.nextDueAt === undefined ? null : shownTime(attempt.nextDueAt),
    erasedAt: attempt.erasedAt === undefined ? null : shownTime(attempt.erasedAt),
  }
}

/** A cause with its explanation. One that a later version has recorded is shown without. */
export function explained(cause: DeliveryCause | null) {
  if (cause === null || !Object.hasOwn(deliveryCauses, cause)) return { cause, explanation: null, advice: null }
  const { meaning, advice } = deliveryCauses[cause]
  return { cause, explanation: meaning, advice }
}
