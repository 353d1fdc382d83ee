import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Commit } from '../base/command.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { openReceiver, openRig, status, until } from './exercise-deliverer.ts'

/** Storage whose claims are counted, and wait while somebody says so. */
function openCounted() {
  const storage = openTestStorage()
  const claims = { count: 0, held: undefined as Promise<void> | undefined }
  const commit: Commit = async (command, args) => {
    if (command.name !== 'claim-lanes') return storage.commit(command, args)
    claims.count++
    const answer = await storage.commit(command, args)
    await claims.held
    return answer
  }
  return { storage, commit, claims }
}

/** An engine with one lane in its hands, whose endpoint was seen to answer. */
async function openHolding(receiverUrl: string, settings: Parameters<ReturnType<typeof openRig>['endpoint']>[1] = {}) {
  const { claims, ...more } = openCounted()
  const rig = openRig(more)
  const endpoint = await rig.endpoint(receiverUrl, { verifiedAt: 1, ...settings })
  await rig.send('a.b')
  await rig.quiet()
  claims.count = 0
  return { rig, endpoint, claims }
}

describe('deliveries that were just made', () => {
  it('are sent without a claim, as a claim would send them', async () => {
    await using receiver = await openReceiver()
    const { rig: opened, endpoint, claims } = await openHolding(receiver.url)
    await using rig = opened
    const { ids, handed } = await rig.hand('a.b', 5, '{"é":"\\u0000"}')
    expect(handed).toEqual([endpoint.id])
    await rig.quiet()
    expect(claims.count).toBe(0)
    expect(receiver.arrivals).toHaveLength(6)
    for (const { body } of receiver.arrivals.slice(1)) expect(body).toContain('{"é":"\\u0000"}')
    expect(new Set(receiver.arrivals.slice(1).map(({ id }) => id))).toEqual(new Set(ids))
    for (const id of ids) expect(await rig.delivery(id)).toMatchObject({ status: 'success', attempts: 1 })
  })

  it.each([
    ['they go in order', { ordering: 'endpoint' }, 1, '1'],
    ['there are more than the lane has room for', {}, 60, '1'],
    ['there is much data', {}, 1, JSON.stringify('x'.repeat(16 * 1024))],
  ] as const)('are claimed where %s, and all arrive', async (_, settings, count, data) => {
    await using receiver = await openReceiver(status(200))
    const { rig: opened, claims } = await openHolding(receiver.url, settings)
    await using rig = opened
    const { handed } = await rig.hand('a.b', count, data)
    expect(handed).toEqual([])
    await until('all arrive', () => receiver.arrivals.length === count + 1)
    await rig.quiet()
    expect(claims.count).toBeGreaterThan(0)
    expect(rig.counts()).toEqual({ 2: count + 1 })
  })

  it('are claimed where nobody was seen to answer', async () => {
    await using receiver = await openReceiver(status(503))
    const { rig: opened, claims } = await openHolding(receiver.url, { verifiedAt: null })
    await using rig = opened
    expect((await rig.hand('a.b')).handed).toEqual([])
    await rig.quiet()
    expect([claims.count, receiver.arrivals.length]).toEqual([1, 2])
  })

  it('need no claim from the second one on: that the endpoint has answered is known by then', async () => {
    await using receiver = await openReceiver()
    const { rig: opened, endpoint, claims } = await openHolding(receiver.url, { verifiedAt: null })
    await using rig = opened
    expect((await rig.hand('a.b')).handed).toEqual([endpoint.id])
    await rig.quiet()
    expect([claims.count, receiver.arrivals.length]).toEqual([0, 2])
  })

  it('are sent once, also when a claim has seen them and answers after their end', async () => {
    await using receiver = await openReceiver()
    const { rig: opened, endpoint, claims } = await openHolding(receiver.url)
    await using rig = opened
    let release = () => {}
    claims.held = new Promise((resolve) => {
      release = resolve
    })
    const { id } = await rig.append('a.b')
    const { fresh } = await rig.advance({ handsOver: 10 })
    rig.deliverer.wake([endpoint.id])
    await until('the claim has looked', () => claims.count === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([...rig.deliverer.hand(fresh)]).toEqual([endpoint.id])
    await until('it has ended', () => rig.counts()[2] === 2)
    release()
    claims.held = undefined
    await rig.quiet()
    await rig.pass(1000)
    expect(receiver.arrivals.map((each) => each.id).slice(1)).toEqual([id])
  })

  it('are claimed while the lane is not in our hands', async () => {
    await using receiver = await openReceiver()
    const { rig: opened, endpoint } = await openHolding(receiver.url)
    await using rig = opened
    expect((await rig.hand('a.b')).handed).toEqual([endpoint.id])
    await rig.quiet()
    await rig.pass(30_000)
    await rig.pass(30_000)
    expect(rig.lane(endpoint.id)?.owner).toBeNull()
    expect((await rig.hand('a.b')).handed).toEqual([])
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(3)
    expect(new Set(receiver.arrivals.map(({ id }) => id)).size).toBe(3)
  })

  it('go to the endpoint as it was changed, and not to one that is paused or gone', async () => {
    await using before = await openReceiver()
    await using after = await openReceiver()
    const { rig: opened, endpoint, claims } = await openHolding(before.url)
    await using rig = opened
    const change = async (changes: Parameters<typeof rig.change>[1]) => {
      await rig.change(endpoint.id, changes)
      rig.deliverer.review([endpoint.id])
    }
    // A claim is under way that knows the endpoint as it was.
    let release = () => {}
    claims.held = new Promise((resolve) => {
      release = resolve
    })
    await rig.send('a.b')
    await until('the claim has looked', () => claims.count === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await change({ url: after.url })
    expect((await rig.hand('a.b')).handed).toEqual([])
    release()
    claims.held = undefined
    await rig.quiet()
    expect([before.arrivals.length, after.arrivals.length]).toEqual([1, 2])
    await change({ status: 'paused' })
    await rig.hand('a.b', 3)
    await rig.pass(1000)
    expect(after.arrivals).toHaveLength(2)
    await change({ status: 'active' })
    await rig.pass(1000)
    expect(after.arrivals).toHaveLength(5)
  })

  it('are not sent to an endpoint whose last answer was 410', async () => {
    await using receiver = await openReceiver(status(410))
    const { rig: opened } = await openHolding(receiver.url)
    await using rig = opened
    const { handed } = await rig.hand('a.b', 2)
    expect(handed).toEqual([])
    await rig.quiet()
    expect(receiver.arrivals).toHaveLength(1)
  })

  it('are left alone while the engine stops', async () => {
    await using receiver = await openReceiver()
    const { rig: opened } = await openHolding(receiver.url)
    await using rig = opened
    const draining = rig.deliverer.drain()
    expect((await rig.hand('a.b', 2)).handed).toEqual([])
    await draining
    expect(receiver.arrivals).toHaveLength(1)
    expect(rig.counts()).toEqual({ 0: 2, 2: 1 })
  })

  it('arrive once each, in whichever order things happen', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('hand' as const), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ do: fc.constant('wake' as const), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({
        do: fc.constantFrom('change' as const, 'pause' as const, 'resume' as const, 'quiet' as const),
        count: fc.constant(0),
      }),
      fc.record({ do: fc.constant('pass' as const), count: fc.constantFrom(10, 1000, 31_000) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await using receiver = await openReceiver()
        await using rig = openRig()
        const { id } = await rig.endpoint(receiver.url, { verifiedAt: 1, concurrency: 5 })
        const ids: string[] = []
        for (const { do: what, count } of steps) {
          if (what === 'hand') ids.push(...(await rig.hand('a.b', count)).ids)
          else if (what === 'wake') ids.push(...(await rig.send('a.b', count)))
          else if (what === 'pass') {
            // No attempt runs out of time meanwhile.
            await rig.quiet()
            await rig.pass(count)
          } else if (what === 'quiet') await rig.quiet()
          else {
            await rig.change(
              id,
              what === 'change' ? { description: 'x' } : { status: what === 'pause' ? 'paused' : 'active' },
            )
            rig.deliverer.review([id])
          }
        }
        await rig.change(id, { status: 'active' })
        rig.deliverer.review([id])
        for (let i = 0; i < 3; i++) await rig.pass(1000)
        expect(receiver.arrivals.map((each) => each.id).sort()).toEqual(ids.sort())
        expect(rig.counts()).toEqual(ids.length === 0 ? {} : { 2: ids.length })
      }),
      { numRuns: 30 },
    )
  })
})
