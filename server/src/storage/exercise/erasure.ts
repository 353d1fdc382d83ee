import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, dedupeWindowMs } from '../../events/append.ts'
import { retryDelivery } from '../../outbound/delivery/retry.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { eraseLate, eraseOne } from '../../retention/erase.ts'
import type { Bench } from './opened.ts'
import { deliver, follow, type Planted, plant, textOf, words } from './planted.ts'
import { makeParked, makeRequest, makeSettle, t0 } from './rows.ts'

/** What was said is gone wherever it stood, and what is left still says that there was something. */
export function exerciseErasure(at: Bench): void {
  describe('erasure', () => {
    const now = t0 + 5000
    const erase = (workspaceId: string, what: { eventId: string } | { requestId: string }) =>
      at.storage.commit(eraseOne, { workspaceId, now, what })
    const left = async ({ said }: Planted) => {
      const text = await textOf(at)
      return words.filter((name) => text.includes(said[name]))
    }
    const deliveryOf = async ({ workspaceId, eventId }: Planted) => {
      const [found] = (await at.storage.reads.deliveries.list(workspaceId, { eventId }, { after: null, limit: 1 })).rows
      if (!found) throw new Error('the event has a delivery')
      return found
    }

    it('leaves no word of an event, its request, its key and its answers, and keeps their rows', async () => {
      const [planted, other] = [await plant(at), await plant(at)]
      expect(await left(planted)).toEqual([...words])
      const { workspaceId, eventId, requestId, endpointId } = planted
      const { counts, endpoints } = await erase(workspaceId, { eventId })
      expect(counts).toEqual({
        requests: 1,
        events: 1,
        held: 0,
        deliveries: 1,
        attempts: 1,
        parked: 0,
        keys: 1,
        accounts: 0,
      })
      expect(endpoints).toEqual([endpointId])
      expect(await left(planted)).toEqual([])
      expect(await left(other)).toEqual([...words])
      expect(await at.storage.reads.log.readEvent(workspaceId, eventId)).toMatchObject({
        id: eventId,
        data: null,
        subject: null,
        erasedAt: now,
      })
      expect(await at.storage.reads.log.readRequest(workspaceId, requestId)).toMatchObject({
        url: '/in/key',
        headers: [['X-Said', '']],
        erasedAt: now,
      })
      const delivery = await deliveryOf(planted)
      expect(delivery).toMatchObject({ status: 'failed', cause: 'ERASED', endedAt: now })
      expect(await at.storage.reads.deliveries.attempts(workspaceId, delivery.id)).toMatchObject([
        { status: 500, responseBody: '', responseHeaders: [], erasedAt: now },
      ])
    })

    it('is once when it is asked for twice', async () => {
      const { workspaceId, eventId, requestId } = await plant(at)
      await erase(workspaceId, { eventId })
      const nothing = { requests: 0, events: 0, held: 0, deliveries: 0, attempts: 0, parked: 0, keys: 0, accounts: 0 }
      expect((await erase(workspaceId, { eventId })).counts).toEqual(nothing)
      expect((await erase(workspaceId, { requestId })).counts).toEqual(nothing)
    })

    it('knows an erased event again when it is repeated, and keeps nothing of the repeat', async () => {
      const planted = await plant(at)
      const { workspaceId, eventId, requestId, shape, said } = planted
      await erase(workspaceId, { eventId })
      const same = await at.storage.commit(appendRequest, makeRequest({ ...shape, at: t0 + 6000 }))
      expect(same).toMatchObject({ isRepeat: true, requestId, eventIds: [eventId], bodyDiffers: false })
      expect(await left(planted)).toEqual([])
      // After the window it is new.
      const later = { ...shape, at: t0 + dedupeWindowMs, body: '{}', headers: [] }
      const again = makeRequest(later)
      expect(await at.storage.commit(appendRequest, again)).toMatchObject({ isRepeat: false })
      expect(await at.storage.commit(appendRequest, makeRequest(later))).toMatchObject({ isRepeat: true })
      const [row] = await at.sql('SELECT count(*) AS n FROM dedupe_keys WHERE key = ?', said.key)
      expect(Number(row?.n)).toBe(1)
    })

    it('erases what a request repeated with other bytes', async () => {
      const planted = await plant(at)
      const { workspaceId, requestId, shape, said } = planted
      const other = makeRequest({ ...shape, at: t0 + 1, body: JSON.stringify({ other: said.body }) })
      expect(await at.storage.commit(appendRequest, other)).toMatchObject({ isRepeat: true, bodyDiffers: true })
      expect((await erase(workspaceId, { requestId })).counts).toMatchObject({ requests: 2, events: 1, keys: 1 })
      expect(await left(planted)).toEqual([])
    })

    it('ends the deliveries that are made after it, and lets nobody begin an ended one anew', async () => {
      const planted = await plant(at)
      const { workspaceId, eventId } = planted
      await erase(workspaceId, { eventId })
      const { id } = await deliveryOf(planted)
      await expect(at.storage.commit(retryDelivery, { workspaceId, id, now })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const taken = await deliver(at.storage, planted.endpointId, now, 'never')
      expect(taken.flatMap(({ due }) => due)).toEqual([])
    })

    it('erases the answer of an attempt that was on the wire meanwhile', async () => {
      const planted = await plant(at)
      const { workspaceId, eventId, endpointId, said } = planted
      const [lane] = await at.sql('SELECT generation FROM lanes WHERE endpoint_id = ?', endpointId)
      const delivery = await deliveryOf(planted)
      await erase(workspaceId, { eventId })
      const inHand = { id: delivery.id, workspaceId, attempts: 1, tries: 1, orderKey: null } as Parameters<
        typeof makeSettle
      >[2]
      const attempt = { startedAt: now + 1, responseBody: said.answer }
      await at.storage.commit(settleAttempt, makeSettle(endpointId, Number(lane?.generation), inHand, { attempt }))
      expect(await left(planted)).toEqual(['answer'])
      expect(await at.storage.commit(eraseLate, { now: now + 1 })).toEqual({ attempts: 0, isDone: true })
      expect((await at.storage.commit(eraseLate, { now: now + 600_000 })).attempts).toBe(1)
      expect(await left(planted)).toEqual([])
      expect(await deliveryOf(planted)).toMatchObject({ status: 'failed', cause: 'ERASED' })
    })

    it('does not make events that wait outside the log, and knows them again', async () => {
      const planted = await plant(at)
      const { workspaceId, sourceId, said } = planted
      const held = makeRequest({
        workspaceId,
        sourceId,
        keys: [said.key],
        body: said.body,
        data: said.body,
        at: t0 + 9,
      })
      // As a paused source leaves it: the request without events, and what it will make.
      const [event] = held.events
      await at.storage.commit(appendRequest, { ...held, events: [] })
      await at.sql(
        `INSERT INTO held_events (source_id, request_id, n, id, workspace_id, customer, type, subject, data, data_bytes,
           received_at, dedupe_key, dedupe_hash) VALUES (?, ?, 0, ?, ?, NULL, 'test.made', ?, ?, 1, ?, ?, '4711') RETURNING n`,
        ...[sourceId, held.id, event?.id ?? '', workspaceId, said.subject, said.body, t0 + 9, said.key],
      )
      await erase(workspaceId, { eventId: planted.eventId })
      expect(await left(planted)).toEqual(['body', 'subject', 'key'])
      expect((await erase(workspaceId, { requestId: held.id })).counts).toMatchObject({ held: 1, requests: 1, keys: 1 })
      expect(await left(planted)).toEqual([])
      const again = makeRequest({ workspaceId, sourceId, keys: [said.key], hash: '4711', body: '{}', at: t0 + 10 })
      expect(await at.storage.commit(appendRequest, again)).toMatchObject({ isRepeat: true })
    })

    it('of a customer leaves what is held of another in the same request', async () => {
      const { workspaceId, sourceId } = await plant(at)
      const held = makeRequest({ workspaceId, sourceId, keys: ['mine', 'theirs'], at: t0 + 9 })
      await at.storage.commit(appendRequest, { ...held, events: [] })
      for (const [n, customer] of ['acme', 'bravo'].entries())
        await at.sql(
          `INSERT INTO held_events (source_id, request_id, n, id, workspace_id, customer, type, data_bytes, received_at)
           VALUES (?, ?, ?, ?, ?, ?, 'test.made', 1, ?) RETURNING n`,
          ...[sourceId, held.id, n, held.events[n]?.id ?? '', workspaceId, customer, t0 + 9],
        )
      expect((await at.inside.erasure.eraseHeld(workspaceId, 'acme', now, 1000, 10)).counts).toMatchObject({ held: 1 })
      const kept = await at.sql('SELECT customer FROM held_events WHERE request_id = ?', held.id)
      expect(kept).toEqual([{ customer: 'bravo' }])
    })

    it('erases what is parked', async () => {
      const planted = await plant(at)
      const { workspaceId, eventId, said } = planted
      const seq = (await at.storage.reads.log.readEvent(workspaceId, eventId))?.seq ?? 0
      const parked = makeParked({
        eventId,
        workspaceId,
        follower: 'fan-out',
        seq,
        subject: said.subject,
        error: said.body,
      })
      await at.inside.followers.park([parked])
      expect((await erase(workspaceId, { eventId })).counts).toMatchObject({ parked: 1 })
      expect(await left(planted)).toEqual([])
    })

    it('finds nothing of another workspace, nor what was never there', async () => {
      const [mine, theirs] = [await plant(at), await plant(at)]
      for (const what of [
        { eventId: theirs.eventId },
        { requestId: theirs.requestId },
        { eventId: newId('event', t0) },
        { requestId: 'nonsense' },
      ])
        await expect(erase(mine.workspaceId, what)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await left(theirs)).toEqual([...words])
      await follow(at.storage, now)
    })

    it('walks over a customer’s events and erases their accounts', async () => {
      const planted = await plant(at, { customer: 'acme' })
      const { workspaceId } = planted
      const seq = (await at.storage.reads.log.readEvent(workspaceId, planted.eventId))?.seq ?? 0
      const found = await at.storage.reads.erasure.eventsOfCustomer(workspaceId, 'acme', 0, 100)
      expect(found.filter(({ isTheirs }) => isTheirs)).toEqual([{ seq, id: planted.eventId, isTheirs: true }])
      expect(await at.storage.reads.erasure.eventsOfCustomer(workspaceId, 'acme', seq, 100)).toEqual([])
      for (const customer of ['acme', 'other'])
        await at.sql(
          `INSERT INTO users (workspace_id, key, customer, id, email, name, updated_at, told_at, mark)
           VALUES (?, ?, ?, ?, ?, ?, 0, 0, '') RETURNING id`,
          ...[workspaceId, newId('account', t0), customer, `user ${customer}`, planted.said.body, planted.said.subject],
        )
      expect((await at.inside.erasure.eraseAccounts(workspaceId, 'acme')).counts.accounts).toBe(1)
      expect((await at.inside.erasure.eraseAccounts(workspaceId, 'acme')).counts.accounts).toBe(0)
      const users = await at.storage.reads.accounts.listUsers(workspaceId, {}, { after: null, limit: 9 })
      expect(users.map(({ customer, email }) => [customer, email === null]).sort()).toEqual([
        ['acme', true],
        ['other', false],
      ])
    })
  })
}
