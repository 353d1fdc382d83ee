import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, dedupeWindowMs, publishEvent } from '../../events/append.ts'
import type { NewRequest, Receipt } from '../../events/request.ts'
import type { Bench } from './opened.ts'
import { dayMs, makeEvent, makeRequest, t0 } from './rows.ts'

/** The log: each dedupe key is one event, whatever comes when. */
export function exerciseLog(at: Bench): void {
  describe('the log', () => {
    const append = (request: NewRequest): Promise<Receipt> => at.storage.commit(appendRequest, request)
    const eventsOf = async (workspaceId: string) =>
      (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 1000 })).rows
    const place = async () => ({ workspaceId: await at.workspace(), sourceId: newId('source', t0) })

    it('tells how far a batch reaches, and which events of some types are in there', async () => {
      const { log } = at.inside
      const workspaceId = await at.workspace()
      const types = ['a', 'wanted', 'b', 'wanted.more', 'wanted']
      const places: number[] = []
      for (const type of types) {
        const event = makeEvent({ workspaceId, type, data: `"${type}"` })
        places.push((await at.storage.commit(publishEvent, event)).seq)
      }
      const [first = 0, second = 0, third = 0, , last = 0] = places
      const before = first - 1
      const upTo = last
      expect(await log.reach(before, upTo, 100)).toEqual({ count: 5, last })
      expect(await log.reach(before, upTo, 2)).toEqual({ count: 2, last: second })
      expect(await log.reach(first, third, 100)).toEqual({ count: 2, last: third })
      expect(await log.reach(upTo, upTo, 100)).toEqual({ count: 0, last: upTo })
      const found = await log.eventsOfTypes(['wanted', 'none'], before, upTo, true)
      expect(found.map(({ seq, data }) => [seq, data])).toEqual([
        [second, '"wanted"'],
        [last, '"wanted"'],
      ])
      expect(await log.eventsOfTypes(['wanted'], second, last - 1, true)).toEqual([])
      expect(await log.eventsOfTypes(['a'], before, upTo, false)).toMatchObject([{ type: 'a', data: null }])
    })

    it('stores a request and its events, and answers with their ids', async () => {
      const where = await place()
      const request = makeRequest({
        ...where,
        keys: ['a', 'b'],
        headers: [
          ['X-One', '1'],
          ['x-one', '2'],
        ],
      })
      const receipt = await append(request)
      const eventIds = request.events.map((event) => event.id)
      expect(receipt).toEqual({ requestId: request.id, eventIds, isRepeat: false, bodyDiffers: false })
      const stored = await at.storage.reads.log.readRequest(where.workspaceId, request.id)
      const { events, body, ...rest } = request
      expect(stored).toEqual({ ...rest, repeatOf: null, acceptedAt: null })
      for (const event of events) {
        const { dedupe, ...told } = event
        const read = await at.storage.reads.log.readEvent(where.workspaceId, event.id)
        expect(read).toEqual({ ...told, seq: expect.any(Number) })
      }
      expect(await at.storage.reads.log.countEvents(request.id)).toBe(2)
      expect(
        dedupeRows(await at.sql('SELECT key, n, repeats FROM dedupe_keys WHERE request_id = ?', request.id)),
      ).toEqual([
        { key: 'a', n: 0, repeats: 0 },
        { key: 'b', n: 0, repeats: 0 },
      ])
    })

    it('answers a hundred concurrent repeats with the ids of the first', async () => {
      const where = await place()
      const receipts = await Promise.all(
        Array.from({ length: 100 }, () => append(makeRequest({ ...where, keys: ['once'] }))),
      )
      const firsts = receipts.filter((receipt) => !receipt.isRepeat)
      expect(firsts).toHaveLength(1)
      for (const { requestId, eventIds, bodyDiffers } of receipts) {
        expect({ requestId, eventIds, bodyDiffers }).toEqual({
          requestId: firsts[0]?.requestId,
          eventIds: firsts[0]?.eventIds,
          bodyDiffers: false,
        })
      }
      expect(await eventsOf(where.workspaceId)).toHaveLength(1)
      expect(await at.sql('SELECT id FROM requests WHERE source_id = ?', where.sourceId)).toHaveLength(1)
      const [key] = await at.sql('SELECT repeats, repeated_at FROM dedupe_keys WHERE source_id = ?', where.sourceId)
      expect({ repeats: Number(key?.repeats), at: Number(key?.repeated_at) }).toEqual({ repeats: 99, at: t0 })
    })

    it('publishes once under a key, and knows what was published first', async () => {
      const workspaceId = await at.workspace()
      const hash = String(BigInt(Date.now()) * 1000n)
      const publish = (key: string, data: string, receivedAt = t0) =>
        at.storage.commit(publishEvent, {
          ...makeEvent({ workspaceId, data, at: receivedAt }),
          // All keys of one hash: what decides is the key.
          dedupe: { key, hash, fingerprint: `of ${data}` },
        })
      const mixed = await Promise.all(
        Array.from({ length: 100 }, (_, i) => publish(`cred_1|${i % 4}`, i < 96 ? '1' : '2')),
      )
      const fresh = mixed.filter(({ repeats }) => !repeats)
      const ofKeys = [0, 1, 2, 3].map((key) => new Set(mixed.filter((_, i) => i % 4 === key).map(({ id }) => id)))
      expect(ofKeys.map((ids) => ids.size)).toEqual([1, 1, 1, 1])
      expect(new Set(ofKeys.flatMap((ids) => [...ids]))).toEqual(new Set(fresh.map(({ id }) => id)))
      expect(mixed.map(({ repeats }) => repeats?.isSame)).toEqual(
        mixed.map(({ repeats }, i) => (repeats ? i < 96 : undefined)),
      )
      expect((await eventsOf(workspaceId)).map(({ id }) => id).sort()).toEqual(fresh.map(({ id }) => id).sort())
      // Later, when all is in the tables; and when the window is over.
      expect(await publish('cred_1|0', '1')).toEqual({ id: mixed[0]?.id, seq: 0, repeats: { isSame: true } })
      expect((await publish('cred_1|0', '1', t0 + dayMs - 1)).repeats).toEqual({ isSame: true })
      expect((await publish('cred_1|0', '3', t0 + dayMs)).repeats).toBeUndefined()
      expect((await publish('cred_2|0', '3')).repeats).toBeUndefined()
      const { publishedUnder } = at.storage.reads.log
      const last = await publish('cred_3|0', '4')
      const known = { eventId: last.id, fingerprint: 'of 4' }
      expect(await publishedUnder({ key: 'cred_3|0', hash }, t0 + dayMs - 1)).toEqual(known)
      expect(await publishedUnder({ key: 'cred_3|0', hash }, t0 + dayMs)).toBeUndefined()
      expect(await publishedUnder({ key: 'cred_3|1', hash }, t0)).toBeUndefined()
      expect(await eventsOf(workspaceId)).toHaveLength(7)
    })

    it('keeps a repeat with other bytes, and makes no event of it', async () => {
      const where = await place()
      const first = makeRequest({ ...where, keys: ['k'], body: '{"amount":1}' })
      const other = makeRequest({ ...where, keys: ['k'], body: '{"amount":2}' })
      await append(first)
      expect(await append(other)).toEqual({
        requestId: first.id,
        eventIds: first.events.map(({ id }) => id),
        isRepeat: true,
        bodyDiffers: true,
      })
      expect(await at.storage.reads.log.readRequest(where.workspaceId, other.id)).toMatchObject({
        verdict: 'duplicate',
        cause: 'BODY_DIFFERS',
        detail: `The same event came before in ${first.id}, with other bytes; no event was made.`,
        repeatOf: first.id,
      })
      expect(await bodyOf(where.workspaceId, other.id)).toBe('{"amount":2}')
      expect(await bodyOf(where.workspaceId, first.id)).toBe('{"amount":1}')
      expect(await eventsOf(where.workspaceId)).toHaveLength(1)
    })

    it('tells other bytes apart within one group as well', async () => {
      const where = await place()
      const [first, same, other] = ['{"a":1}', '{"a":1}', '{"a":2}'].map((body) =>
        makeRequest({ ...where, keys: ['k'], body }),
      ) as [NewRequest, NewRequest, NewRequest]
      const receipts = await Promise.all([append(first), append(same), append(other)])
      expect(receipts.map(({ isRepeat, bodyDiffers }) => [isRepeat, bodyDiffers])).toEqual([
        [false, false],
        [true, false],
        [true, true],
      ])
      expect(await bodyOf(where.workspaceId, other.id)).toBe('{"a":2}')
      expect(await at.storage.reads.log.readRequest(where.workspaceId, same.id)).toBeUndefined()
    })

    it('compares the bytes of the request where the event has no JSON', async () => {
      const where = await place()
      const first = makeRequest({ ...where, keys: ['k'], body: Buffer.from([0, 255, 1]), data: null })
      await append(first)
      const raw = { ...where, keys: ['k'], data: null }
      expect((await append(makeRequest({ ...raw, body: Buffer.from([0, 255, 1]) }))).bodyDiffers).toBe(false)
      expect((await append(makeRequest({ ...raw, body: Buffer.from([0, 255, 2]) }))).bodyDiffers).toBe(true)
      const together = [[7], [8], [7]].map((bytes) => makeRequest({ ...raw, keys: ['j'], body: Buffer.from(bytes) }))
      const receipts = await Promise.all(together.map(append))
      expect(receipts.map((receipt) => receipt.bodyDiffers)).toEqual([false, true, false])
    })

    it('does not call a repeat different from what has been erased', async () => {
      const where = await place()
      const first = makeRequest({ ...where, keys: ['k'] })
      await append(first)
      await at.sql('DELETE FROM events WHERE id = ?', first.events[0]?.id ?? '')
      expect(await append(makeRequest({ ...where, keys: ['k'], body: '{"else":1}' }))).toMatchObject({
        requestId: first.id,
        isRepeat: true,
        bodyDiffers: false,
      })
    })

    it('stores what is new in a batch of which a part is known', async () => {
      const where = await place()
      const first = makeRequest({ ...where, keys: ['a', 'b'] })
      await append(first)
      const second = makeRequest({ ...where, keys: ['b', 'c', null], body: '{"second":1}' })
      const receipt = await append(second)
      expect(receipt).toMatchObject({ requestId: second.id, isRepeat: false, bodyDiffers: false })
      expect(receipt.eventIds).toEqual([first.events[1]?.id, second.events[1]?.id, second.events[2]?.id])
      expect(await at.storage.reads.log.countEvents(second.id)).toBe(2)
      // All of it is known now, from two requests: the answer names the first event's.
      const third = await append(makeRequest({ ...where, keys: ['a', 'c'] }))
      expect(third).toMatchObject({ requestId: first.id, isRepeat: true, bodyDiffers: true })
      expect(third.eventIds).toEqual([first.events[0]?.id, second.events[1]?.id])
    })

    it('makes one event of a key that stands twice in one request', async () => {
      const where = await place()
      const request = makeRequest({ ...where, keys: ['k', 'k', 'l'] })
      const [one, , three] = request.events.map(({ id }) => id)
      expect((await append(request)).eventIds).toEqual([one, one, three])
      expect(await eventsOf(where.workspaceId)).toHaveLength(2)
      const repeat = await append(makeRequest({ ...where, keys: ['k', 'k'] }))
      expect(repeat).toMatchObject({ requestId: request.id, isRepeat: true, eventIds: [one, one] })
    })

    it('never takes a request without events, or events that nobody repeats, for a repeat', async () => {
      const where = await place()
      const requests = [[], [], [null], [null]].map((keys) => makeRequest({ ...where, keys }))
      const receipts = await Promise.all(requests.map(append))
      expect(receipts.map(({ requestId, isRepeat }) => [requestId, isRepeat])).toEqual(
        requests.map(({ id }) => [id, false]),
      )
      expect(await eventsOf(where.workspaceId)).toHaveLength(2)
    })

    it('keeps events apart whose keys share a hash', async () => {
      const where = await place()
      const elsewhere = newId('source', t0)
      const hash = '9223372036854775807'
      const make = (key: string, sourceId = where.sourceId) =>
        makeRequest({ ...where, sourceId, keys: [key], hash, body: `{"key":"${key}"}` })
      const [a, b] = [make('a'), make('b')]
      await append(a)
      expect((await append(b)).isRepeat).toBe(false)
      const [otherSource, c, d] = [make('a', elsewhere), make('c'), make('d')]
      const together = await Promise.all([otherSource, c, d, make('c'), make('b'), make('a')].map(append))
      expect(together.map(({ requestId, isRepeat }) => [requestId, isRepeat])).toEqual([
        [otherSource.id, false],
        [c.id, false],
        [d.id, false],
        [c.id, true],
        [b.id, true],
        [a.id, true],
      ])
      const rows = await at.sql('SELECT n FROM dedupe_keys WHERE hash = 9223372036854775807 ORDER BY n')
      expect(rows.map(({ n }) => Number(n))).toEqual([0, 1, 2, 3, 4])
      expect(await eventsOf(where.workspaceId)).toHaveLength(5)
    })

    it('takes a key for new again when its window has passed', async () => {
      const where = await place()
      const make = (when: number, body = '{}') => makeRequest({ ...where, keys: ['k'], at: when, body })
      const first = make(t0)
      const again = make(t0 + dedupeWindowMs)
      await append(first)
      expect((await append(make(t0 + dedupeWindowMs - 1))).requestId).toBe(first.id)
      expect(await append(again)).toMatchObject({ requestId: again.id, isRepeat: false })
      expect(
        dedupeRows(await at.sql('SELECT key, n, repeats FROM dedupe_keys WHERE source_id = ?', where.sourceId)),
      ).toEqual([{ key: 'k', n: 0, repeats: 0 }])
      expect((await append(make(t0 + dedupeWindowMs + dayMs))).requestId).toBe(again.id)
      expect(await eventsOf(where.workspaceId)).toHaveLength(2)
    })

    it('takes a key for new again when its window passes within one group', async () => {
      const where = await place()
      const make = (when: number) => makeRequest({ ...where, keys: ['k'], at: when })
      const [first, again] = [make(t0), make(t0 + dedupeWindowMs)]
      const receipts = await Promise.all([first, make(t0 + 1), again, make(t0 + dedupeWindowMs + 1)].map(append))
      expect(receipts.map(({ requestId }) => requestId)).toEqual([first.id, first.id, again.id, again.id])
    })

    it('gives numbers that rise, in the order of the calls, and gives none twice', async () => {
      const workspaceId = await at.workspace()
      const publish = () => at.storage.commit(publishEvent, makeEvent({ workspaceId }))
      const first = await Promise.all(Array.from({ length: 50 }, publish))
      await at.sql('DELETE FROM events')
      await at.reopen()
      const second = await Promise.all(Array.from({ length: 50 }, publish))
      const seqs = [...first, ...second].map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
      const stored = await eventsOf(workspaceId)
      expect(stored.map(({ id, seq }) => ({ id, seq }))).toEqual([...second].reverse())
    })

    async function bodyOf(workspaceId: string, requestId: string): Promise<string | undefined> {
      const bytes = await at.storage.reads.log.readBody(workspaceId, requestId)
      return bytes && Buffer.from(bytes).toString()
    }
  })
}

function dedupeRows(rows: Record<string, unknown>[]) {
  return rows
    .map((row) => ({ key: row.key, n: Number(row.n), repeats: Number(row.repeats) }))
    .sort((a, b) => String(a.key).localeCompare(String(b.key)))
}
