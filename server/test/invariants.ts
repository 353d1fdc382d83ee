/** What is known of a run once it is over and quiet: what senders were told, what receivers saw, what the server says. */
export interface World {
  posts: readonly Post[]
  /** The endpoints that want every event. */
  endpoints: readonly string[]
  /** How many deliveries each of them takes at once. */
  concurrency: number
  events: readonly { id: string; hash: string }[]
  deliveries: readonly KnownDelivery[]
  attempts: readonly { deliveryId: string; number: number; status: number | null }[]
  arrivals: readonly SeenArrival[]
  strikes: readonly Strike[]
  /** Events that their follower was made to fail on: they go nowhere. */
  poisoned: readonly string[]
  /** What the API counts, beside the tables. */
  api: { events: number; deliveries: Readonly<Record<DeliveryStatus, number>> }
  /** What is still there that nobody needs, one sentence each. */
  leftOver: readonly string[]
}

/** A body that was posted until it was answered, by its hash. */
export interface Post {
  hash: string
  /** The event's id after a 2xx; `refused` after a 4xx; undefined when there was never such an answer. */
  told: string | 'refused' | undefined
}

export type DeliveryStatus = 'pending' | 'success' | 'failed'

export interface KnownDelivery {
  id: string
  endpointId: string
  eventId: string
  status: DeliveryStatus
  attempts: number
}

/** A delivery as its receiver saw it. */
export interface SeenArrival {
  endpointId: string
  eventId: string
  /** The hash of its data. */
  hash: string
  /** On the clock that never jumps, as those of the strikes. */
  at: number
  /** When its sender signed it, by its own clock: a sender that stands still may have signed long before. */
  signedAt: number
  /** How many were waiting for their answer then, this one too. */
  atOnce: number
  answered: number
}

/** A fault: what was sent between these moments may have been sent without being recorded, and is then sent again. */
export interface Strike {
  what: string
  from: number
  to: number
}

/** What a run is held to. Each finds what is broken in a world, one sentence each. */
export const invariants: readonly { name: string; broken(world: World, index: Index): string[] }[] = [
  { name: 'what was accepted is stored once, byte for byte, under the id that its sender was told', broken: lost },
  { name: 'what was refused is not stored, and nothing else is either', broken: phantom },
  { name: 'each event has one delivery to each endpoint, and all have ended', broken: stuck },
  { name: 'attempts are numbered without a gap, and no more than the schedule has', broken: miscounted },
  { name: 'what a receiver saw is recorded, but for what was in flight when something was struck', broken: unrecorded },
  { name: 'a delivery that succeeded was answered 2xx, and that was the end of it', broken: untrue },
  { name: 'what arrived is an event that was stored, with its bytes', broken: stray },
  { name: 'no receiver is sent more at once than its endpoint takes', broken: stormed },
  { name: 'the API and the tables count the same', broken: disagreeing },
  { name: 'nothing is left over', broken: ({ leftOver }) => [...leftOver] },
]

/** Everything that is broken in a world, each invariant's first few. */
export function brokenInvariants(world: World): string[] {
  const index = indexOf(world)
  return invariants.flatMap(({ name, broken }) => {
    const found = broken(world, index)
    const more = found.length > shown ? [`${name}: and ${found.length - shown} more`] : []
    return [...found.slice(0, shown).map((each) => `${name}: ${each}`), ...more]
  })
}

/** What arrived without being recorded, and was sent again: the duplicates that receivers must expect. */
export function surplusOf(world: World): number {
  const index = indexOf(world)
  return [...index.pairs.values()].reduce((sum, pair) => sum + surplus(pair), 0)
}

const shown = 5
const mostAttempts = 10

interface Pair {
  name: string
  deliveries: KnownDelivery[]
  arrivals: SeenArrival[]
  attempts: World['attempts'][number][]
}

interface Index {
  /** By endpoint and event. */
  pairs: Map<string, Pair>
  events: Map<string, string>
}

function indexOf({ events, deliveries, attempts, arrivals }: World): Index {
  const pairs = new Map<string, Pair>()
  const pairOf = ({ endpointId, eventId }: { endpointId: string; eventId: string }): Pair => {
    const name = `${eventId} for ${endpointId}`
    const pair = pairs.get(name) ?? { name, deliveries: [], arrivals: [], attempts: [] }
    pairs.set(name, pair)
    return pair
  }
  const byDelivery = new Map<string, Pair>()
  for (const each of deliveries) {
    const pair = pairOf(each)
    pair.deliveries.push(each)
    byDelivery.set(each.id, pair)
  }
  for (const each of attempts) byDelivery.get(each.deliveryId)?.attempts.push(each)
  for (const each of arrivals) pairOf(each).arrivals.push(each)
  return { pairs, events: new Map(events.map(({ id, hash }) => [id, hash])) }
}

function lost({ posts, events }: World, index: Index): string[] {
  const copies = new Map<string, number>()
  for (const { hash } of events) copies.set(hash, (copies.get(hash) ?? 0) + 1)
  const found: string[] = []
  for (const { hash, told } of posts) {
    const times = copies.get(hash) ?? 0
    if (times > 1) found.push(`the body ${hash} is stored ${times} times`)
    if (told === undefined || told === 'refused') continue
    const stored = index.events.get(told)
    if (stored === undefined) found.push(`${told} was acknowledged and is not stored`)
    else if (stored !== hash) found.push(`${told} was acknowledged for the body ${hash} and is stored with ${stored}`)
  }
  return found
}

function phantom({ posts, events }: World): string[] {
  const told = new Map(posts.map((each) => [each.hash, each.told]))
  return events.flatMap(({ id, hash }) => {
    if (!told.has(hash)) return [`${id} is stored, and nobody posted the body ${hash}`]
    return told.get(hash) === 'refused' ? [`${id} is stored, and its sender was refused`] : []
  })
}

function stuck({ events, endpoints, poisoned }: World, { pairs }: Index): string[] {
  const found: string[] = []
  const nowhere = new Set(poisoned)
  for (const { id } of events) {
    for (const endpoint of endpoints) {
      const deliveries = pairs.get(`${id} for ${endpoint}`)?.deliveries ?? []
      if (deliveries.length !== (nowhere.has(id) ? 0 : 1))
        found.push(`${id} has ${deliveries.length} deliveries to ${endpoint}`)
      for (const each of deliveries) if (each.status === 'pending') found.push(`${each.id} is pending`)
    }
  }
  return found
}

function miscounted(_: World, { pairs }: Index): string[] {
  return [...pairs.values()].flatMap(({ deliveries: [delivery], attempts }) => {
    if (!delivery) return []
    const numbers = attempts.map((each) => each.number).sort((a, b) => a - b)
    if (numbers.length > mostAttempts) return [`${delivery.id} has ${numbers.length} attempts`]
    const isWhole = numbers.length === delivery.attempts && numbers.every((number, i) => number === i + 1)
    return isWhole ? [] : [`${delivery.id} says ${delivery.attempts} attempts, and there are the numbers ${numbers}`]
  })
}

function unrecorded({ strikes }: World, { pairs }: Index): string[] {
  const isExcused = (arrival: SeenArrival) =>
    strikes.some(({ from, to }) => [arrival.at, arrival.signedAt].some((at) => from <= at && at <= to))
  return [...pairs.values()].flatMap((pair) => {
    const { name, arrivals, attempts } = pair
    const answered = attempts.filter((each) => each.status !== null).length
    if (arrivals.length < answered)
      return [`${name} has ${answered} answers on record and arrived ${arrivals.length} times`]
    const missing = surplus(pair)
    const excused = arrivals.filter(isExcused).length
    if (missing <= excused) return []
    return [
      `${name} arrived ${arrivals.length} times, ${attempts.length} are recorded, and ${excused} were in flight at a strike`,
    ]
  })
}

/** An attempt that is recorded without an answer may or may not have arrived. */
function surplus({ arrivals, attempts }: Pair): number {
  return Math.max(0, arrivals.length - attempts.length)
}

function untrue(_: World, { pairs }: Index): string[] {
  return [...pairs.values()].flatMap(({ name, deliveries: [delivery], arrivals, attempts }) => {
    if (delivery?.status !== 'success') return []
    const good = attempts.filter((each) => isSuccess(each.status))
    if (!arrivals.some((each) => isSuccess(each.answered))) return [`${name} succeeded, and was never answered 2xx`]
    if (good.length !== 1) return [`${name} succeeded, and has ${good.length} successful attempts on record`]
    return good[0]?.number === delivery.attempts ? [] : [`${name} was tried again after it had succeeded`]
  })
}

const isSuccess = (status: number | null): boolean => status !== null && status >= 200 && status < 300

function stray(_: World, { pairs, events }: Index): string[] {
  return [...pairs.values()].flatMap(({ name, deliveries, arrivals }) =>
    arrivals.flatMap(({ eventId, hash }) => {
      if (deliveries.length === 0) return [`${name} arrived, and there is no such delivery`]
      return events.get(eventId) === hash ? [] : [`${name} arrived with the body ${hash}`]
    }),
  )
}

function stormed({ arrivals, concurrency }: World): string[] {
  return arrivals
    .filter(({ atOnce }) => atOnce > concurrency)
    .map(
      ({ eventId, endpointId, atOnce }) =>
        `${eventId} came to ${endpointId} while ${atOnce - 1} others waited, and it takes ${concurrency}`,
    )
}

function disagreeing({ api, events, deliveries }: World): string[] {
  const found = api.events === events.length ? [] : [`${api.events} events, and ${events.length} are stored`]
  for (const [status, count] of Object.entries(api.deliveries)) {
    const stored = deliveries.filter((each) => each.status === status).length
    if (stored !== count) found.push(`${count} deliveries are ${status}, and ${stored} are stored`)
  }
  return found
}
