import { command } from '../base/command.ts'
import { dedupeWindowMs } from '../events/append.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { type JobKind, keepStep, type StepCall, type StepKept } from '../jobs/step.ts'
import type { Erased, ErasureReads, ErasureStore } from './erasure-store.ts'

/** A customer's events, then what waits outside the log, then the accounts. */
export const eraseCustomerKind = 'erase-customer'

/** What one step erases, as it was found. */
type Work =
  | { phase: 'events'; eventIds: readonly string[]; looked: number; upTo: number; isLast: boolean }
  | { phase: 'held' }
  | { phase: 'accounts' }

/** Each of them takes several statements, and on SQLite everybody waits for the transaction. */
const erasedAtOnce = 25
const heldAtOnce = 25

/** Erases a batch of what a customer's events said, and moves the job. */
export const eraseCustomerStep = command<
  { jobs: JobStore; erasure: ErasureStore },
  StepCall<Work> & { customer: string },
  StepKept<readonly string[]> | null
>('erase-customer-step', (tx, call) =>
  keepStep<typeof tx, Work, readonly string[]>(async (_, work, { workspaceId, cursor }) => {
    const { customer, now } = call
    switch (work.phase) {
      case 'events': {
        const erased: Erased[] = []
        for (const id of work.eventIds) {
          const one = await tx.erasure.eraseEvent(workspaceId, id, now, dedupeWindowMs)
          if (one) erased.push(one)
        }
        return {
          cursor: work.isLast ? 'held:0' : `events:${work.upTo}`,
          counts: { looked: work.looked, ...sum(erased) },
          isDone: false,
          more: erased.flatMap(({ endpoints }) => endpoints),
        }
      }
      case 'held': {
        const one = await tx.erasure.eraseHeld(workspaceId, customer, now, dedupeWindowMs, heldAtOnce)
        const round = Number(cursor?.slice('held:'.length) ?? 0) + 1
        const next = one.counts.held === 0 ? 'accounts' : `held:${round}`
        return { cursor: next, counts: { looked: one.counts.held, ...sum([one]) }, isDone: false, more: [] }
      }
      case 'accounts': {
        const one = await tx.erasure.eraseAccounts(workspaceId, customer)
        return { cursor, counts: { looked: one.counts.accounts, ...sum([one]) }, isDone: true, more: [] }
      }
    }
  })(tx, call),
)

function sum(all: readonly Erased[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { counts: each } of all)
    for (const [name, count] of Object.entries(each)) if (count > 0) counts[name] = (counts[name] ?? 0) + count
  return counts
}

/** The job that erases everything that was said by and about a customer. `args` are `{customer}`. */
export function erasingCustomers(needs: {
  reads: ErasureReads
  /** Deliveries to these endpoints have ended: what is in hand must not be sent. */
  onEnded(endpointIds: readonly string[]): void
}): JobKind {
  return {
    kind: eraseCustomerKind,
    async step(job, { limit, now, commit }) {
      const customer = String(job.args.customer)
      const work = await nextWork(needs.reads, job, customer, limit)
      const kept = await commit(eraseCustomerStep, { job, now, work, customer })
      if (kept && kept.more.length > 0) needs.onEnded([...new Set(kept.more)])
      return kept?.job ?? null
    },
  }
}

async function nextWork(
  reads: ErasureReads,
  { workspaceId, cursor }: { workspaceId: string; cursor: string | null },
  customer: string,
  limit: number,
): Promise<Work> {
  if (cursor === 'accounts') return { phase: 'accounts' }
  if (cursor?.startsWith('held:')) return { phase: 'held' }
  const after = Number(cursor?.slice('events:'.length) ?? 0)
  const found = await reads.eventsOfCustomer(workspaceId, customer, after, limit)
  const theirs = found.filter(({ isTheirs }) => isTheirs)
  const stop = theirs[erasedAtOnce - 1]
  const looked = stop ? found.filter(({ seq }) => seq <= stop.seq) : found
  return {
    phase: 'events',
    eventIds: theirs.slice(0, erasedAtOnce).map(({ id }) => id),
    looked: looked.length,
    upTo: looked.at(-1)?.seq ?? after,
    isLast: looked.length < limit && looked.length === found.length,
  }
}
