import type { DeliveryStatus, RequestVerdict } from '@trunkline/sdk'

/** The parts of the page. One is shown at a time. */
export const views = ['live', 'requests', 'parked', 'jobs'] as const
export type View = (typeof views)[number]

/** What the page shows, as it stands behind the `#` of its address: reloading, going back and sharing keep it. */
export interface Place {
  /** The part that is shown; left out for what is live. */
  view?: View
  /** Only deliveries in this state. */
  status?: DeliveryStatus
  /** Only deliveries to this endpoint. */
  endpoint?: string
  /** Only events, or requests, of this source. */
  source?: string
  /** Only requests with this verdict, this cause, from this address, with this text in them. */
  verdict?: RequestVerdict
  cause?: string
  sender?: string
  text?: string
  /** Only parked events in this state, of this follower. */
  state?: string
  follower?: string
  /** What is open over the page: one of these. */
  delivery?: string
  event?: string
  request?: string
  parkedEvent?: string
  job?: string
  /** The endpoint that is shown in full; `endpoint` is the one that deliveries are narrowed to. */
  shownEndpoint?: string
}

/** What can be open over the page. */
export const openable = ['delivery', 'event', 'request', 'parkedEvent', 'job', 'shownEndpoint'] as const
export type Openable = (typeof openable)[number]

export const statuses: readonly DeliveryStatus[] = ['pending', 'waiting', 'sending', 'retrying', 'success', 'failed']
export const verdicts: readonly RequestVerdict[] = ['verified', 'unsigned', 'duplicate', 'quarantined']

const texts = ['endpoint', 'source', 'cause', 'sender', 'text', 'state', 'follower', ...openable] as const

/** Reads the part of an address behind the `#`; what it does not know it leaves out. */
export function readPlace(hash: string): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const place: Place = {}
  const view = views.find((each) => each === given.get('view'))
  if (view && view !== 'live') place.view = view
  const status = statuses.find((each) => each === given.get('status'))
  if (status) place.status = status
  const verdict = verdicts.find((each) => each === given.get('verdict'))
  if (verdict) place.verdict = verdict
  for (const name of texts) {
    const value = given.get(name)
    if (value) place[name] = value
  }
  return place
}

/** Writes it. Nothing set is `#`: an empty text would reload the page. */
export function writePlace(place: Place): string {
  return `#${new URLSearchParams(Object.entries(place).filter(([, value]) => value !== undefined))}`
}

/** What is open over the page, if anything is. */
export function openIn(place: Place): { what: Openable; id: string } | undefined {
  for (const what of openable) {
    const id = place[what]
    if (id !== undefined) return { what, id }
  }
  return undefined
}

/** The place below what is open over it. */
export function under(place: Place): Place {
  const rest = { ...place }
  for (const what of openable) delete rest[what]
  return rest
}

/** The address of the same place with one thing open over it. */
export function opening(place: Place, what: Partial<Record<Openable, string>>): string {
  return writePlace({ ...under(place), ...what })
}

/** The address of the same part with another filter; undefined lets a filter go. */
export function filtering(place: Place, change: { [Name in keyof Place]?: Place[Name] | undefined }): string {
  return writePlace({ ...under(place), ...change } as Place)
}
