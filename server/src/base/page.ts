/** Which part of a list is asked for: rows after a position, newest first unless the list says otherwise. */
export interface Page {
  /** The position of the last row seen, as the list's store gave it; null begins. */
  after: string | null
  /** At most this many rows. */
  limit: number
}

/** A page of a list that looks through so much and no more: it may hold few rows, or none, and not be the last. */
export interface LookedPage<Row> {
  rows: readonly Row[]
  /** Behind which position the next page begins, and when what stands there was made; null when there is nothing more. */
  next: { after: string; at: number } | null
}
