import type { NewEvent } from '../../events/event.ts'
import { ownEvent } from '../../events/own-event.ts'
import { disabledNews } from '../attempt.ts'
import { sumsOf } from '../condition/breaker.ts'
import { giveUpRule, learn, type Turn } from '../condition/condition.ts'
import { conditionText } from '../condition/saved.ts'
import { signOf } from '../condition/sign-of.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { adjust, type Lane } from '../lane/lane.ts'
import { mayKnowAnother } from '../signature/sign.ts'
import { readRetryAfter } from './schedule.ts'
import type { SettleCall } from './settle.ts'

/** What changes with every delivery (what is left of a rate) is written this often at most. */
const saveEveryMs = 250

const day = 24 * 60 * 60_000

/**
 * Draws the lesson of an attempt for its lane: how many may be on the wire, when the next may start, whether the endpoint
 * is broken or well again. Answers the outcome with what is to be kept and told of it; of a lane that is well and has no
 * rate, that is nothing, and the outcome is answered as it is.
 */
export function conclude(lane: Lane, made: SettleCall, now: number): SettleCall {
  const { endpoint, condition } = lane
  const sign = signOf(made.attempt.cause)
  if (!endpoint || sign === undefined) return made
  const { cause, number, startedAt, timing, responseHeaders } = made.attempt
  // While its secret is being changed it may refuse one and take the next.
  if (cause === 'CLIENT_ERROR' && mayKnowAnother(endpoint, number - 1, startedAt)) return made
  const openSince = condition.breaker?.openedAt
  const turn = learn(condition, {
    sign,
    startedAt,
    endedAt: now,
    tookMs: timing.totalMs,
    retryAfterMs: sign === 'success' ? undefined : readRetryAfter(retryAfterOf(responseHeaders), now),
    onWire: lane.onWire + 1,
    most: endpoint.concurrency,
  })
  if (sign === 'success' && turn === undefined && isPlain(lane)) return made
  adjust(lane, now)
  const kept = changeOf(lane, sign !== 'success' || turn !== undefined, now)
  return {
    ...made,
    ...(kept === undefined ? {} : { condition: kept }),
    ...(turn === undefined ? {} : consequence(turn, lane, endpoint, openSince ?? now, now, made)),
  }
}

/** Nothing is known of the endpoint that its lane has to remember. */
function isPlain({ condition, saved }: Lane): boolean {
  return (
    saved.text === null &&
    condition.tokens === undefined &&
    condition.breaker === undefined &&
    !Number.isFinite(condition.flight.limit)
  )
}

/** What the lane is to keep from now on; undefined when it is not worth a write. */
function changeOf(lane: Lane, isNews: boolean, now: number): string | null | undefined {
  if (!isNews && now - lane.saved.at < saveEveryMs) return undefined
  // Whoever changed the endpoint may have had the lane forget: what was learned before is not to come back by this.
  if (lane.changes.known < lane.changes.told) return undefined
  const text = conditionText(lane.condition, now)
  if (text === lane.saved.text) return undefined
  lane.saved = { text, at: now }
  return text
}

/** What has not been kept with the lane yet; undefined when it has all. */
export function unsaved({ condition, saved, changes }: Lane, now: number): string | null | undefined {
  if (changes.known < changes.told) return undefined
  const text = conditionText(condition, now)
  return text === saved.text ? undefined : text
}

function consequence(
  turn: Exclude<Turn, undefined>,
  lane: Lane,
  endpoint: Endpoint,
  openSince: number,
  now: number,
  made: SettleCall,
): Partial<SettleCall> {
  if (turn === 'given-up') {
    if (made.disable) return {}
    const reason = `every attempt has failed for ${giveUpRule.afterMs / day} days`
    return { disable: { url: endpoint.url, reason, news: disabledNews(endpoint, reason, now) } }
  }
  return { news: [turn === 'opened' ? failingNews(lane, endpoint, now) : recoveredNews(endpoint, openSince, now)] }
}

const failingNews = ({ condition }: Lane, endpoint: Endpoint, now: number): NewEvent => {
  const { succeeded, failed } = sumsOf(condition.window)
  return endpointNews('endpoint.failing', endpoint, now, {
    attempts: succeeded + failed,
    failed,
    nextAttemptAt: new Date(condition.breaker?.until ?? now).toISOString(),
  })
}

const recoveredNews = (endpoint: Endpoint, openSince: number, now: number): NewEvent =>
  endpointNews('endpoint.recovered', endpoint, now, { failingSince: new Date(openSince).toISOString() })

const endpointNews = (
  type: string,
  { workspaceId, customer, id, url }: Endpoint,
  now: number,
  data: Record<string, unknown>,
): NewEvent =>
  ownEvent({ workspaceId, customer, type, subject: id, data: { id, url: new URL(url).origin, ...data }, now })

function retryAfterOf(headers: SettleCall['attempt']['responseHeaders']): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
}
