import { command, groupCommand } from '../base/command.ts'
import { dedupeWindowMs } from './append.ts'
import type { LogStore } from './log-store.ts'
import type { QuarantineBounds, Quarantined, QuarantineStore } from './quarantine-store.ts'
import type { NewRequest, Receipt } from './request.ts'

export type QuarantineTx = { log: LogStore; quarantine: QuarantineStore }

/** Refused requests that are kept together. */
export interface QuarantineBatch {
  entries: readonly Quarantined[]
  bounds: QuarantineBounds
}

/** Keeps requests that were refused, and lets go of what is beyond the bounds then. Answers how many were let go. */
export const keepQuarantined = groupCommand<QuarantineTx, QuarantineBatch, number>(
  'keep-quarantined',
  async (tx, batches) => {
    const gone: number[] = []
    for (const { entries, bounds } of batches) {
      await tx.log.keepRecords(entries.map(({ request }) => request))
      gone.push(await tx.quarantine.admit(entries, bounds))
    }
    return gone
  },
  { weigh: ({ entries }) => entries.reduce((sum, { bytes }) => sum + bytes, 0) },
)

/** What is let go in one transaction for its age. */
const expiredAtOnce = 50

/** Lets go of refused requests that were received before a time; answers whether that was all of them. */
export const expireQuarantined = command<QuarantineTx, { before: number }, { gone: number; isDone: boolean }>(
  'expire-quarantined',
  async (tx, { before }) => {
    const gone = await tx.quarantine.expire(before, expiredAtOnce)
    return { gone, isDone: gone < expiredAtOnce }
  },
)

/** Why a request was refused, as it turned out when somebody looked. */
export interface BetterCause {
  request: Pick<NewRequest, 'id' | 'workspaceId' | 'receivedAt'>
  cause: string
  detail: string
}

/** Writes the better cause into the record of a request, unless it is in quarantine no longer. */
export const noteCause = command<QuarantineTx, BetterCause, boolean>('note-cause', (tx, { request, cause, detail }) =>
  tx.quarantine.noteCause(request, cause, detail),
)

/** What became of requests that were proven after all. */
export interface Accepted {
  /** Those that became requests like any other. */
  accepted: number
  /** Those of which every event had come before. */
  repeats: number
  /** Events that were made; those that wait because their source is paused are not among them. */
  events: number
  /** Those that somebody else had accepted, or that were pushed out, meanwhile. */
  gone: number
}

/**
 * Makes requests out of what was refused, in this order: each is as if it had been accepted when it came, save that its
 * record says when it was. What is not in quarantine any more is left as it is, so twice is once.
 */
export async function acceptAfterAll(
  tx: QuarantineTx,
  requests: readonly NewRequest[],
  now: number,
): Promise<Accepted> {
  const there = new Set(await tx.quarantine.takeOut(requests.map(({ id }) => id)))
  const genuine = requests.filter(({ id }) => there.has(id))
  const receipts = genuine.length === 0 ? [] : await tx.log.appendRequests(genuine, dedupeWindowMs)
  let events = 0
  let repeats = 0
  for (const [i, request] of genuine.entries()) {
    const receipt = receipts[i]
    if (receipt?.isRepeat) repeats++
    else if (!receipt?.isHeld) events += newEvents(request, receipt)
    // A repeat with the same bytes leaves no record, and this one has had one.
    if (receipt?.isRepeat && !receipt.bodyDiffers) await keepRepeat(tx, request, receipt.requestId)
  }
  await tx.quarantine.markAccepted(genuine, now)
  return { accepted: genuine.length - repeats, repeats, events, gone: requests.length - genuine.length }
}

function newEvents({ events }: NewRequest, receipt: Receipt | undefined): number {
  return events.filter(({ id }) => receipt?.eventIds.includes(id)).length
}

function keepRepeat(tx: QuarantineTx, request: NewRequest, firstId: string): Promise<void> {
  const detail = `The same event came before in ${firstId}; no event was made.`
  return tx.log.keepRecords([{ ...request, verdict: 'duplicate', cause: 'REPEATED', detail, events: [] }], firstId)
}
