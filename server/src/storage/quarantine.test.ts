import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepQuarantined } from '../events/quarantine.ts'
import { type QuarantineBounds, quarantinedBytes, usualBounds } from '../events/quarantine-store.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { makeRequest, t0 } from './exercise/rows.ts'
import { longestQueueDrop } from './longest-queue.ts'

const bounds: QuarantineBounds = {
  ...usualBounds,
  network: { requests: 12, bytes: 4000 },
  source: { requests: 24, bytes: 9000 },
}

/** What comes together: from which network, and how large. */
const arrivals = fc.array(
  fc.array(fc.record({ network: fc.integer({ min: 0, max: 6 }), bytes: fc.integer({ min: 0, max: 2500 }) }), {
    minLength: 1,
    maxLength: 9,
  }),
  { minLength: 1, maxLength: 12 },
)

type Holding = Map<string, { requests: number; bytes: number }>

function holdingOf(storage: TestStorage, sourceId: string): Holding {
  const rows = storage.sql('SELECT network, bytes FROM quarantined WHERE source_id = ?', sourceId)
  return sum(rows.map(({ network, bytes }) => ({ network: String(network), bytes: Number(bytes) })))
}

function sum(items: readonly { network: string; bytes: number }[], start: Holding = new Map()): Holding {
  const holding: Holding = new Map([...start].map(([network, room]) => [network, { ...room }]))
  for (const { network, bytes } of items) {
    const room = holding.get(network) ?? { requests: 0, bytes: 0 }
    holding.set(network, { requests: room.requests + 1, bytes: room.bytes + bytes })
  }
  return holding
}

describe('whatever comes from whom', () => {
  it('the bounds hold, and who holds no more than an even part loses nothing', async () => {
    const storage = openTestStorage()
    let run = 0
    await fc.assert(
      fc.asyncProperty(arrivals, async (groups) => {
        const sourceId = `src_${run++}`
        let at = t0
        for (const group of groups) {
          const before = holdingOf(storage, sourceId)
          const entries = group.map(({ network, bytes: size }) => {
            const where = { workspaceId: 'ws_1', sourceId, at: at++ }
            const body = Buffer.alloc(size)
            const request = makeRequest({ ...where, keys: [], body, verdict: 'quarantined', cause: 'STALE' })
            const entry = { request, network: `net-${network}`, sealedParts: null }
            return { ...entry, bytes: quarantinedBytes(entry) }
          })
          await storage.commit(keepQuarantined, { entries, bounds })
          expectFair(sum(entries, before), holdingOf(storage, sourceId))
        }
      }),
      { numRuns: 12 },
    )
    await storage.close()
  }, 60_000)

  /** What there was with all that had come, and what is left of it. */
  function expectFair(full: Holding, left: Holding): void {
    const all = [...left.values()]
    expect(all.reduce((total, { requests }) => total + requests, 0)).toBeLessThanOrEqual(bounds.source.requests)
    expect(all.reduce((total, { bytes }) => total + bytes, 0)).toBeLessThanOrEqual(bounds.source.bytes)
    for (const [network, had] of full) {
      const has = left.get(network) ?? { requests: 0, bytes: 0 }
      expect(has.requests).toBeLessThanOrEqual(bounds.network.requests)
      expect(has.bytes).toBeLessThanOrEqual(bounds.network.bytes)
      const isEven =
        had.requests <= bounds.source.requests / full.size &&
        had.bytes <= bounds.source.bytes / full.size &&
        had.requests <= bounds.network.requests &&
        had.bytes <= bounds.network.bytes
      if (isEven) expect(has).toEqual(had)
    }
  }
})

describe('the longest queue', () => {
  const queue = (network: string, ...sizes: number[]) => ({
    network,
    length: sizes.reduce((total, bytes) => total + bytes, 0),
    items: sizes.map((bytes) => ({ bytes })),
  })
  const weigh = ({ bytes }: { bytes: number }) => bytes

  it('loses its oldest, until it is not the longest any more', () => {
    const queues = [queue('a', 5, 5, 5), queue('b', 1, 9), queue('c', 2)]
    expect(longestQueueDrop(queues, { excess: 12, unseen: 0, weigh })).toEqual([
      { bytes: 5 },
      { bytes: 5 },
      { bytes: 1 },
      { bytes: 9 },
    ])
    expect(longestQueueDrop(queues, { excess: 0, unseen: 0, weigh })).toEqual([])
  })

  it('is not known where one that is not seen may be longer, or its items have come to an end', () => {
    expect(longestQueueDrop([queue('a', 5, 5)], { excess: 9, unseen: 8, weigh })).toEqual([{ bytes: 5 }])
    const partly = { ...queue('a', 1), length: 100 }
    expect(longestQueueDrop([partly], { excess: 9, unseen: 0, weigh })).toEqual([{ bytes: 1 }])
  })
})
