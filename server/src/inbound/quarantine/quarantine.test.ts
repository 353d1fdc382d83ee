import { describe, expect, it } from 'vitest'
import type { Commit } from '../../base/command.ts'
import { silentLog } from '../../base/log.ts'
import { usualBounds } from '../../base/quarantine-bounds.ts'
import { createSeal } from '../../base/seal.ts'
import type { QuarantineBatch } from '../../events/quarantine.ts'
import { createMetrics } from '../../http/metrics.ts'
import { makeRequest } from '../../storage/exercise/rows.ts'
import { Headers } from '../source.ts'
import { createQuarantine, type QueueLimits } from './quarantine.ts'

/** A queue whose database takes a batch only when it is told to. */
function stage(limits: Partial<QueueLimits> = {}) {
  const batches: QuarantineBatch[] = []
  const held: (() => void)[] = []
  const { meter, show } = createMetrics()
  const commit = (async (_: unknown, batch: QuarantineBatch) => {
    batches.push(batch)
    await new Promise<void>((resolve) => held.push(resolve))
    return 0
  }) as unknown as Commit
  const quarantine = createQuarantine({
    commit,
    seal: createSeal(Buffer.alloc(32, 7)),
    journal: silentLog,
    meter,
    bounds: { ...usualBounds, network: { requests: 1000, bytes: 1000 } },
    limits: { requests: 10, bytes: 10_000, batch: { requests: 4, bytes: 5000 }, waitMs: 60_000, ...limits },
  })
  const keep = (senderAddress: string, bytes = 10) =>
    quarantine.keep(
      {
        ...makeRequest({ workspaceId: 'ws_1', sourceId: 'src_1', keys: [], body: Buffer.alloc(bytes) }),
        senderAddress,
        verdict: 'quarantined',
      },
      { url: '/in/x', headers: new Headers([]) },
    )
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const finish = async () => {
    for (let i = 0; i < 50; i++) {
      for (const each of held.splice(0)) each()
      await turn()
    }
    await quarantine.close()
  }
  const written = () => batches.flatMap(({ entries }) => entries)
  return { keep, turn, finish, batches, written, text: async () => (await show()).text }
}

describe('the queue of what is refused', () => {
  it('is written in groups, one at a time, in order', async () => {
    const { keep, turn, finish, batches, written } = stage()
    const kept = Array.from({ length: 9 }, (_, i) => keep(`10.0.${i}.1`))
    await turn()
    await turn()
    expect(batches.map(({ entries }) => entries.length)).toEqual([4])
    await finish()
    await Promise.all(kept)
    expect(batches.map(({ entries }) => entries.length)).toEqual([4, 4, 1])
    expect(written().map(({ network }) => network)).toEqual(Array.from({ length: 9 }, (_, i) => `10.0.${i}.0/24`))
  })

  it('drops of the network that has most in it when it is full, and counts that', async () => {
    const { keep, finish, written, text } = stage()
    const kept = [keep('192.0.2.1'), ...Array.from({ length: 30 }, () => keep('10.0.0.1')), keep('198.51.100.1')]
    await finish()
    await Promise.all(kept)
    const networks = written().map(({ network }) => network)
    expect(networks).toHaveLength(10)
    expect(networks.filter((network) => network === '10.0.0.0/24')).toHaveLength(8)
    expect(networks).toContain('198.51.100.0/24')
    expect(await text()).toMatch(/^trunkline_quarantine_dropped_total\{reason="overflow"\} 22$/m)
  })

  it('drops by size where it holds too much', async () => {
    const { keep, finish, written } = stage({ bytes: 2000 })
    const kept = [keep('192.0.2.1', 200), ...Array.from({ length: 5 }, () => keep('10.0.0.1', 900))]
    await finish()
    await Promise.all(kept)
    expect(written().map(({ network }) => network)).toEqual(['192.0.2.0/24', '10.0.0.0/24'])
  })

  it('keeps the record without the body when that is larger than all its network may keep', async () => {
    const { keep, finish, written } = stage()
    const kept = keep('10.0.0.1', 5000)
    await finish()
    await kept
    expect(written()[0]?.request).toMatchObject({ body: null, bodyBytes: 5000 })
  })

  it('lets nobody wait longer than that', async () => {
    const { keep, finish } = stage({ waitMs: 1 })
    await keep('10.0.0.1')
    await finish()
  })
})
