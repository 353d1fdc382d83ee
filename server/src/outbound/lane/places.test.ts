import { describe, expect, it } from 'vitest'
import { newLane } from './lane.ts'
import { createPlaces } from './places.ts'

const laneOf = (customer: string | null, n: number) => ({ ...newLane(`${customer}${n}`), workspaceId: 'w', customer })

/** Fills what lanes of this customer may fill, one delivery a lane; answers how many that were. */
function fill(places: ReturnType<typeof createPlaces>, customer: string | null): number {
  for (let n = 0; ; n++) {
    const lane = laneOf(customer, n)
    if (!places.hasPlace(lane)) return n
    places.take(lane)
  }
}

describe('the places on the wire', () => {
  it('can all be taken by those who name no customer', () => {
    expect(fill(createPlaces(512), null)).toBe(512)
  })

  it('are never all taken by one customer, however many endpoints it has', () => {
    const places = createPlaces(512)
    expect(fill(places, 'a')).toBe(448)
    expect(fill(places, 'b')).toBe(56)
    expect(places.free()).toBe(8)
    expect(places.hasPlace(laneOf('c', 0))).toBe(true)
  })

  it('have one for a customer even when there is only one', () => {
    const places = createPlaces(1)
    const lane = laneOf('a', 0)
    expect(places.hasPlace(lane)).toBe(true)
    places.take(lane)
    expect(places.hasPlace(laneOf('b', 0))).toBe(false)
    places.leave(lane)
    expect(places.hasPlace(laneOf('b', 0))).toBe(true)
    expect(places.taken()).toBe(0)
  })

  it('are half the lane’s and the free ones’ for a single lane', () => {
    const places = createPlaces(100)
    const lane = laneOf(null, 0)
    let n = 0
    for (; places.hasPlace(lane); n++) {
      places.take(lane)
      lane.onWire++
    }
    expect(n).toBe(50)
  })
})
