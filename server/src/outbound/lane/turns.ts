import type { Lane } from './lane.ts'

/**
 * Lanes in line, in turn by workspace, then by customer, then by lane: a customer with a thousand lanes gets as many turns
 * as one with a single one. Finding the next costs the same with ten lanes and with ten thousand.
 */
export interface Turns {
  /** Puts a lane at the end, unless it is in line. */
  add(lane: Lane): void
  delete(lane: Lane): void
  /** The lane whose turn it is. It stays in line, behind everybody who has the same right. */
  next(): Lane | undefined
  readonly size: number
}

type Customers = Map<string | null, Set<Lane>>

/** Where a lane stands. What is not known yet of a lane puts it among strangers, who take turns like a workspace. */
interface Standing {
  workspaceId: string | undefined
  customer: string | null
}

export function createTurns(): Turns {
  const workspaces = new Map<string | undefined, Customers>()
  // Remembered, because a lane's customer may become known while it is in line.
  const standings = new Map<Lane, Standing>()

  return {
    add(lane) {
      const known = standings.get(lane)
      if (known) return
      const { workspaceId, customer } = lane
      standings.set(lane, { workspaceId, customer })
      const customers: Customers = workspaces.get(workspaceId) ?? new Map()
      workspaces.set(workspaceId, customers)
      const lanes = customers.get(customer)
      if (lanes) lanes.add(lane)
      else customers.set(customer, new Set([lane]))
    },
    delete(lane) {
      const standing = standings.get(lane)
      if (!standing) return
      standings.delete(lane)
      const customers = workspaces.get(standing.workspaceId)
      const lanes = customers?.get(standing.customer)
      lanes?.delete(lane)
      if (lanes?.size === 0) customers?.delete(standing.customer)
      if (customers?.size === 0) workspaces.delete(standing.workspaceId)
    },
    next() {
      const customers = rotate(workspaces)
      const lanes = customers && rotate(customers)
      if (!lanes) return undefined
      const [lane] = lanes
      if (lane && lanes.size > 1) {
        lanes.delete(lane)
        lanes.add(lane)
      }
      return lane
    },
    get size() {
      return standings.size
    },
  }
}

/** The first of a map's values, which goes to the end. */
function rotate<Key, Value>(map: Map<Key, Value>): Value | undefined {
  const [first] = map
  if (!first) return undefined
  if (map.size > 1) {
    map.delete(first[0])
    map.set(first[0], first[1])
  }
  return first[1]
}
