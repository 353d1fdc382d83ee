import type { ZodType } from 'zod'

/** A type of event as the catalogue tells it: who makes events of it says so beforehand. */
export interface EventTypeEntry {
  /** Such as `whatsapp.message.received`. */
  type: string
  /** One sentence: when it happens. */
  description: string
  /** The shape of its data, where it is a contract of ours or the provider's. */
  data?: ZodType
}
