import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, publishEvent } from '../../events/append.ts'
import { type DeliveryState, deliveryStates, filterOf, stateOf } from '../../outbound/delivery/delivery-state.ts'
import type { DeliveryFilter, DueDelivery, NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import { retryDelivery } from '../../outbound/delivery/retry.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import type { Endpoint } from '../../outbound/endpoint/endpoint.ts'
import { createEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, makeEvent, makeRequest, makeSettle, news, t0 } from './rows.ts'

/** Deliveries: claimed in the order they are due, recorded once, and ended for good. */
export function exerciseDeliveries(at: Bench): void {
  describe('deliveries', () => {
    const owner = newId('process', t0)

    const claimOne = async (
      endpointId: string,
      now: number,
      limit: number,
      inHand: readonly string[],
      bytes: number,
    ) => {
      const claims = await at.inside.deliveries.claim([{ endpointId, limit, inHand }], now, bytes)
      return claims.get(endpointId) ?? { due: [], nextDue: -1 }
    }

    /** An endpoint whose lane is taken, with deliveries of events that are in the log. */
    async function queue(dueTimes: readonly number[], over: Partial<Endpoint> = {}) {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, over)
      const { id: endpointId } = endpoint
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpointId) })
      const deliveries = []
      for (const [i, createdAt] of dueTimes.entries()) {
        const event = makeEvent({ workspaceId, type: 'test.due', data: `{"i":${i}}`, at: t0 + i })
        const { seq } = await at.storage.commit(publishEvent, event)
        deliveries.push(makeDelivery(workspaceId, { endpointId, createdAt, eventId: event.id, eventSeq: seq }))
      }
      await at.inside.deliveries.add(deliveries)
      const generation = (await at.inside.lanes.take(endpointId, owner))?.generation ?? 0
      const claim = (now = t0, limit = 100, inHand: readonly string[] = [], bytes = 1000) =>
        claimOne(endpointId, now, limit, inHand, bytes)
      const read = (id: string) => at.storage.reads.deliveries.read(workspaceId, id)
      return { workspaceId, endpointId, generation, ids: deliveries.map(({ id }) => id), claim, read }
    }
    const one = async (): Promise<Awaited<ReturnType<typeof queue>> & { id: string; due: DueDelivery }> => {
      const made = await queue([t0])
      const [due] = (await made.claim()).due
      if (!due) throw new Error('nothing is due')
      return { ...made, id: due.id, due }
    }
    const idsOf = (due: readonly DueDelivery[]) => due.map(({ id }) => id)

    it('come with what an attempt needs', async () => {
      const workspaceId = await at.workspace()
      const request = makeRequest({ workspaceId, sourceId: newId('source', t0), body: '{"a":"\\u0000é"}' })
      await at.storage.commit(appendRequest, request)
      const event = await at.storage.reads.log.readEvent(workspaceId, request.events[0]?.id ?? '')
      const delivery = makeDelivery(workspaceId, { eventId: event?.id ?? '', eventSeq: event?.seq ?? 0 })
      expect(await at.inside.deliveries.add([delivery])).toBe(1)
      const claim = (bytes: number) => claimOne(delivery.endpointId, t0, 1, [], bytes)
      const due = {
        id: delivery.id,
        eventId: event?.id,
        eventType: 'test.made',
        requestId: request.id,
        workspaceId,
        attempts: 0,
        tries: 0,
        receivedAt: t0,
        data: '{"a":"\\u0000é"}',
        dataBytes: 16,
        orderKey: null,
      }
      expect(await claim(16)).toEqual({ due: [due], nextDue: null })
      expect(await claim(15)).toEqual({ due: [{ ...due, data: null }], nextDue: null })
    })

    it('that are just being made come as a claim would bring them, but for those with much data', async () => {
      const workspaceId = await at.workspace()
      const made: NewDelivery[] = []
      for (const body of ['{"a":"\\u0000é"}', '"larger than the other"']) {
        const request = makeRequest({ workspaceId, sourceId: newId('source', t0), body })
        const events = request.events.map((event) => ({ ...event, hops: 2 }))
        await at.storage.commit(appendRequest, { ...request, events })
        const event = await at.storage.reads.log.readEvent(workspaceId, events[0]?.id ?? '')
        for (let i = 0; i < 2; i++)
          made.push(makeDelivery(workspaceId, { eventId: event?.id ?? '', eventSeq: event?.seq ?? 0 }))
      }
      const fresh = await at.inside.deliveries.fresh(made, 16)
      expect(idsOf(fresh)).toEqual(made.slice(0, 2).map(({ id }) => id))
      await at.inside.deliveries.add(made)
      for (const [i, each] of fresh.entries())
        expect((await claimOne(made[i]?.endpointId ?? '', t0, 1, [], 16)).due).toEqual([each])
      expect(await at.inside.deliveries.fresh([], 16)).toEqual([])
      const gone = makeDelivery(workspaceId, { eventId: newId('event', t0), eventSeq: 2 ** 40 })
      expect(await at.inside.deliveries.fresh([gone], 16)).toEqual([])
    })

    it('come with how often their event has come round, where it has', async () => {
      const workspaceId = await at.workspace()
      const request = makeRequest({ workspaceId, sourceId: newId('source', t0), body: '1' })
      const events = request.events.map((event) => ({ ...event, hops: 3 }))
      await at.storage.commit(appendRequest, { ...request, events })
      const event = await at.storage.reads.log.readEvent(workspaceId, events[0]?.id ?? '')
      const delivery = makeDelivery(workspaceId, { eventId: event?.id ?? '', eventSeq: event?.seq ?? 0 })
      await at.inside.deliveries.add([delivery])
      expect((await claimOne(delivery.endpointId, t0, 1, [], 100)).due).toMatchObject([{ id: delivery.id, hops: 3 }])
    })

    it('are claimed oldest due first, up to the limit, without those in hand', async () => {
      const { ids, claim } = await queue([t0 - 10, t0 - 30, t0 - 20, t0 + 50, t0])
      const [third, first, second, later, fourth] = ids as [string, string, string, string, string]
      const all = await claim()
      expect([idsOf(all.due), all.nextDue]).toEqual([[first, second, third, fourth], t0 + 50])
      const two = await claim(t0, 2)
      expect([idsOf(two.due), two.nextDue]).toEqual([[first, second], t0 - 10])
      const rest = await claim(t0, 2, [first, third])
      expect([idsOf(rest.due), rest.nextDue]).toEqual([[second, fourth], t0 + 50])
      const none = await claim(t0, 2, [first, second, third, fourth])
      expect([idsOf(none.due), none.nextDue]).toEqual([[], t0 + 50])
      const future = await claim(t0 + 50, 9, [first, second, third, fourth])
      expect([idsOf(future.due), future.nextDue]).toEqual([[later], null])
      expect(await claimOne(newId('endpoint', t0), t0, 5, [], 10)).toEqual({ due: [], nextDue: null })
    })

    it('of several lanes come at once, each lane’s own and no more than it wants', async () => {
      const [one, two, three] = await Promise.all([queue([t0 + 3, t0 + 1, t0 + 2]), queue([t0, t0 + 9]), queue([])])
      const [first = '', second = '', third = ''] = [one.ids[1], one.ids[2], one.ids[0]]
      const claims = await at.inside.deliveries.claim(
        [
          { endpointId: one.endpointId, limit: 1, inHand: [first] },
          { endpointId: two.endpointId, limit: 5, inHand: [] },
          { endpointId: three.endpointId, limit: 5, inHand: [] },
        ],
        t0 + 5,
        1000,
      )
      const found = [one, two, three].map(({ endpointId }) => claims.get(endpointId))
      expect(found.map((claim) => idsOf(claim?.due ?? []))).toEqual([[second], [two.ids[0]], []])
      expect(found.map((claim) => claim?.nextDue)).toEqual([t0 + 3, t0 + 9, null])
      expect(third).not.toBe('')
      expect(await at.inside.deliveries.claim([], t0, 1000)).toEqual(new Map())
    })

    it('are added once for each event and endpoint', async () => {
      const workspaceId = await at.workspace()
      const delivery = makeDelivery(workspaceId)
      const { endpointId, eventId } = delivery
      const same = makeDelivery(workspaceId, { endpointId, eventId })
      const other = makeDelivery(workspaceId, { endpointId })
      expect(await at.inside.deliveries.add([delivery])).toBe(1)
      expect(await at.inside.deliveries.add([same, other, same])).toBe(1)
      expect(await at.inside.deliveries.add([])).toBe(0)
      expect(await at.storage.reads.deliveries.read(workspaceId, delivery.id)).toEqual({
        id: delivery.id,
        workspaceId,
        customer: null,
        endpointId,
        eventId,
        eventType: 'test.made',
        status: 'pending',
        dueAt: t0,
        attempts: 0,
        cause: null,
        createdAt: t0,
        endedAt: null,
        orderKey: null,
        isLaneHeld: false,
      })
      expect(await at.storage.reads.deliveries.read(workspaceId, same.id)).toBeUndefined()
    })

    it('are recorded as what became of them', async () => {
      const { ids, claim, read, endpointId, generation, workspaceId } = await queue([t0, t0, t0])
      const { due } = await claim()
      const outcomes = [
        makeSettle(endpointId, generation, due[0] as DueDelivery),
        makeSettle(endpointId, generation, due[1] as DueDelivery, {
          status: 'pending',
          dueAt: t0 + 5000,
          attempt: {
            status: 503,
            cause: 'SERVER_ERROR',
            detail: 'the receiver answered 503',
            timing: { dnsMs: null, connectMs: null, tlsMs: 3.25, firstByteMs: null, totalMs: 0.125 },
            responseHeaders: [
              ['Retry-After', '5'],
              ['X', 'é'],
            ],
            responseBody: 'sorry 😀 \u{FFFD}',
            isTruncated: true,
          },
        }),
        makeSettle(endpointId, generation, due[2] as DueDelivery, {
          status: 'failed',
          attempt: { status: null, cause: 'DNS_NOT_FOUND', detail: 'no such host' },
        }),
      ]
      expect(await Promise.all(outcomes.map((each) => at.storage.commit(settleAttempt, each)))).toEqual([
        true,
        true,
        true,
      ])
      const [success, pending, failed] = await Promise.all(due.map(({ id }) => read(id)))
      expect(success).toMatchObject({ status: 'success', attempts: 1, cause: null, dueAt: t0 + 12, endedAt: t0 + 12 })
      expect(pending).toMatchObject({
        status: 'pending',
        attempts: 1,
        cause: 'SERVER_ERROR',
        dueAt: t0 + 5000,
        endedAt: null,
      })
      expect(failed).toMatchObject({ status: 'failed', attempts: 1, cause: 'DNS_NOT_FOUND', endedAt: t0 + 12 })
      for (const { attempt } of outcomes) {
        expect(await at.storage.reads.deliveries.attempts(workspaceId, attempt.deliveryId)).toEqual([attempt])
      }
      const again = await claim(t0 + 5000)
      expect(again).toMatchObject({ due: [{ id: pending?.id, attempts: 1, tries: 1 }], nextDue: null })
      expect(ids).toContain(pending?.id)
    })

    it('are found by what they are shown as: sending, retrying and pending are one in the rows', async () => {
      const { workspaceId, endpointId, generation, ids, claim } = await queue([t0, t0 + 10, t0 + 20, t0 + 30])
      const [due, later, retried, done] = ids as [string, string, string, string]
      const claimed = new Map((await claim(t0 + 30)).due.map((each) => [each.id, each]))
      const settle = (id: string, over: Parameters<typeof makeSettle>[3]) =>
        at.storage.commit(settleAttempt, makeSettle(endpointId, generation, claimed.get(id) as DueDelivery, over))
      await settle(retried, { status: 'pending', dueAt: t0 + 100 })
      await settle(done, {})
      const list = async (filter: DeliveryFilter) =>
        (await at.storage.reads.deliveries.list(workspaceId, filter, { after: null, limit: 10 })).rows
      const found = async (state: DeliveryState | 'unfinished', now: number) =>
        (await list(filterOf(state, now))).map(({ id }) => id)
      const shown = async (now: number) =>
        Object.fromEntries((await list({})).map((each) => [each.id, stateOf(each, now)]))
      const agree = async (now: number) => {
        const expected = await shown(now)
        for (const state of deliveryStates)
          expect(await found(state, now), state).toEqual(Object.keys(expected).filter((id) => expected[id] === state))
        expect(await found('unfinished', now)).toEqual([retried, later, due])
        return expected
      }
      expect(await agree(t0 + 5)).toEqual({
        [due]: 'sending',
        [later]: 'pending',
        [retried]: 'retrying',
        [done]: 'success',
      })
      expect(await agree(t0 + 100)).toMatchObject({ [due]: 'sending', [later]: 'sending', [retried]: 'sending' })
      await at.sql('UPDATE lanes SET owner = NULL WHERE endpoint_id = ?', endpointId)
      expect(await agree(t0 + 100)).toMatchObject({ [due]: 'pending', [later]: 'pending', [retried]: 'retrying' })
      await at.sql(`UPDATE lanes SET owner = 'proc_1', state = 'paused' WHERE endpoint_id = ?`, endpointId)
      expect(await agree(t0 + 100)).toMatchObject({ [due]: 'pending', [later]: 'pending', [retried]: 'retrying' })
    })

    it('are not touched under a generation that has moved on', async () => {
      const { id, due, endpointId, generation, read, workspaceId } = await one()
      const outcomes = [generation - 1, generation + 1].map((each) => makeSettle(endpointId, each, due))
      const unknown = makeSettle(newId('endpoint', t0), generation, due)
      const late = [...outcomes, unknown].map((each) => at.storage.commit(settleAttempt, each))
      expect(await Promise.all(late)).toEqual([false, false, false])
      expect(await read(id)).toMatchObject({ status: 'pending', attempts: 0 })
      expect(await at.storage.reads.deliveries.attempts(workspaceId, id)).toEqual([])
    })

    it('are recorded beside others that come too late', async () => {
      const [mine, lost] = [await one(), await one()]
      await at.sql('UPDATE lanes SET generation = generation + 1 WHERE endpoint_id = ?', lost.endpointId)
      const calls = [lost, mine].map(({ endpointId, generation, due }) => makeSettle(endpointId, generation, due))
      expect(await Promise.all(calls.map((call) => at.storage.commit(settleAttempt, call)))).toEqual([false, true])
      expect([(await lost.read(lost.id))?.status, (await mine.read(mine.id))?.status]).toEqual(['pending', 'success'])
    })

    it('are recorded once when an outcome is offered again', async () => {
      const { id, due, endpointId, generation, read, workspaceId } = await one()
      const call = makeSettle(endpointId, generation, due, { status: 'pending', dueAt: t0 + 5000 })
      expect(await at.storage.commit(settleAttempt, call)).toBe(true)
      await at.storage.commit(retryDelivery, { workspaceId, id, now: t0 + 1 })
      expect(await at.storage.commit(settleAttempt, call)).toBe(true)
      expect(await read(id)).toMatchObject({ status: 'pending', dueAt: t0 + 1, attempts: 1 })
      expect(await at.storage.reads.deliveries.attempts(workspaceId, id)).toHaveLength(1)
    })

    it('stay ended when an attempt that was on its way comes home', async () => {
      const { id, due, endpointId, generation, read, workspaceId } = await one()
      expect(await at.inside.deliveries.end(endpointId, 'ENDPOINT_DELETED', t0 + 1, 10)).toBe(1)
      const call = makeSettle(endpointId, generation, due, { status: 'pending', dueAt: t0 + 5000 })
      expect(await at.storage.commit(settleAttempt, call)).toBe(true)
      expect(await read(id)).toMatchObject({
        status: 'failed',
        cause: 'ENDPOINT_DELETED',
        endedAt: t0 + 1,
        attempts: 0,
      })
      expect(await at.storage.reads.deliveries.attempts(workspaceId, id)).toHaveLength(1)
    })

    it('begin anew when they are retried by hand, with their attempts kept', async () => {
      const { id, due, endpointId, generation, claim, read, workspaceId } = await one()
      await at.storage.commit(settleAttempt, makeSettle(endpointId, generation, due, { tries: 9 }))
      const { delivery: retried } = await at.storage.commit(retryDelivery, { workspaceId, id, now: t0 + 500 })
      expect(retried).toMatchObject({ id, status: 'pending', dueAt: t0 + 500, attempts: 1, cause: null, endedAt: null })
      expect(await read(id)).toEqual({ ...retried, isLaneHeld: true })
      const [again] = (await claim(t0 + 500)).due
      expect(again).toMatchObject({ id, attempts: 1, tries: 0, eventId: due.eventId })
      await at.storage.commit(settleAttempt, makeSettle(endpointId, generation, again as DueDelivery))
      const numbers = await at.storage.reads.deliveries.attempts(workspaceId, id)
      expect(numbers.map(({ number }) => number)).toEqual([1, 2])
    })

    it('end in batches, the oldest due first, and only those that have not ended', async () => {
      const { ids, endpointId, read } = await queue([t0 + 3, t0 + 1, t0 + 2])
      const end = (limit: number) => at.inside.deliveries.end(endpointId, 'ENDPOINT_DISABLED', t0 + 9, limit)
      expect(await end(2)).toBe(2)
      expect(await Promise.all(ids.map(async (id) => (await read(id))?.status))).toEqual([
        'pending',
        'failed',
        'failed',
      ])
      expect(await end(2)).toBe(1)
      expect(await end(2)).toBe(0)
    })

    it('are disabled with their endpoint by an answer that says so, also by two at once', async () => {
      const { claim, endpointId, generation, workspaceId } = await queue([t0, t0, t0])
      const { due } = await claim()
      const gone = (url: string) => (each: (typeof due)[number]) =>
        makeSettle(endpointId, generation, each, {
          status: 'failed',
          attempt: { status: 410, cause: 'GONE' },
          disable: { url, reason: 'gone', news: news(workspaceId, 'endpoint.disabled', endpointId) },
        })
      const [former, ...others] = due.map(gone('https://example.com/hooks'))
      const settle = (call: typeof former) => call && at.storage.commit(settleAttempt, call)
      // What another URL has answered says nothing of the one that it has now.
      await settle(due.map(gone('https://example.com/former'))[0])
      const status = async () => (await at.storage.reads.endpoints.read(workspaceId, endpointId))?.status
      expect(await status()).toBe('active')
      await Promise.all([former, ...others].map(settle))
      const endpoint = await at.storage.reads.endpoints.read(workspaceId, endpointId)
      expect(endpoint).toMatchObject({ status: 'disabled', statusReason: 'gone' })
      const page = { after: null, limit: 10 }
      const told = (await at.storage.reads.log.listEvents(workspaceId, { type: 'trunkline.endpoint.disabled' }, page))
        .rows
      expect(told).toHaveLength(1)
      const retry = at.storage.commit(retryDelivery, { workspaceId, id: due[0]?.id ?? '', now: t0 })
      await expect(retry).rejects.toMatchObject({ code: 'CONFLICT' })
    })
  })
}
