import { describe, expect, it } from 'vitest'
import type { DueDelivery } from '../delivery/delivery-store.ts'
import { newLane } from './lane.ts'
import { createReady } from './ready.ts'

const due = (...ids: string[]): DueDelivery[] => ids.map((id) => ({ id }) as DueDelivery)

function open({ places = 100 } = {}) {
  const sent: string[] = []
  const ready = createReady({
    isOpen: () => sent.length < places,
    hasPlace: (lane) => lane.endpointId !== 'refused',
    send(lane, { id }) {
      lane.onWire++
      sent.push(id)
    },
  })
  const lane = (endpointId: string, concurrency: number) => ({ ...newLane(endpointId), concurrency })
  return { ready, sent, lane }
}

describe('claimed deliveries', () => {
  it('start as far as their lane has places, and the rest when one is free again', () => {
    const { ready, sent, lane } = open()
    const a = lane('a', 2)
    ready.add(a, due('1', '2', '3'))
    ready.start()
    expect(sent).toEqual(['1', '2'])
    a.onWire--
    ready.note(a)
    ready.start()
    expect(sent).toEqual(['1', '2', '3'])
  })

  it('start in turn with those of other lanes', () => {
    const { ready, sent, lane } = open()
    ready.add(lane('a', 10), due('a1', 'a2', 'a3'))
    ready.add(lane('b', 10), due('b1'))
    ready.start()
    expect(sent).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  it('start a few at a time, so that other work of the process comes in between', async () => {
    const { ready, sent, lane } = open()
    ready.add(lane('a', 50), due(...Array.from({ length: 20 }, (_, i) => String(i))))
    const seen: number[] = []
    ready.start()
    for (let i = 0; i < 4; i++) {
      seen.push(sent.length)
      await new Promise(setImmediate)
    }
    expect(seen).toEqual([8, 16, 20, 20])
  })

  it('are passed over when they are in hand already', () => {
    const { ready, sent, lane } = open()
    const a = lane('a', 10)
    ready.add(a, due('1'))
    ready.add(a, due('1', '2'))
    ready.start()
    expect(sent).toEqual(['1', '2'])
  })

  it('do not hold up the others when their own lane may not take a place', () => {
    const { ready, sent, lane } = open()
    const refused = lane('refused', 10)
    ready.add(refused, due('x'))
    ready.add(lane('a', 10), due('1'))
    ready.start()
    expect(sent).toEqual(['1'])
    expect([...refused.inHand]).toEqual(['x'])
    // It takes none of the places that there are, so it is not said to wait for one.
    expect(ready.waiting()).toBe(0)
  })

  it('are said to wait where there is no place for anybody', () => {
    const { ready, lane } = open({ places: 1 })
    for (const name of ['a', 'b', 'c']) ready.add(lane(name, 10), due(name))
    ready.start()
    expect(ready.waiting()).toBe(2)
  })

  it('are let go of, so that they can be claimed again', () => {
    const { ready, sent, lane } = open({ places: 1 })
    const a = lane('a', 10)
    ready.add(a, due('1', '2', '3'))
    ready.start()
    expect(ready.drop(a)).toBe(true)
    expect([...a.inHand]).toEqual(['1'])
    ready.start()
    expect(sent).toEqual(['1'])
    expect(ready.drop(a)).toBe(false)
  })
})
