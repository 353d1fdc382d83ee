import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { publishEvent } from '../events/append.ts'
import { hopsHeader, mostHops, readHops } from '../events/hops.ts'
import { openReceiver, openRig } from './exercise-deliverer.ts'

describe('an endpoint that leads back to this server', () => {
  it('gets the event so many times and no more', async () => {
    await using rig = openRig()
    const { storage, clock, deliverer } = rig
    // What a source of ours does with what it is sent: a new event, with the count that came along.
    const comeBack = (hops: number) =>
      storage.commit(publishEvent, {
        ...{ id: newId('event', clock.now()), workspaceId: defaultWorkspaceId, customer: null, sourceId: null },
        ...{
          requestId: null,
          type: 'a.b',
          subject: null,
          orderKey: null,
          data: '1',
          receivedAt: clock.now(),
          dedupe: null,
        },
        hops,
      })
    await using receiver = await openReceiver(async (response, { headers }) => {
      await comeBack(readHops(String(headers[hopsHeader])))
      response.end()
    })
    await rig.endpoint(receiver.url)
    await rig.send('a.b')
    await rig.quiet()
    for (let i = 0; i < mostHops + 3; i++) {
      deliverer.wake(await rig.fanOut())
      await rig.quiet()
    }
    expect(receiver.arrivals.map(({ headers }) => headers[hopsHeader])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
    ])
    const all = (await storage.reads.deliveries.list(defaultWorkspaceId, {}, { after: null, limit: 20 })).rows
    const last = all.find(({ cause }) => cause === 'LOOP')
    expect(last).toMatchObject({ status: 'failed', attempts: 1 })
    expect(all.filter(({ status }) => status === 'success')).toHaveLength(mostHops)
    expect(all).toHaveLength(mostHops + 1)
    const [attempt] = await storage.reads.deliveries.attempts(defaultWorkspaceId, last?.id ?? '')
    expect(attempt).toMatchObject({ detail: 'the event has come through 8 deliveries, so nothing was sent' })
    expect(attempt).not.toHaveProperty('signed')
  })
})

describe('the count of hops', () => {
  it.each([
    [undefined, 0],
    ['1', 1],
    ['9999', 9999],
    ['0', 0],
    ['01', 0],
    ['-1', 0],
    ['1e3', 0],
    ['99999', 0],
    ['1, 2', 0],
    ['', 0],
  ])('is read from %j as %i', (value, hops) => expect(readHops(value)).toBe(hops))
})
