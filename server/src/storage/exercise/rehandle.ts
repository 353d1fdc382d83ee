import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { readHere } from '../../events/follow/exercise-reading.ts'
import type { FactReader } from '../../events/follow/reading.ts'
import type { Job } from '../../jobs/job.ts'
import { startJob, takeJob } from '../../jobs/keep-job.ts'
import { createEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { rehandling } from '../../rehandle.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, makeEvent, news, t0 } from './rows.ts'

/** Events that are handled again: what a follower has made of them stays as it is, what it missed is made. */
export function exerciseRehandle(at: Bench): void {
  describe('an event that is handled again', () => {
    const publish = async (event: ReturnType<typeof makeEvent>) => (await at.storage.commit(publishEvent, event)).seq

    it('is found by what is asked for, in the order of the log, a part at a time', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const seqs: number[] = []
      for (let i = 0; i < 12; i++) {
        seqs.push(
          await publish(
            makeEvent({
              workspaceId: i % 4 === 3 ? other : workspaceId,
              type: i % 2 === 0 ? 'a.even' : 'b.odd',
              customer: i % 3 === 0 ? 'c3' : null,
              sourceId: i < 6 ? 'src_1' : null,
              at: t0 + i,
            }),
          ),
        )
      }
      const last = seqs.at(-1) ?? 0
      const { scanEvents } = at.storage.reads.log
      const all = async (span: Partial<Parameters<typeof scanEvents>[1]>, limit: number) => {
        const found: number[] = []
        for (let after = 0, isEnd = false; !isEnd; ) {
          const scan = await scanEvents(workspaceId, { upTo: last, ...span }, after, limit)
          found.push(...scan.seqs.map((seq) => seqs.indexOf(seq)))
          expect(scan.isEnd || scan.last > after).toBe(true)
          after = scan.last
          isEnd = scan.isEnd
        }
        return found
      }
      const own = seqs.map((_, i) => i).filter((i) => i % 4 !== 3)
      for (const limit of [1, 5, 100]) {
        expect(await all({}, limit)).toEqual(own)
        expect(await all({ type: 'a.*' }, limit)).toEqual(own.filter((i) => i % 2 === 0))
        expect(await all({ type: 'b.odd', customer: 'c3' }, limit)).toEqual(own.filter((i) => i % 6 === 3))
        expect(await all({ sourceId: 'src_1' }, limit)).toEqual(own.filter((i) => i < 6))
        expect(await all({ from: t0 + 4, to: t0 + 9 }, limit)).toEqual(own.filter((i) => i >= 4 && i < 9))
        expect(await all({ upTo: seqs[4] ?? 0 }, limit)).toEqual(own.filter((i) => i <= 4))
      }
      const [first, second] = await at.inside.log.eventsAt([seqs[1] ?? 0, seqs[0] ?? 0], true)
      expect([first?.seq, second?.seq, first?.data]).toEqual([seqs[0], seqs[1], '{"n":1}'])
      expect((await at.inside.log.eventsAt([seqs[1] ?? 0], false))[0]).toMatchObject({ type: 'b.odd', data: null })
      const odd = await publish({ ...makeEvent({ workspaceId, data: '{"ä":1}' }), receivedAt: t0 + 60_000 })
      const none = await publish(makeEvent({ workspaceId, data: null }))
      const found = await at.inside.log.eventsAt([odd, none, seqs[0] ?? 0, 2 ** 50], false)
      expect(found.map(({ seq, dataBytes }) => [seq, dataBytes])).toEqual([
        [seqs[0], 7],
        [odd, 8],
        [none, 0],
      ])
      const gone = { seq: 2 ** 50, receivedAt: t0 }
      expect(await at.inside.log.dataOf([...found.toReversed(), gone])).toEqual(
        new Map([
          [seqs[0], '{"n":1}'],
          [odd, '{"ä":1}'],
          [none, null],
        ]),
      )
      expect(await at.inside.log.dataOf([])).toEqual(new Map())
    })

    it('is read elsewhere first where a filter looks into much data', async () => {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, { filter: '{"data.n":{"$gte":2}}' })
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
      for (const [n, length] of [1, 70_000, 1, 70_000].entries()) {
        await publish(makeEvent({ workspaceId, type: 'paid', data: JSON.stringify({ n, text: 'x'.repeat(length) }) }))
      }
      let read = 0
      const reader = readHere([fanOut])
      const counting: typeof reader = {
        ...reader,
        read(name, events, settings, limitMs) {
          read += events.length
          return reader.read(name, events, settings, limitMs)
        },
      }
      expect(await rehandle(at, workspaceId, counting)).toMatchObject({ looked: 4, made: 2, failed: 0 })
      expect(read).toBe(2)
    })

    it('makes the deliveries that were missed, and none twice', async () => {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, { eventTypes: ['nothing'] })
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
      for (let i = 0; i < 5; i++) await publish(makeEvent({ workspaceId, type: 'paid', data: String(i) }))
      const update = { workspaceId, id: endpoint.id, changes: { eventTypes: ['paid'] }, now: t0 }
      await at.storage.commit(updateEndpoint, { ...update, news: news(workspaceId, 'endpoint.updated', endpoint.id) })
      const stirred: string[] = []
      const run = () => rehandle(at, workspaceId, readHere([]), (lanes) => stirred.push(...lanes))
      const deliveries = () => at.sql('SELECT id FROM deliveries WHERE endpoint_id = ?', endpoint.id)
      expect(await run()).toEqual({ looked: 5, made: 5, failed: 0, passedOver: 0 })
      expect(new Set(stirred)).toEqual(new Set([endpoint.id]))
      expect(await deliveries()).toHaveLength(5)
      expect(await run()).toMatchObject({ looked: 5, made: 0 })
      expect(await deliveries()).toHaveLength(5)
    })
  })
}

/** Has fan-out handle the workspace's events of the type `paid` again; answers what the job has counted. */
async function rehandle(
  at: Bench,
  workspaceId: string,
  reader: FactReader,
  onLanes: (lanes: readonly string[]) => void = () => {},
) {
  const { commit, reads } = at.storage
  const kind = rehandling({
    ...{ log: reads.log, settings: () => undefined, reader, limitMs: 0 },
    onStirred: ({ lanes }) => onLanes(lanes),
  })
  const args = { follower: 'fan-out', type: 'paid', upTo: await reads.log.lastPlace() }
  const plan = { count: 5, isAtLeast: false }
  const fresh = { id: newId('job', t0), workspaceId, kind: 'rehandle', args, plan, perSecond: null }
  await commit(startJob, { job: fresh, now: t0 })
  let job: Job | null = await commit(takeJob, { id: fresh.id, owner: 'proc_1' })
  while (job?.status === 'running') job = await kind.step(job, { limit: 2, now: t0, commit })
  return job?.counts
}
