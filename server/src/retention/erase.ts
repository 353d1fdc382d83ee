import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import { dedupeWindowMs } from '../events/append.ts'
import type { Erased, ErasureStore } from './erasure-store.ts'

/** One event, or one request with its events. */
export type OneThing = { eventId: string } | { requestId: string }

type EraseTx = { erasure: ErasureStore }

/**
 * Erases what an event or a request said, wherever it stands. Rows and ids stay; twice is once. Unfinished deliveries end
 * with the cause ERASED. Rejects with NOT_FOUND when the workspace has none of that id.
 */
export const eraseOne = command<EraseTx, { workspaceId: string; now: number; what: OneThing }, Erased>(
  'erase-one',
  async (tx, { workspaceId, now, what }) => {
    const isEvent = 'eventId' in what
    const erased = isEvent
      ? await tx.erasure.eraseEvent(workspaceId, what.eventId, now, dedupeWindowMs)
      : await tx.erasure.eraseRequest(workspaceId, what.requestId, now, dedupeWindowMs)
    if (erased) return erased
    throw new Problem(
      'NOT_FOUND',
      isEvent ? `there is no event "${what.eventId}"` : `there is no request "${what.requestId}"`,
    )
  },
)

/** How many events are looked at again in one turn. */
const lateAtOnce = 50

/** Erases the answers of attempts that were on the wire when their event was erased. */
export const eraseLate = command<EraseTx, { now: number }, { attempts: number; isDone: boolean }>(
  'erase-late',
  async (tx, { now }) => {
    const { looked, attempts } = await tx.erasure.eraseLate(now, now, lateAtOnce)
    return { attempts, isDone: looked < lateAtOnce }
  },
)
