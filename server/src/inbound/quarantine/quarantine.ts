import type { Commit } from '../../base/command.ts'
import type { Log } from '../../base/log.ts'
import type { Meter } from '../../base/meter.ts'
import type { QuarantineBounds } from '../../base/quarantine-bounds.ts'
import type { Seal } from '../../base/seal.ts'
import { keepQuarantined } from '../../events/quarantine.ts'
import { type Quarantined, quarantinedBytes } from '../../events/quarantine-store.ts'
import type { NewRequest } from '../../events/request.ts'
import type { Incoming } from '../source.ts'
import { networkOf } from './network.ts'
import { sealParts } from './sealed-parts.ts'

export interface QuarantineNeeds {
  commit: Commit
  seal: Seal
  journal: Log
  meter: Meter
  bounds: QuarantineBounds
  limits?: QueueLimits
}

/** How much may wait for the database, and how much of it is written at once. */
export interface QueueLimits {
  requests: number
  bytes: number
  batch: { requests: number; bytes: number }
  /** How long whoever brings a request waits for it to be written. */
  waitMs: number
}

/** Little enough at once that a genuine request, which waits for the same writer, does not notice. */
const usualLimits: QueueLimits = {
  requests: 1000,
  bytes: 16 * 1024 * 1024,
  batch: { requests: 64, bytes: 256 * 1024 },
  waitMs: 900,
}

/** Where refused requests go. */
export interface Quarantine {
  /**
   * Keeps a refused request; answers when it is kept, or when it is clear that it is not: too many wait already, the
   * database takes nothing, or has not done so in time. Never rejects.
   */
  keep(request: NewRequest, incoming: Pick<Incoming, 'url' | 'headers'>): Promise<void>
  /** Waits for what is under way. */
  close(): Promise<void>
}

interface Waiting {
  entry: Quarantined
  done(): void
}

/**
 * Keeps what is refused, apart from what is genuine: it has a queue of its own, and is written in groups, one at a time.
 * When more comes than is written, the network that has most in the queue loses its latest, which is counted and dropped:
 * so a flood keeps nobody else's out, here as little as in the database.
 */
export function createQuarantine(needs: QuarantineNeeds): Quarantine {
  const { limits = usualLimits, meter } = needs
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined

  function enqueue(entry: Quarantined): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limits.waitMs)
      waiting.push({
        entry,
        done() {
          clearTimeout(timer)
          resolve()
        },
      })
      waitingBytes += entry.bytes
      writing ??= write().finally(() => {
        writing = undefined
      })
    })
  }

  async function write(): Promise<void> {
    // What comes in this turn is written together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const batch = waiting.slice(0, sizeOf(waiting, limits.batch))
      waiting = waiting.slice(batch.length)
      const entries = batch.map(({ entry }) => entry)
      waitingBytes -= bytesOf(entries)
      await writeBatch(entries, needs)
      for (const { done } of batch) done()
    }
  }

  function dropOne(by: (entry: Quarantined) => number): void {
    const dropped = latestOfLongest(waiting, by)
    if (dropped === undefined) return
    waiting.splice(waiting.indexOf(dropped), 1)
    waitingBytes -= dropped.entry.bytes
    dropped.done()
    meter.add('trunkline_quarantine_dropped_total', 1, { reason: 'overflow' })
  }

  return {
    async keep(request, incoming) {
      const kept = enqueue(entryOf(request, incoming, needs))
      while (waiting.length > limits.requests) dropOne(() => 1)
      // One that is large by itself may wait alone.
      while (waiting.length > 1 && waitingBytes > limits.bytes) dropOne(({ bytes }) => bytes)
      return kept
    },
    close: async () => writing,
  }
}

function latestOfLongest(waiting: readonly Waiting[], by: (entry: Quarantined) => number): Waiting | undefined {
  const lengths = new Map<string, number>()
  const latest = new Map<string, Waiting>()
  for (const each of waiting) {
    const queue = `${each.entry.request.sourceId} ${each.entry.network}`
    lengths.set(queue, (lengths.get(queue) ?? 0) + by(each.entry))
    latest.set(queue, each)
  }
  const [longest] = [...lengths].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])
  return latest.get(longest)
}

/** A body that is larger than all that its network may keep is not kept; its record is. */
function entryOf(
  request: NewRequest,
  incoming: Pick<Incoming, 'url' | 'headers'>,
  { seal, bounds }: QuarantineNeeds,
): Quarantined {
  const sealedParts = sealParts(incoming, request, seal)
  const network = networkOf(request.senderAddress)
  const bytes = quarantinedBytes({ request, sealedParts })
  if (bytes <= bounds.network.bytes || request.body === null) return { request, network, sealedParts, bytes }
  const light = { ...request, body: null }
  return { request: light, network, sealedParts, bytes: quarantinedBytes({ request: light, sealedParts }) }
}

/** Writes a group. The senders are refused all the same, and the log has the cause of each. */
async function writeBatch(entries: readonly Quarantined[], needs: QuarantineNeeds): Promise<void> {
  const { commit, meter, journal, bounds } = needs
  try {
    const pushedOut = await commit(keepQuarantined, { entries, bounds })
    if (pushedOut > 0) meter.add('trunkline_quarantine_pushed_out_total', pushedOut)
  } catch (error) {
    meter.add('trunkline_quarantine_dropped_total', entries.length, { reason: 'unwritten' })
    journal.warn('refused.unrecorded', { requests: entries.map(({ request }) => request.id), error: error as Error })
  }
}

function sizeOf(waiting: readonly Waiting[], most: QueueLimits['batch']): number {
  let bytes = 0
  let size = 0
  for (const { entry } of waiting) {
    bytes += entry.bytes
    if (size === most.requests || (size > 0 && bytes > most.bytes)) break
    size++
  }
  return size
}

const bytesOf = (entries: readonly Quarantined[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0)
