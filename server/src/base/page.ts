/** Which part of a list is asked for: rows after a position, newest first unless the list says otherwise. */
export interface Page {
  /** The position of the last row seen, as the list's store gave it; null begins. */
  after: string | null
  /** At most this many rows. */
  limit: number
}
