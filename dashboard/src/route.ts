import type { DeliveryStatus } from '@trunkline/sdk'

/** What the page shows, as it stands behind the `#` of its address: reloading, going back and sharing keep it. */
export interface Place {
  /** Only deliveries in this state. */
  status?: DeliveryStatus
  /** Only deliveries to this endpoint. */
  endpoint?: string
  /** Only events of this source. */
  source?: string
  /** The delivery, or else the event, that is open. */
  delivery?: string
  event?: string
}

export const statuses: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']

/** Reads the part of an address behind the `#`; what it does not know it leaves out. */
export function readPlace(hash: string): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const place: Place = {}
  const status = statuses.find((each) => each === given.get('status'))
  if (status) place.status = status
  for (const name of ['endpoint', 'source', 'delivery', 'event'] as const) {
    const id = given.get(name)
    if (id) place[name] = id
  }
  return place
}

/** Writes it. Nothing set is `#`: an empty text would reload the page. */
export function writePlace(place: Place): string {
  return `#${new URLSearchParams(Object.entries(place).filter(([, value]) => value !== undefined))}`
}
