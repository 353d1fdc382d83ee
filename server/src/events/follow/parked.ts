/** What becomes of an event that its follower could not handle. */
export const parkedStates = {
  retrying: 'It failed and is tried again by itself.',
  waiting: 'It waits behind an earlier event of its subject, or for a closer look.',
  parked: 'It failed until its time was up, and stands until somebody has it handled again.',
  handled: 'It was parked, and has been handled since.',
  dismissed: 'It was parked, and somebody has decided that it is not to be handled.',
} as const

export type ParkedState = keyof typeof parkedStates

/** Why an event could not be handled, each in one sentence with the next step. */
export const handlingCauses = {
  HANDLER_THREW: 'The follower failed at the event: read `error`, mend what it names, and run the event again.',
  HANDLER_TIMED_OUT:
    'Reading the event took longer than it may: the operator sets the limit with `TRUNKLINE_HANDLER_SECONDS`.',
  HANDLER_EXITED: 'Reading the event ended the process that reads: report it with the event.',
  HANDLER_OUT_OF_MEMORY: 'Reading the event took more memory than it may: look at the size of the event.',
  EVENT_GONE: 'The event is no longer in the log, so nothing can be made of it: dismiss it.',
} as const

export type HandlingCause = keyof typeof handlingCauses

/** An event beside its follower's cursor, which has passed it. */
export interface ParkedEvent {
  follower: string
  seq: number
  eventId: string
  workspaceId: string
  subject: string | null
  /** Null for those that an earlier version has parked. */
  eventType: string | null
  state: ParkedState
  cause: HandlingCause | null
  /** One sentence; empty while it has not failed. */
  error: string
  attempts: number
  /** When it is tried next. Of one that waits behind another: `never`, until that one is at its end. */
  dueAt: number
  /** The place of the latest event of its subject that was left out before it; null when there is none. */
  afterGap: number | null
  createdAt: number
  updatedAt: number
  endedAt: number | null
}

/** When something is due that waits for something else to end. */
export const never = Number.MAX_SAFE_INTEGER

/** No event is tried, and so none of its subject waits, for longer than this. */
export const retryWindowMs = 10 * 60_000

/** Pauses before the second try and the ones after it. */
const pausesMs = [1_000, 5_000, 20_000, 60_000, 120_000, 300_000]

/**
 * When an event that has failed so many times is tried again; undefined when it is parked for good. The window is
 * counted from when the event was first beside the cursor: one that has waited behind another has less left of it, so
 * that a row of failing events does not add up.
 */
export function nextTry(attempts: number, createdAt: number, now: number): number | undefined {
  const pause = pausesMs[attempts - 1]
  return pause !== undefined && now + pause <= createdAt + retryWindowMs ? now + pause : undefined
}

/** How an event that could not be handled is named: by itself and its follower. */
export function parkedId({ eventId, follower }: Pick<ParkedEvent, 'eventId' | 'follower'>): string {
  return `${eventId}.${follower}`
}

/** The event and the follower that an id names. */
export function readParkedId(id: string): { eventId: string; follower: string } {
  const dot = id.indexOf('.')
  return dot < 0 ? { eventId: id, follower: '' } : { eventId: id.slice(0, dot), follower: id.slice(dot + 1) }
}

const longestError = 1000

/** What was thrown, as one bounded sentence: it may be anything, and may not even be made into a text. */
export function sentenceOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `it threw ${shown(thrown)}`
    return text.length > longestError ? `${text.slice(0, longestError)}…` : text
  } catch {
    return 'it threw something that cannot be shown'
  }
}

function shown(thrown: unknown): string {
  if (typeof thrown === 'string') return `"${thrown.slice(0, longestError)}"`
  if (typeof thrown === 'object' && thrown !== null) return `an object with ${Object.keys(thrown).slice(0, 10)}`
  return String(thrown)
}
