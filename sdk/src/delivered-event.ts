import type { EventData, KnownEventType } from './generated/event-types.ts'

/** The data of a type of event; `unknown` where nobody has described the type. */
export type DataOf<Type extends string> = Type extends KnownEventType ? EventData[Type] : unknown

/**
 * What an endpoint is sent, unless its payload is `raw`. Of several types it is one of them, which `switch (event.type)`
 * tells apart.
 */
export type DeliveredEvent<Type extends string = string> = Type extends unknown
  ? {
      type: Type
      /** When the event was received, as ISO 8601: the same on every attempt. */
      timestamp: string
      /** The sender's own JSON. Numbers beyond 2^53 are only exact in the bytes. */
      data: DataOf<Type>
    }
  : never

/**
 * Whether an event is of a type; its data has that type's shape then. What the type promises is described by us or by the
 * provider; it is not checked again here.
 *
 * @example
 * if (isEvent(event, 'whatsapp.message.received')) reply(event.data.message.id)
 */
export function isEvent<Type extends KnownEventType | AnyText>(
  event: unknown,
  type: Type,
): event is DeliveredEvent<Type> {
  return isDelivered(event) && event.type === type
}

/** Any other text, written so that editors go on to suggest the known ones. */
type AnyText = string & Record<never, never>

/**
 * The event in the body of a delivery, or undefined when the body is none: an endpoint with the payload `raw` gets what the
 * provider sent, and so does every endpoint when that is no JSON.
 */
export function readEvent(body: Uint8Array | string): DeliveredEvent | undefined {
  try {
    const value: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
    return isDelivered(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isDelivered(value: unknown): value is DeliveredEvent {
  if (typeof value !== 'object' || value === null) return false
  const { type, timestamp } = value as Partial<DeliveredEvent>
  return typeof type === 'string' && typeof timestamp === 'string' && Object.hasOwn(value, 'data')
}
