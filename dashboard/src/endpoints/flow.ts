import type { EndpointFlow } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import { time } from '../parts/time.ts'

/** Something that keeps deliveries back; the words lead up to the moment that it is `due` at, or has been `since`. */
export interface Hindrance {
  words: string
  due?: string
  since?: string
}

/** What keeps deliveries to an endpoint back at the moment; nothing when all goes well. */
export function hindrances(flow: EndpointFlow, concurrency: number): Hindrance[] {
  const { nextProbeAt, heldUntil, allowedAtOnce, failingSince } = flow
  const found: Hindrance[] = []
  if (nextProbeAt !== null) {
    found.push({
      words: 'Its breaker is open: too much has failed, so its queue waits. One delivery is tried',
      due: nextProbeAt,
    })
  }
  if (heldUntil !== null) found.push({ words: 'It has answered 429, and is called again', due: heldUntil })
  // An open breaker leaves room for the one that is tried.
  if (nextProbeAt === null && allowedAtOnce < concurrency) {
    found.push({ words: `It is slow or fails: for now it gets at most ${allowedAtOnce} at once` })
  }
  if (failingSince !== null) found.push({ words: 'Nothing has succeeded since a failure', since: failingSince })
  return found
}

/** Says it, a line each. */
export function flowLines(flow: EndpointFlow, concurrency: number): Content {
  return hindrances(flow, concurrency).map(({ words, due, since }) =>
    element('p', {}, words, due && [' ', time(due, 'due')], since && [' ', time(since)], '.'),
  )
}
