import type { PageQuery } from './shapes.ts'

/** A key to the API, without the key itself. */
export interface Key {
  id: string
  name: string
  /** Its first twelve characters. */
  preview: string
  scopes: string[]
  /** The customer whose things alone it sees and makes; null for a key to the whole workspace. */
  customer: string | null
  origin: 'environment' | 'first' | 'api'
  createdAt: string
  /** From when on it is out of force by itself; null for never. */
  expiresAt: string | null
  revokedAt: string | null
}

export interface NewKey {
  name: string
  /** No more than the key has that makes it. */
  scopes: string[]
  customer?: string | null
  /** How long it is in force, a minute to ten years; no longer than the key that makes it. */
  expiresInSeconds?: number
}

export interface KeyQuery extends PageQuery {
  customer?: string
}

/** Somebody whom something names, and how much there is of it, each counted to 1,000. */
export interface Customer {
  customer: string
  endpoints: { count: number; isAtLeast: boolean }
  events: { count: number; isAtLeast: boolean }
  deliveries: { count: number; isAtLeast: boolean }
  lastEventAt: string | null
}
