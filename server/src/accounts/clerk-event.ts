import { createHash } from 'node:crypto'
import { z } from 'zod'
import { faultOf, milliseconds, optional, providerId, text } from './field.ts'
import type { UserReport } from './user.ts'

/** What an event of Clerk's tells us, or why it cannot be read. */
export type ClerkFact =
  | { kind: 'user'; word: 'created' | 'updated' | 'deleted'; report: UserReport }
  | { kind: 'unreadable'; reason: string }

/** The events of Clerk that are understood, as their sources name them. */
export const clerkTypes = {
  'clerk.user.created': 'created',
  'clerk.user.updated': 'updated',
  'clerk.user.deleted': 'deleted',
} as const

/**
 * Reads an event about a user. https://clerk.com/docs/guides/development/webhooks/overview
 * Clerk's id of the event is in a header only, so two of the same moment are told apart by their text.
 */
export function readClerk(type: keyof typeof clerkTypes, value: unknown, json: string, receivedAt: number): ClerkFact {
  const word = clerkTypes[type]
  // A creation comes before an update of the same moment.
  const mark = `${words.indexOf(word)} ${createHash('sha256').update(json).digest('hex').slice(0, 32)}`
  if (word === 'deleted') {
    const read = deletedEvent.safeParse(value)
    if (!read.success) return { kind: 'unreadable', reason: faultOf(read.error) }
    const at = read.data.timestamp ?? receivedAt
    const { id } = read.data.data
    const gone = { email: null, name: null, imageUrl: null, createdAt: null }
    return { kind: 'user', word, report: { id, ...gone, updatedAt: at, deletedAt: at, toldAt: at, mark } }
  }
  const read = userEvent.safeParse(value)
  if (!read.success) return { kind: 'unreadable', reason: faultOf(read.error) }
  const { data: user, timestamp } = read.data
  return {
    kind: 'user',
    word,
    report: {
      id: user.id,
      email: emailOf(user),
      name: [user.first_name, user.last_name].filter((part) => part !== null).join(' ') || null,
      imageUrl: user.image_url,
      createdAt: user.created_at,
      updatedAt: user.updated_at,
      deletedAt: null,
      toldAt: timestamp ?? user.updated_at,
      mark,
    },
  }
}

const words = ['created', 'updated', 'deleted']

const deletedEvent = z.object({ timestamp: optional(milliseconds), data: z.object({ id: providerId }) })

const userEvent = z.object({
  timestamp: optional(milliseconds),
  data: z.object({
    id: providerId,
    email_addresses: optional(z.array(z.object({ id: optional(providerId), email_address: text }))),
    primary_email_address_id: optional(providerId),
    first_name: optional(text),
    last_name: optional(text),
    image_url: optional(text),
    created_at: optional(milliseconds),
    updated_at: milliseconds,
  }),
})

/** The primary address; the first one while none has been made primary. */
function emailOf({ email_addresses: all, primary_email_address_id: primary }: z.output<typeof userEvent>['data']) {
  const found = all?.find(({ id }) => id !== null && id === primary) ?? (primary === null ? all?.[0] : undefined)
  return found?.email_address ?? null
}
