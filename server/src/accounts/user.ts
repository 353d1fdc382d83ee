import { isAfter, type Place, type Row } from './place.ts'

/** A user at Clerk. Of one that was deleted nothing is left but the id: a late update must not bring them back. */
export interface User extends Row, Omit<UserReport, 'id'> {}

/** What an event about a user says. */
export interface UserReport {
  id: string
  /** The primary address. */
  email: string | null
  name: string | null
  imageUrl: string | null
  /** Clerk's times, not ours. */
  createdAt: number | null
  updatedAt: number
  deletedAt: number | null
  /** When the event was sent, and what tells it from another one of the same moment. */
  toldAt: number
  mark: string
}

/** The user after an event, or undefined when it knows of a newer one. */
export function meet(before: User | undefined, report: UserReport, place: Place & { key: string }): User | undefined {
  if (before && !isAfter(order(report), order(before))) return undefined
  return { ...(before ?? place), ...report }
}

const order = ({ deletedAt, updatedAt, toldAt, mark }: UserReport) => [deletedAt !== null, updatedAt, toldAt, mark]

/** Whether anything differs that a receiver of its events can see. */
export function userDiffers(before: User | undefined, after: User): boolean {
  return before === undefined || seen(before) !== seen(after)
}

const seen = ({ email, name, imageUrl, deletedAt }: User) => JSON.stringify([email, name, imageUrl, deletedAt !== null])
