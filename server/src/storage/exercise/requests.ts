import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { usualBounds } from '../../base/quarantine-bounds.ts'
import { appendRequest, dedupeWindowMs, publishEvent } from '../../events/append.ts'
import { keepQuarantined } from '../../events/quarantine.ts'
import type { NewRequest } from '../../events/request.ts'
import type { RequestFilter } from '../../events/request-store.ts'
import type { NewDelivery } from '../../outbound/delivery/delivery-store.ts'
import type { Bench } from './opened.ts'
import { dayMs, makeEvent, makeRequest, t0 } from './rows.ts'

/** Requests as they are looked into: lists, bodies, what became of them, and their repeats. */
export function exerciseRequests(at: Bench): void {
  describe('requests', () => {
    const append = (request: NewRequest) => at.storage.commit(appendRequest, request)
    const refuse = (request: NewRequest) =>
      at.storage.commit(keepQuarantined, {
        entries: [{ request, network: '203.0.113.0/24', sealedParts: null, bytes: request.bodyBytes }],
        bounds: usualBounds,
      })
    const sourceId = newId('source', t0)
    const otherSourceId = newId('source', t0)

    describe('in lists', () => {
      let workspaceId = ''
      const named: Record<string, string> = {}
      const found = async (filter: RequestFilter, limit = 50): Promise<string[]> => {
        const names = new Map(Object.entries(named).map(([name, id]) => [id, name]))
        const { rows, next } = await at.storage.reads.requests.list(workspaceId, filter, { after: null, limit })
        expect(next).toBeNull()
        return rows.map(({ id }) => names.get(id) ?? id)
      }

      beforeAll(async () => {
        workspaceId = await at.workspace()
        const keep = async (
          name: string,
          over: Partial<NewRequest>,
          shape: Partial<Parameters<typeof makeRequest>[0]>,
        ) => {
          const request = { ...makeRequest({ workspaceId, sourceId, ...shape }), ...over }
          named[name] = request.id
          if (request.verdict === 'quarantined') await refuse({ ...request, events: [] })
          else await append(request)
        }
        await keep('plain', {}, { at: t0, body: '{"name":"Zoë"}' })
        await keep(
          'other',
          { url: '/in/abcd***?Seed=pear' },
          { at: t0 + 1, sourceId: otherSourceId, keys: [null, null] },
        )
        await keep('unsigned', { senderAddress: '2001:db8::7' }, { at: t0 + 2, verdict: 'unsigned' })
        await keep('stale', { body: null }, { at: t0 + 3, verdict: 'quarantined', cause: 'STALE' })
        await keep(
          'torn',
          {},
          { at: t0 + 4, cause: 'UNPARSABLE', body: Buffer.from([0xff, 0, 0x70, 0x65, 0x61, 0x72]), keys: [] },
        )
        await keep('later', {}, { at: t0 + 2 * dayMs, headers: [['X-Says', 'a "pear" \\']] })
      })

      it('come newest first, each with how many events it made', async () => {
        const { rows } = await at.storage.reads.requests.list(workspaceId, {}, { after: null, limit: 50 })
        expect(rows.map(({ id, eventCount, isBodyKept }) => [id, eventCount, isBodyKept])).toEqual([
          [named.later, 1, true],
          [named.torn, 0, true],
          [named.stale, 0, false],
          [named.unsigned, 1, true],
          [named.other, 2, true],
          [named.plain, 1, true],
        ])
        expect(rows[2]).toMatchObject({
          verdict: 'quarantined',
          cause: 'STALE',
          sourceId,
          receivedAt: t0 + 3,
          method: 'POST',
        })
      })

      it('are found by source, verdict, cause, sender and time, and by several at once', async () => {
        expect(await found({ sourceId: otherSourceId })).toEqual(['other'])
        expect(await found({ sourceId })).toEqual(['later', 'torn', 'stale', 'unsigned', 'plain'])
        expect(await found({ sourceId: newId('source', t0) })).toEqual([])
        expect(await found({ verdicts: ['quarantined'] })).toEqual(['stale'])
        expect(await found({ verdicts: ['quarantined', 'duplicate'] })).toEqual(['stale'])
        expect(await found({ verdicts: ['unsigned', 'quarantined'] })).toEqual(['stale', 'unsigned'])
        expect(await found({ verdicts: ['duplicate'] })).toEqual([])
        expect(await found({ cause: 'UNPARSABLE' })).toEqual(['torn'])
        expect(await found({ cause: 'UNPARSABLE', sourceId: otherSourceId })).toEqual([])
        expect(await found({ senderAddress: '2001:db8::7' })).toEqual(['unsigned'])
        expect(await found({ from: t0 + 3 })).toEqual(['later', 'torn', 'stale'])
        expect(await found({ from: t0 + 1, to: t0 + 3 })).toEqual(['unsigned', 'other'])
        expect(await found({ from: t0 + 1, to: t0 + dayMs, verdicts: ['verified'] })).toEqual(['torn', 'other'])
      })

      it('are found by a text in their URL, headers or bytes, to the letter', async () => {
        expect(await found({ text: 'pear' })).toEqual(['later', 'torn', 'other'])
        expect(await found({ text: 'Pear' })).toEqual([])
        expect(await found({ text: '"pear" \\' })).toEqual(['later'])
        expect(await found({ text: 'Zoë' })).toEqual(['plain'])
        expect(await found({ text: '%' })).toEqual([])
        expect(await found({ text: '?Seed=' })).toEqual(['other'])
        expect(await found({ text: 'pear', sourceId })).toEqual(['later', 'torn'])
      })

      it('are no other tenant’s', async () => {
        const { requests } = at.storage.reads
        const other = await at.workspace()
        for (const filter of [{}, { sourceId }, { text: 'pear' }, { verdicts: ['quarantined' as const] }])
          expect(await requests.list(other, filter, { after: null, limit: 50 })).toEqual({ rows: [], next: null })
        const id = named.plain ?? ''
        expect(await requests.beginning(other, id, 10)).toBeUndefined()
        expect(Buffer.from((await requests.beginning(workspaceId, id, 8)) ?? []).toString()).toBe('{"name":')
        expect((await requests.outcome(other, { id, receivedAt: t0 }, 'fan-out')).events).toEqual([])
      })

      it.each<RequestFilter>([{}, { sourceId }, { text: 'e' }, { verdicts: ['verified', 'unsigned'] }])(
        'are paged, each once: %o',
        async (filter) => {
          const whole = (await at.storage.reads.requests.list(workspaceId, filter, { after: null, limit: 50 })).rows
          for (const limit of [1, 2, whole.length]) {
            const seen: string[] = []
            for (let after: string | null = null, i = 0; i < 20; i++) {
              const { rows, next } = await at.storage.reads.requests.list(workspaceId, filter, { after, limit })
              seen.push(...rows.map(({ id }) => id))
              if (next === null) break
              after = next
            }
            expect(seen).toEqual(whole.map(({ id }) => id))
          }
        },
      )
    })

    it('tell what became of them', async () => {
      const workspaceId = await at.workspace()
      const request = makeRequest({ workspaceId, sourceId, keys: ['a', 'b'], at: t0 })
      const [first, second] = request.events
      await append(request)
      await at.storage.commit(publishEvent, makeEvent({ workspaceId }))
      const outcome = () => at.storage.reads.requests.outcome(workspaceId, request, 'of-requests')
      const none = { pending: 0, waiting: 0, success: 0, failed: 0 }
      const made = request.events.map(({ id, type, subject, customer }) => ({ id, type, subject, customer }))
      expect(await outcome()).toEqual({
        eventCount: 2,
        events: made.map((each) => ({ ...each, isFannedOut: false, deliveries: none })),
        fannedOutAt: null,
        firstAttemptAt: null,
        firstSuccessAt: null,
      })
      const seqs = (
        await at.storage.reads.log.listEvents(workspaceId, { sourceId }, { after: null, limit: 5 })
      ).rows.map(({ seq }) => seq)
      await at.sql(
        'INSERT INTO followers (name, cursor, generation) VALUES (?, ?, 1)',
        'of-requests',
        Math.min(...seqs),
      )
      const endpointId = newId('endpoint', t0)
      const [taken, tried] = [5, 6].map(
        (ms, i): NewDelivery => ({
          id: newId('delivery', t0 + ms),
          workspaceId,
          customer: null,
          endpointId: i === 0 ? endpointId : newId('endpoint', t0),
          eventId: first?.id ?? '',
          eventSeq: Math.min(...seqs),
          eventType: 'test.made',
          createdAt: t0 + ms,
          orderKey: null,
        }),
      ) as [NewDelivery, NewDelivery]
      await at.inside.deliveries.add([taken, tried])
      await at.sql('UPDATE deliveries SET status = 2, attempts = 2, ended_at = ? WHERE id = ?', t0 + 90, taken.id)
      for (const [number, startedAt] of [
        [1, t0 + 20],
        [2, t0 + 80],
      ] as const) {
        await at.sql(
          `INSERT INTO attempts (id, workspace_id, delivery_id, number, started_at, total_ms, response_headers, response_body,
             is_truncated) VALUES (?, ?, ?, ?, ?, 1, '[]', '', 0)`,
          ...[newId('attempt', startedAt), workspaceId, taken.id, number, startedAt],
        )
      }
      expect(await outcome()).toEqual({
        eventCount: 2,
        events: [
          { ...made[0], isFannedOut: true, deliveries: { ...none, pending: 1, success: 1 } },
          { ...made[1], isFannedOut: false, deliveries: none },
        ],
        fannedOutAt: t0 + 5,
        firstAttemptAt: t0 + 20,
        firstSuccessAt: t0 + 90,
      })
      expect(second?.id).toBe(made[1]?.id)
    })

    it('count what repeats them, with the first time and the latest ten', async () => {
      const workspaceId = await at.workspace()
      const where = { workspaceId, sourceId: newId('source', t0) }
      const first = makeRequest({ ...where, keys: ['k', 'l'], at: t0 })
      await append(first)
      const repeats = () => at.storage.reads.requests.repeats(first, dedupeWindowMs)
      expect(await repeats()).toEqual({ count: 0, firstAt: null, lastAt: null, times: [] })
      const times = Array.from({ length: 13 }, (_, i) => t0 + 1000 + i)
      for (const at of times.slice(0, 3)) await append(makeRequest({ ...where, keys: ['k', 'l'], at }))
      expect(await repeats()).toEqual({
        count: 3,
        firstAt: times[0],
        lastAt: times[2],
        times: times.slice(0, 3).reverse(),
      })
      // Many at once, as a group counts them, some with other bytes.
      await Promise.all(
        times.slice(3).map((at, i) => append(makeRequest({ ...where, keys: ['k', 'l'], at, body: `{"n":${i % 2}}` }))),
      )
      expect(await repeats()).toMatchObject({ count: 13, firstAt: times[0] })
      expect((await repeats())?.times.slice().sort()).toEqual(times.slice(3))
    })

    it('forget what repeated them when their window is over, and begin to count anew', async () => {
      const where = { workspaceId: await at.workspace(), sourceId: newId('source', t0) }
      const [first, second] = [t0, t0 + dedupeWindowMs].map((at) => makeRequest({ ...where, keys: ['k'], at })) as [
        NewRequest,
        NewRequest,
      ]
      const { requests } = at.storage.reads
      for (const request of [first, makeRequest({ ...where, keys: ['k'], at: t0 + 5 }), second]) await append(request)
      expect(await requests.repeats(first, dedupeWindowMs)).toBeUndefined()
      expect(await requests.repeats(second, dedupeWindowMs)).toMatchObject({ count: 0, times: [] })
      await append(makeRequest({ ...where, keys: ['k'], at: t0 + dedupeWindowMs + 7 }))
      const again = t0 + dedupeWindowMs + 7
      expect(await requests.repeats(second, dedupeWindowMs)).toEqual({
        count: 1,
        firstAt: again,
        lastAt: again,
        times: [again],
      })
    })

    it('are known to have no repeats that anybody counted when they have no key', async () => {
      const request = makeRequest({ workspaceId: await at.workspace(), sourceId, keys: [null] })
      await append(request)
      expect(await at.storage.reads.requests.repeats(request, dedupeWindowMs)).toBeUndefined()
    })
  })
}
