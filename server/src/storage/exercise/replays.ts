import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import type { NewEvent } from '../../events/event.ts'
import { readHere } from '../../events/follow/exercise-reading.ts'
import type { Job } from '../../jobs/job.ts'
import { startJob, takeJob } from '../../jobs/keep-job.ts'
import type { JobKind } from '../../jobs/step.ts'
import type { DeliveryStatus } from '../../outbound/delivery/delivery.ts'
import type { NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { cancelling } from '../../outbound/replay/cancel.ts'
import type { ChoiceArgs } from '../../outbound/replay/choice.ts'
import { type CleanArgs, cleaning } from '../../outbound/replay/clean.ts'
import { cancelTold, startRecorded } from '../../outbound/replay/record.ts'
import { type ReplayArgs, replaying } from '../../outbound/replay/replay.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, makeEvent, news, t0 } from './rows.ts'

const states: readonly DeliveryStatus[] = ['pending', 'waiting', 'success', 'failed']
const now = t0 + 1_000_000

/** Sending again, cancelling and cleaning, as jobs: each delivery that is meant once, whatever happens meanwhile. */
export function exerciseReplays(at: Bench): void {
  describe('a replay', () => {
    let keptSince = 0
    const reader = readHere([fanOut])
    const reads = () => ({ ...at.storage.reads, keptSince: () => keptSince, reader, limitMs: 1000 })

    /** A workspace with an endpoint and events, some of them with deliveries in these states. */
    async function prepare(made: readonly (DeliveryStatus | 'none')[], over: Partial<Endpoint> = {}) {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, { eventTypes: ['paid'], ...over })
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
      const events: NewEvent[] = []
      const deliveries: (NewDelivery | undefined)[] = []
      for (const [i, state] of made.entries()) {
        const event = makeEvent({ workspaceId, type: 'paid', data: String(i), at: t0 + i })
        const { seq } = await at.storage.commit(publishEvent, event)
        events.push(event)
        if (state === 'none') {
          deliveries.push(undefined)
          continue
        }
        const of = { endpointId: endpoint.id, eventId: event.id, eventSeq: seq, eventType: 'paid', createdAt: t0 + i }
        const delivery = makeDelivery(workspaceId, of)
        deliveries.push(delivery)
        await at.inside.deliveries.add([delivery])
        await set(delivery.id, state)
      }
      const id = (i: number) => deliveries[i]?.id ?? ''
      const read = (i: number) => at.storage.reads.deliveries.read(workspaceId, id(i))
      const statuses = async () => Promise.all(made.map(async (_, i) => (await read(i))?.status ?? 'none'))
      return { workspaceId, endpoint, events, id, read, statuses }
    }

    const set = (id: string, state: DeliveryStatus) =>
      at.sql(
        'UPDATE deliveries SET status = ?, attempts = 3, tries = 3, cause = ?, ended_at = ? WHERE id = ?',
        states.indexOf(state),
        state === 'failed' ? 'SERVER_ERROR' : null,
        state === 'success' || state === 'failed' ? t0 + 50 : null,
        id,
      )

    async function begin(workspaceId: string, kind: string, args: object): Promise<Job> {
      const plan = { count: null, isAtLeast: false }
      const job = { id: newId('job', now), workspaceId, kind, args: { ...args }, plan, perSecond: null }
      await at.storage.commit(startJob, { job, now })
      const taken = await at.storage.commit(takeJob, { id: job.id, owner: newId('process', now) })
      if (!taken) throw new Error('the job is to be had')
      return taken
    }

    async function finish(job: Job, kind: JobKind, limit: number): Promise<Job['counts']> {
      let current: Job | null = job
      for (let steps = 0; current?.status === 'running'; steps++) {
        if (steps > 200) throw new Error('it never ends')
        current = await kind.step(current, { limit, now, commit: at.storage.commit })
      }
      if (!current) throw new Error('the job was lost')
      return current.counts
    }

    async function replay(workspaceId: string, args: Partial<ReplayArgs>, limit = 2) {
      const stirred: string[] = []
      let told = 0
      const kind = replaying({
        reads: reads(),
        onStirred: (ids) => void stirred.push(...ids),
        onNews: () => void told++,
      })
      const upTo = await at.storage.reads.log.lastPlace()
      const whole = { status: ['failed'] as const, upTo, ...args }
      const counts = await finish(await begin(workspaceId, 'replay', whole), kind, limit)
      return { counts, told, stirred: [...new Set(stirred)] }
    }
    const cancel = async (workspaceId: string, args: Partial<ChoiceArgs>) => {
      const whole = { status: ['pending', 'waiting'], ...args }
      const kind = cancelling({ reads: reads(), onEnded: () => {}, onNews: () => {} })
      return finish(await begin(workspaceId, 'cancel-deliveries', whole), kind, 2)
    }
    const clean = async (workspaceId: string, args: Partial<CleanArgs>, limit = 2) => {
      const whole = { status: ['success', 'failed'], ...args }
      return finish(
        await begin(workspaceId, 'clean-deliveries', whole),
        cleaning({ reads: at.storage.reads.deliveries, onNews: () => {} }),
        limit,
      )
    }

    it('makes those due that are meant, with a new round of tries, and leaves the others', async () => {
      const made = await prepare(['failed', 'success', 'pending', 'failed', 'failed', 'waiting'])
      const { counts, stirred } = await replay(made.workspaceId, {})
      expect(counts).toMatchObject({ looked: 3, replayed: 3, made: 0, doneMeanwhile: 0 })
      expect(stirred).toEqual([made.endpoint.id])
      expect(await made.statuses()).toEqual(['pending', 'success', 'pending', 'pending', 'pending', 'waiting'])
      expect(await made.read(0)).toMatchObject({ dueAt: now, attempts: 3, cause: null, endedAt: null })
      expect(await made.read(2)).toMatchObject({ dueAt: t0 + 2 })
      const [lane] = await at.sql('SELECT next_due FROM lanes WHERE endpoint_id = ?', made.endpoint.id)
      expect(Number(lane?.next_due)).toBeLessThanOrEqual(now)
      const again = await replay(made.workspaceId, {})
      expect(again.counts).toMatchObject({ looked: 0, replayed: 0 })
    })

    it('chooses by the order key of the event', async () => {
      const made = await prepare(['failed', 'failed', 'failed'])
      await at.sql("UPDATE events SET order_key = 'k1' WHERE id = ?", made.events[1]?.id ?? '')
      const { counts } = await replay(made.workspaceId, { orderKey: 'k1' }, 1)
      expect(counts).toMatchObject({ looked: 1, replayed: 1 })
      expect(await made.statuses()).toEqual(['failed', 'pending', 'failed'])
    })

    it('chooses by what the event says', async () => {
      const made = await prepare(Array.from({ length: 30 }, () => 'failed' as const))
      const { counts } = await replay(made.workspaceId, { where: { data: { $gte: 10, $lt: 27 }, type: 'paid' } }, 25)
      expect(counts).toMatchObject({ looked: 17, replayed: 17 })
      const due = (await made.statuses())
        .map((status, i) => ({ status, i }))
        .filter(({ status }) => status === 'pending')
      expect(due.map(({ i }) => i)).toEqual(Array.from({ length: 17 }, (_, i) => 10 + i))
      expect((await replay(made.workspaceId, { where: { type: 'other' } })).counts).toMatchObject({ looked: 0 })
      // What is large is read elsewhere.
      const [large, small] = [JSON.stringify({ a: 'x'.repeat(70_000) }), '{"a":1}']
      for (const [i, data] of [large, small].entries())
        await at.sql(
          'UPDATE events SET data = ?, data_bytes = ? WHERE id = ?',
          data,
          data.length,
          made.events[i]?.id ?? '',
        )
      const asked = { where: { 'data.a': { $startsWith: 'xx' } } }
      expect((await replay(made.workspaceId, asked)).counts).toMatchObject({ looked: 1, replayed: 1 })
      expect((await made.statuses()).slice(0, 2)).toEqual(['pending', 'failed'])
    })

    it('passes over what cannot be sent, and says why', async () => {
      const gone = await prepare(['failed'])
      const { workspaceId } = gone
      const change = { workspaceId, now, news: news(workspaceId, 'endpoint.deleted', gone.endpoint.id) }
      await at.storage.commit(deleteEndpoint, { ...change, id: gone.endpoint.id })
      expect((await replay(workspaceId, {})).counts).toMatchObject({ looked: 1, replayed: 0, endpointGone: 1 })
      expect(await gone.statuses()).toEqual(['failed'])

      const disabled = await prepare(['failed'])
      const update = { workspaceId: disabled.workspaceId, id: disabled.endpoint.id, now }
      const told = news(disabled.workspaceId, 'endpoint.updated', disabled.endpoint.id)
      await at.storage.commit(updateEndpoint, { ...update, changes: { status: 'disabled' }, news: told })
      expect((await replay(disabled.workspaceId, {})).counts).toMatchObject({ replayed: 0, endpointDisabled: 1 })

      const swept = await prepare(['failed', 'failed', 'failed'])
      await at.sql('DELETE FROM events WHERE id = ?', swept.events[0]?.id ?? '')
      await at.sql('UPDATE events SET data = NULL, erased_at = ? WHERE id = ?', t0, swept.events[1]?.id ?? '')
      const { counts } = await replay(swept.workspaceId, {})
      expect(counts).toMatchObject({ looked: 3, replayed: 1, eventGone: 1, erased: 1 })
      expect(await swept.statuses()).toEqual(['failed', 'failed', 'pending'])
    })

    it('meets with grace what is removed or retried between its look and its step', async () => {
      const made = await prepare(['failed', 'failed', 'failed'])
      const kind = replaying({ reads: reads(), onStirred: () => {}, onNews: () => {} })
      const job = await begin(made.workspaceId, 'replay', { status: ['failed'], upTo: 0 })
      const after = await kind.step(job, {
        limit: 10,
        now,
        commit: async (command, args) => {
          await at.sql('DELETE FROM deliveries WHERE id = ?', made.id(0))
          await set(made.id(1), 'success')
          return at.storage.commit(command, args)
        },
      })
      expect(after).toMatchObject({ status: 'done', counts: { looked: 3, replayed: 1, doneMeanwhile: 2 } })
      expect(await made.statuses()).toEqual(['none', 'success', 'pending'])
    })

    it('is told when it begins and when it ends', async () => {
      const made = await prepare(['failed', 'failed', 'failed'])
      const { workspaceId } = made
      const id = newId('job', now)
      const args = { status: ['failed'], upTo: 0 }
      const job = { id, workspaceId, kind: 'replay', args, plan: { count: 3, isAtLeast: false }, perSecond: 7 }
      await at.storage.commit(startRecorded, { job, startedBy: 'cred_1', now })
      expect((await replay(workspaceId, {})).told).toBe(1)
      const news = await at.sql(
        "SELECT type, subject, data FROM events WHERE workspace_id = ? AND type LIKE 'trunkline.job.%' ORDER BY seq",
        workspaceId,
      )
      expect(news.map(({ type }) => type)).toEqual(['trunkline.job.started', 'trunkline.job.ended'])
      const said = { id, kind: 'replay', startedBy: 'cred_1', args, count: 3, perSecond: 7 }
      expect([news[0]?.subject, JSON.parse(String(news[0]?.data))]).toEqual([id, said])
      expect(JSON.parse(String(news[1]?.data))).toMatchObject({ status: 'done', counts: { looked: 3, replayed: 3 } })
      expect(await at.storage.reads.jobs.read(workspaceId, id)).toMatchObject({ status: 'running', args })
    })

    it('retries now what waits for its next attempt', async () => {
      const made = await prepare(['pending', 'failed'])
      expect((await replay(made.workspaceId, { status: ['pending'] })).counts).toMatchObject({ looked: 1, replayed: 1 })
      expect(await made.read(0)).toMatchObject({ status: 'pending', dueAt: now })
      expect(await made.statuses()).toEqual(['pending', 'failed'])
    })

    it('does nothing once it is cancelled, and nothing twice', async () => {
      const made = await prepare(['failed', 'failed', 'failed', 'failed'])
      const kind = replaying({ reads: reads(), onStirred: () => {}, onNews: () => {} })
      const job = await begin(made.workspaceId, 'replay', { status: ['failed'], upTo: 0 })
      const step = (from: Job) => kind.step(from, { limit: 2, now, commit: at.storage.commit })
      const first = await step(job)
      expect(first?.counts).toMatchObject({ looked: 2, replayed: 2 })
      await set(made.id(0), 'success')
      // A step whose answer was lost, or a process that was believed dead.
      expect(await step(job)).toBeNull()
      expect(await made.statuses()).toEqual(['success', 'pending', 'failed', 'failed'])
      for (let i = 0; i < 2; i++) {
        await at.storage.commit(cancelTold, { workspaceId: made.workspaceId, id: job.id, now })
      }
      const told = await at.sql("SELECT data FROM events WHERE subject = ? AND type = 'trunkline.job.ended'", job.id)
      expect(told.map(({ data }) => JSON.parse(String(data)))).toEqual([
        { id: job.id, kind: 'replay', status: 'cancelled', counts: first?.counts },
      ])
      if (first) expect(await step(first)).toBeNull()
      expect(await made.statuses()).toEqual(['success', 'pending', 'failed', 'failed'])
    })

    it('makes what an endpoint has missed, beside what has failed, in the order of the log', async () => {
      const made = await prepare(['none', 'failed', 'success', 'none', 'failed', 'none', 'pending'], {
        // It came to exist behind all of them.
        afterSeq: 1_000_000,
      })
      const { workspaceId, endpoint } = made
      await at.storage.commit(publishEvent, makeEvent({ workspaceId, type: 'other', at: t0 + 3 }))
      const args = { endpointId: endpoint.id, include: ['missed' as const], from: new Date(t0).toISOString() }
      const { counts, stirred } = await replay(workspaceId, args, 3)
      expect(counts).toMatchObject({ looked: 5, replayed: 2, made: 3, doneMeanwhile: 0 })
      expect(stirred).toEqual([endpoint.id])
      const rows = await at.sql(
        'SELECT event_id, status, due_at FROM deliveries WHERE endpoint_id = ? AND due_at = ? ORDER BY event_seq',
        endpoint.id,
        now,
      )
      expect(rows.map((row) => row.event_id)).toEqual([0, 1, 3, 4, 5].map((i) => made.events[i]?.id))
      expect((await replay(workspaceId, args)).counts).toMatchObject({ looked: 0 })
    })

    it('takes for missed what the endpoint would get with its filter of today', async () => {
      const made = await prepare(['none', 'failed', 'none', 'none'], { filter: '{"data":{"$in":[0,3]}}' })
      const args = { endpointId: made.endpoint.id, include: ['missed' as const] }
      expect((await replay(made.workspaceId, { ...args, where: { data: 0 } })).counts).toMatchObject({
        looked: 1,
        made: 1,
      })
      const { counts } = await replay(made.workspaceId, args)
      // What has a delivery got it when it was wanted.
      expect(counts).toMatchObject({ looked: 2, made: 1, replayed: 1 })
    })

    it('takes nothing for missed of which nobody knows, or that fan-out has still to see', async () => {
      const made = await prepare(['none', 'none', 'success', 'none', 'none'])
      const { workspaceId, endpoint } = made
      await at.sql('UPDATE events SET erased_at = ? WHERE id = ?', t0, made.events[3]?.id ?? '')
      // The third was delivered and is cleaned away: of it and of those before it nobody knows any more.
      expect(await clean(workspaceId, { endpointId: endpoint.id, keep: 0 })).toMatchObject({ removed: 1 })
      const args = { endpointId: endpoint.id, include: ['missed' as const] }
      const last = await at.storage.reads.log.lastPlace()
      const [fifth] = await at.sql('SELECT seq FROM events WHERE id = ?', made.events[4]?.id ?? '')
      expect((await replay(workspaceId, { ...args, upTo: Number(fifth?.seq) - 1 })).counts).toMatchObject({ looked: 0 })
      keptSince = t0 + 5
      expect((await replay(workspaceId, args)).counts).toMatchObject({ looked: 0 })
      keptSince = 0
      const { counts } = await replay(workspaceId, { ...args, upTo: last })
      expect(counts).toMatchObject({ looked: 1, made: 1 })
    })

    it('can be of what waits, which is then cancelled', async () => {
      const made = await prepare(['pending', 'failed', 'waiting', 'success', 'pending'])
      const counts = await cancel(made.workspaceId, { to: new Date(t0 + 4).toISOString() })
      expect(counts).toMatchObject({ looked: 2, cancelled: 2, doneMeanwhile: 0 })
      expect(await made.statuses()).toEqual(['failed', 'failed', 'failed', 'success', 'pending'])
      expect(await made.read(0)).toMatchObject({ cause: 'CANCELLED', endedAt: now })
      expect(await made.read(1)).toMatchObject({ cause: 'SERVER_ERROR' })
    })

    it('of what goes one after the other lets one go, and a cancelled queue none', async () => {
      const made = await prepare(['pending', 'waiting', 'waiting', 'waiting', 'waiting'], { ordering: 'endpoint' })
      const { workspaceId, endpoint } = made
      await at.sql("UPDATE deliveries SET order_key = '' WHERE endpoint_id = ?", endpoint.id)
      const kind = cancelling({ reads: reads(), onEnded: () => {}, onNews: () => {} })
      const job = await begin(workspaceId, 'cancel-deliveries', { status: ['pending', 'waiting'] })
      const step = (from: Job) => kind.step(from, { limit: 2, now, commit: at.storage.commit })
      const first = await step(job)
      expect(await made.statuses()).toEqual(['pending', 'waiting', 'waiting', 'failed', 'failed'])
      if (first) await finish(first, kind, 2)
      expect(await made.statuses()).toEqual(Array.from({ length: 5 }, () => 'failed'))
      expect((await replay(workspaceId, {}, 2)).counts).toMatchObject({ looked: 5, replayed: 5 })
      expect(await made.statuses()).toEqual(['pending', 'waiting', 'waiting', 'waiting', 'waiting'])
    })

    it('leaves of the ended ones so many of the newest, and none that are too old', async () => {
      const made = await prepare(['failed', 'success', 'pending', 'success', 'failed', 'success'])
      const { workspaceId } = made
      expect(await clean(workspaceId, { status: ['success'], keep: 2 })).toMatchObject({
        looked: 3,
        removed: 1,
        kept: 2,
      })
      expect(await made.statuses()).toEqual(['failed', 'none', 'pending', 'success', 'failed', 'success'])
      await at.sql('UPDATE deliveries SET ended_at = ? WHERE id = ?', t0 + 10, made.id(4))
      const old = { endedBefore: new Date(t0 + 20).toISOString() }
      expect(await clean(workspaceId, old, 1)).toMatchObject({ looked: 4, removed: 1, kept: 3 })
      expect(await made.statuses()).toEqual(['failed', 'none', 'pending', 'success', 'none', 'success'])
      expect(await clean(workspaceId, { ...old, keep: 1 })).toMatchObject({ looked: 3, removed: 2, kept: 1 })
      expect(await made.statuses()).toEqual(['none', 'none', 'pending', 'none', 'none', 'success'])
    })
  })
}
