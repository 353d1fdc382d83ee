/** Whose an account row is: one workspace's, and of one of its customers or of nobody in particular. */
export interface Place {
  workspaceId: string
  /**
   * The customer whose events told of it. It is a part of the key: whoever holds the secret of one customer's source must
   * not be able to write over what another's has told.
   */
  customer: string | null
}

/** What each row has beside what it tells. */
export interface Row extends Place {
  /** Our own id of the row: the place in lists, by when it was first heard of. */
  key: string
  /** The provider's id. */
  id: string
}

/** Whether one of these comes after the other: compared part by part, the first that differs decides. */
export function isAfter(one: readonly (string | number | boolean)[], other: readonly (string | number | boolean)[]) {
  for (const [i, part] of one.entries()) {
    const against = other[i]
    if (against === undefined || part === against) continue
    return part > against
  }
  return false
}
