import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import type { NewRequest, Receipt } from '../../events/request.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { hashOf, makeEndpoint, makeRequest, makeSettle, t0 } from './rows.ts'

/** Rules that hold in whatever order things come. */
export function exerciseAnyOrder(at: Bench): void {
  describe('in any order', () => {
    it('as many events are made as there are keys', async () => {
      const sent = fc.record({
        keys: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }),
        body: fc.constantFrom('{"v":1}', '{"v":2}'),
        /** Two keys that share a hash are told apart by the key. */
        isCollision: fc.boolean(),
        isAwaited: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 30 }), async (all) => {
          const where = { workspaceId: await at.workspace(), sourceId: newId('source', t0) }
          // One hash a key, or the same key would be two.
          const hashes = new Map<string, string>()
          for (const { keys, isCollision } of all)
            for (const key of keys)
              if (!hashes.has(key)) hashes.set(key, hashOf(where.sourceId, isCollision ? 'shared' : key))
          const requests: NewRequest[] = []
          const receipts: Promise<Receipt>[] = []
          for (const { keys, body, isAwaited } of all) {
            const request = makeRequest({ ...where, keys, body })
            const events = request.events.map((event) => withHash(event, hashes))
            requests.push({ ...request, events })
            const receipt = at.storage.commit(appendRequest, { ...request, events })
            receipts.push(receipt)
            if (isAwaited) await receipt
          }
          await check(where.workspaceId, requests, await Promise.all(receipts))
        }),
        { numRuns: 25 },
      )
    })

    async function check(workspaceId: string, requests: readonly NewRequest[], receipts: readonly Receipt[]) {
      const byKey = new Map<string, Set<string>>()
      for (const [i, { events }] of requests.entries()) {
        for (const [k, { dedupe }] of events.entries()) {
          const ids = byKey.get(dedupe?.key ?? '') ?? new Set()
          byKey.set(dedupe?.key ?? '', ids.add(receipts[i]?.eventIds[k] ?? ''))
        }
      }
      // Everybody who sent a key heard of the same event, and no other one was made.
      expect([...byKey.values()].map((ids) => ids.size)).toEqual([...byKey].map(() => 1))
      const stored = (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 100 })).rows
      expect(new Set(stored.map(({ id }) => id))).toEqual(new Set([...byKey.values()].flatMap((ids) => [...ids])))
      for (const [i, { requestId, isRepeat, bodyDiffers }] of receipts.entries()) {
        expect(requestId === requests[i]?.id).toBe(!isRepeat)
        const kept = await at.storage.reads.log.readRequest(workspaceId, requests[i]?.id ?? '')
        expect(kept?.verdict).toBe(!isRepeat ? 'verified' : bodyDiffers ? 'duplicate' : undefined)
      }
    }

    it('a delivery ends once, and keeps the attempts of its lane’s owner only', async () => {
      const step = fc.oneof(
        fc.record({ kind: fc.constant('settle' as const), isCurrent: fc.boolean(), isLast: fc.boolean() }),
        fc.record({ kind: fc.constant('end' as const) }),
        fc.record({ kind: fc.constant('restart' as const) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const workspaceId = await at.workspace()
          const endpoint = makeEndpoint(workspaceId)
          await at.inside.lanes.insert(endpoint)
          const generation = (await at.inside.lanes.take(endpoint.id, 'owner'))?.generation ?? 0
          const delivery = makeDelivery(workspaceId, { endpointId: endpoint.id })
          await at.inside.deliveries.add([delivery])
          let expected = { status: 'pending', attempts: 0, recorded: 0 }
          for (const [i, each] of steps.entries()) {
            const now = t0 + i + 1
            if (each.kind === 'end') {
              const count = await at.inside.deliveries.end(endpoint.id, 'ENDPOINT_DISABLED', now, 5)
              expect(count).toBe(expected.status === 'pending' ? 1 : 0)
              if (count > 0) expected = { ...expected, status: 'failed' }
            } else if (each.kind === 'restart') {
              await at.inside.deliveries.restart(workspaceId, delivery.id, now)
              expected = { ...expected, status: 'pending' }
            } else {
              const due = { ...delivery, attempts: expected.attempts, tries: 0, requestId: null, receivedAt: t0 }
              const call = makeSettle(
                endpoint.id,
                each.isCurrent ? generation : generation - 1,
                { ...due, data: null, dataBytes: 0 },
                {
                  status: each.isLast ? 'success' : 'pending',
                  dueAt: now,
                  attempt: { startedAt: now },
                },
              )
              expect(await at.storage.commit(settleAttempt, call)).toBe(each.isCurrent)
              if (each.isCurrent) expected = { ...expected, recorded: expected.recorded + 1 }
              if (each.isCurrent && expected.status === 'pending')
                expected = { ...expected, status: call.status, attempts: expected.attempts + 1 }
            }
            const read = await at.inside.deliveries.read(workspaceId, delivery.id)
            const attempts = await at.inside.deliveries.attempts(workspaceId, delivery.id)
            const { status, attempts: counted } = read ?? {}
            expect({ status, attempts: counted, recorded: attempts.length }).toEqual(expected)
          }
        }),
        { numRuns: 25 },
      )
    })
  })
}

function withHash(event: NewRequest['events'][number], hashes: ReadonlyMap<string, string>) {
  const { dedupe } = event
  const hash = dedupe && hashes.get(dedupe.key)
  return dedupe && hash ? { ...event, dedupe: { ...dedupe, hash } } : event
}
