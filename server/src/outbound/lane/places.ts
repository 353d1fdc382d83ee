import type { Lane } from './lane.ts'

/** The places on the wire, and who may take the ones that are left. */
export interface Places {
  /** How many are free. */
  free(): number
  taken(): number
  /** Whether the lane may take one of those that are left. */
  hasPlace(lane: Lane): boolean
  take(lane: Lane): void
  leave(lane: Lane): void
}

/** Of the places that a named customer has and those that are free together, it may fill this part. */
const customerShare = 7 / 8

/**
 * A lane may fill half of what it and the free places are together, and a customer with a name seven eighths. So a place
 * is always left for somebody else, however many receivers hang, and however many of them are one customer's.
 */
export function createPlaces(most: number): Places {
  let taken = 0
  const byCustomer = new Map<string, number>()

  const free = () => most - taken
  const nameOf = ({ workspaceId, customer }: Lane) => (customer === null ? undefined : `${workspaceId}|${customer}`)

  function count(lane: Lane, by: number): void {
    taken += by
    const name = nameOf(lane)
    if (name === undefined) return
    const now = (byCustomer.get(name) ?? 0) + by
    if (now > 0) byCustomer.set(name, now)
    else byCustomer.delete(name)
  }

  return {
    free,
    taken: () => taken,
    hasPlace(lane) {
      if (fairRoom(lane, free()) <= 0) return false
      const name = nameOf(lane)
      if (name === undefined) return true
      const own = byCustomer.get(name) ?? 0
      return own < Math.max(1, Math.floor((own + free()) * customerShare))
    },
    take: (lane) => count(lane, 1),
    leave: (lane) => count(lane, -1),
  }
}

/** How many more of the free places a lane may fill. */
export function fairRoom(lane: Pick<Lane, 'onWire'>, free: number): number {
  return Math.ceil((free - lane.onWire) / 2)
}
