import { describe, expect, it } from 'vitest'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { openTestStorage } from '../exercise-storage.ts'
import { hang, openReceiver, openRig, type Rig, status, until } from './exercise-deliverer.ts'
import { pauseDeliveries, resumeDeliveries } from './lane/pause.ts'

/** An engine with a lane in its hands, whose endpoint was seen to answer, for each of these URLs. */
async function holding(rig: Rig, urls: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const url of urls) ids.push((await rig.endpoint(url, { verifiedAt: 1 })).id)
  await rig.send('a.b')
  await rig.pass(1000)
  return ids
}

describe('while all deliveries of a workspace are paused', () => {
  it('what is handed over is kept too, and goes when they go on', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const { storage, clock } = rig
    await holding(rig, [receiver.url])
    await storage.commit(pauseDeliveries, { workspaceId: defaultWorkspaceId, now: clock.now() })
    await rig.pass(500)
    for (let i = 0; i < 5; i++) {
      expect((await rig.hand('a.b')).handed).toEqual([])
      await rig.pass(500)
    }
    expect(receiver.arrivals).toHaveLength(1)
    await storage.commit(resumeDeliveries, { workspaceId: defaultWorkspaceId })
    await rig.pass(1000)
    await rig.pass(1000)
    expect(receiver.arrivals).toHaveLength(6)
  })
})

describe('work of which nobody has heard', () => {
  it('is found within a minute, however much is handed over to its lane', async () => {
    await using rig = openRig()
    await using receiver = await openReceiver()
    const [id = ''] = await holding(rig, [receiver.url])
    const [unheard] = (await rig.publish('a.b')).ids
    for (let second = 0; second < 60; second += 5) {
      await rig.hand('a.b')
      await rig.pass(5000)
      expect(rig.lane(id)?.owner).toBe(rig.processId)
    }
    await rig.hand('a.b')
    await rig.quiet()
    expect(receiver.arrivals.map((each) => each.id)).toContain(unheard)
    expect(rig.counts()).toEqual({ 2: 15 })
  })

  it('is found where a claim has taken its lane and was never answered', async () => {
    const storage = openTestStorage()
    let lost = 0
    const commit: Commit = async (command, args) => {
      const answer = await storage.commit(command, args)
      if (command.name !== 'claim-lanes' || lost > 0) return answer
      lost++
      throw new StoreUnavailable('the connection broke')
    }
    await using rig = openRig({ storage, commit })
    await using receiver = await openReceiver()
    const { id } = await rig.endpoint(receiver.url)
    const { ids } = await rig.publish('a.b', 3)
    await rig.pass(100)
    expect([lost, rig.lane(id)?.owner, receiver.arrivals.length]).toEqual([1, rig.processId, 0])
    await rig.pass(100)
    expect(receiver.arrivals.map((each) => each.id).sort()).toEqual(ids.sort())
    expect(rig.lane(id)?.generation).toBe(1)
  })
})

it('no more is handed over than may start by the server’s rate: the rest takes turns', async () => {
  await using rig = openRig({ perSecond: () => 4 })
  await using receiver = await openReceiver()
  await holding(
    rig,
    Array.from({ length: 10 }, () => receiver.url),
  )
  for (let i = 0; i < 4; i++) await rig.pass(1000)
  expect(receiver.arrivals).toHaveLength(10)
  expect((await rig.hand('a.b')).handed).toHaveLength(4)
  await rig.quiet()
  expect((await rig.hand('a.b')).handed).toEqual([])
  for (let i = 0; i < 6; i++) await rig.pass(1000)
  expect(receiver.arrivals).toHaveLength(30)
})

it('after a doubt whose the lanes are, nothing is handed over before they were asked for anew', async () => {
  let isLeased = true
  await using rig = openRig({ membership: { isLeased: () => isLeased, others: () => 0 } })
  await using receiver = await openReceiver()
  const [id = ''] = await holding(rig, [receiver.url])
  isLeased = false
  rig.deliverer.tick()
  isLeased = true
  // Another process had the lane meanwhile, and gave it back.
  rig.storage.sql('UPDATE lanes SET generation = generation + 1, owner = NULL, next_due = NULL RETURNING owner')
  rig.deliverer.tick()
  await rig.hand('a.b')
  await rig.pass(100)
  await rig.pass(100)
  expect([receiver.arrivals.length, rig.lane(id)?.generation]).toEqual([2, 3])
  expect(rig.journal.lines.filter(({ event }) => event === 'attempt.late')).toEqual([])
})

describe('an answer that comes when the endpoint has another URL', () => {
  it('does not disable it, and nothing of what was learned there is kept', async () => {
    await using rig = openRig()
    await using former = await openReceiver(hang)
    await using next = await openReceiver()
    const { id } = await rig.endpoint(former.url, { concurrency: 1 })
    await rig.send('a.b', 2)
    await until('it is called', () => former.open.length === 1)
    await rig.change(id, { url: next.url })
    rig.deliverer.review([id])
    former.open[0]?.writeHead(410).end()
    await rig.quiet()
    await rig.pass(100)
    const [row] = rig.storage.sql('SELECT status, status_reason FROM endpoints WHERE id = ?', id)
    expect(row).toEqual({ status: 'active', status_reason: null })
    expect(next.arrivals).toHaveLength(1)
    expect(rig.counts()).toEqual({ 2: 1, 3: 1 })
  })

  it('does not open the breaker of the new one', async () => {
    await using rig = openRig()
    await using former = await openReceiver(hang)
    await using next = await openReceiver(status(204))
    const { id } = await rig.endpoint(former.url)
    await rig.send('a.b', 10)
    await until('all are called', () => former.open.length === 10)
    rig.clock.advance(10)
    await rig.change(id, { url: next.url })
    for (const response of [...former.open]) response.writeHead(500).end()
    rig.deliverer.review([id])
    await rig.quiet()
    expect(rig.lane(id)?.condition).toBeNull()
  })
})
