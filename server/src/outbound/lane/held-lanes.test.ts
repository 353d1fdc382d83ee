import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../base/clock.ts'
import { createHeldLanes } from './held-lanes.ts'
import { newLane, roomOf } from './lane.ts'

const plenty = { free: 1000, starts: 1000 }

function open({ others = 0 } = {}) {
  const clock = fakeClock()
  const held = createHeldLanes(clock, () => others)
  const lane = (id: string, { at = clock.now(), concurrency = 10, onWire = 0 } = {}) => {
    const made = Object.assign(held.of(id), { concurrency, onWire })
    for (let i = 0; i < onWire; i++) made.inHand.add(`${id}${i}`)
    held.due(made, at)
    return made
  }
  const turns = (room = plenty, most = 64) =>
    held.takeTurns(room, most).map(({ lane: { endpointId }, limit }) => `${endpointId}:${limit}`)
  return { clock, held, lane, turns }
}

describe('a turn', () => {
  it('comes in the order in which the lanes had something to do', () => {
    const { lane, turns, held } = open()
    lane('a')
    lane('b')
    lane('c')
    expect(turns(plenty, 2)).toEqual(['a:37', 'b:37'])
    held.due(held.of('a'), 0)
    expect(turns(plenty, 2)).toEqual(['c:37', 'a:37'])
  })

  it('is taken: the same work is not asked for twice, but what comes meanwhile is', () => {
    const { lane, turns, held, clock } = open()
    const a = lane('a')
    expect(turns()).toEqual(['a:37'])
    expect(turns()).toEqual([])
    held.noteAll()
    expect(turns()).toEqual([])
    held.due(a, clock.now())
    expect(turns()).toEqual(['a:37'])
  })

  it('comes when the work is due, not before', () => {
    const { lane, turns, held, clock } = open()
    lane('a', { at: clock.now() + 1000 })
    clock.advance(999)
    held.noteAll()
    expect(turns()).toEqual([])
    clock.advance(1)
    held.noteAll()
    expect(turns()).toEqual(['a:37'])
  })

  it('comes at the earliest of several times', () => {
    const { lane, turns, held, clock } = open()
    const a = lane('a', { at: clock.now() + 1000 })
    held.due(a, clock.now() + 5000)
    clock.advance(1000)
    held.noteAll()
    expect(turns()).toEqual(['a:37'])
  })

  it('does not come while the lane has no room', () => {
    const { lane, turns, held } = open()
    const a = lane('a', { concurrency: 1, onWire: 1 })
    held.note(a)
    expect(turns()).toEqual([])
    a.inHand.clear()
    held.note(a)
    expect(turns()).toEqual(['a:1'])
  })

  it('shares what may be started among those who wait', () => {
    const { lane, turns } = open()
    for (const id of 'abcde') lane(id, { concurrency: 100 })
    expect(turns({ free: 1000, starts: 12 })).toEqual(['a:3', 'b:3', 'c:3', 'd:3'])
    expect(turns({ free: 1000, starts: 12 })).toEqual(['e:12'])
  })

  it('never hands out more than may be started', () => {
    const { lane, turns, clock, held } = open()
    for (let i = 0; i < 50; i++) lane(String(i), { concurrency: 1 + (i % 7) })
    for (const starts of [0, 1, 2, 7, 30, 49, 51]) {
      const given = turns({ free: 60, starts }).map((each) => Number(each.split(':')[1]))
      expect(given.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(starts)
      expect(Math.min(...given)).toBeGreaterThan(0)
      for (let i = 0; i < 50; i++) held.due(held.of(String(i)), clock.now())
    }
  })

  it('leaves half of the free places to others', () => {
    const { lane, turns } = open()
    lane('a', { concurrency: 1000 })
    expect(turns({ free: 100, starts: 100 })).toEqual(['a:50'])
    lane('b', { concurrency: 1000, onWire: 50 })
    expect(turns({ free: 50, starts: 50 })).toEqual([])
    lane('c', { concurrency: 1000 })
    expect(turns({ free: 50, starts: 50 })).toEqual(['c:25'])
  })

  it('waits for a quarter of what the lane has on the wire, where places are scarce', () => {
    const { lane, turns } = open()
    lane('a', { concurrency: 1000, onWire: 40 })
    expect(turns({ free: 58, starts: 58 }), 'nine').toEqual([])
    expect(turns({ free: 60, starts: 60 })).toEqual(['a:10'])
  })

  it('comes also when one place is all there is', () => {
    const { lane, turns } = open()
    lane('a')
    expect(turns({ free: 1, starts: 1 })).toEqual(['a:1'])
  })
})

describe('a lane', () => {
  it.each([
    [0, 30_000],
    [1, 5_000],
  ])('leaves our hands, beside %d others, when it has had nothing to do for %d ms', (others, idleMs) => {
    const { clock, held } = open({ others })
    held.of('a')
    expect(held.takeIdle(false)).toEqual([])
    clock.advance(idleMs - 1)
    expect(held.takeIdle(false)).toEqual([])
    clock.advance(1)
    expect(held.takeIdle(false).map((each) => each.endpointId)).toEqual(['a'])
    expect(held.size).toBe(0)
  })

  it('stays while it has work soon, or something in hand', () => {
    const { clock, held, lane } = open({ others: 1 })
    lane('soon', { at: clock.now() + 20_000 })
    lane('busy', { at: clock.now() + 99_000, onWire: 1 })
    lane('later', { at: clock.now() + 99_000 })
    held.takeIdle(false)
    clock.advance(15_000)
    expect(held.takeIdle(false).map((each) => each.endpointId)).toEqual(['later'])
    clock.advance(60_000)
    expect(held.takeIdle(true).map((each) => each.endpointId)).toEqual(['soon'])
    expect(held.takeIdle(true)).toEqual([])
  })

  it('that was woken meanwhile is idle from anew', () => {
    const { clock, held, turns } = open({ others: 1 })
    held.of('a')
    held.takeIdle(false)
    clock.advance(4000)
    held.due(held.of('a'), clock.now())
    turns()
    clock.advance(4000)
    expect(held.takeIdle(false)).toEqual([])
  })

  it('that could not be given back is there again, unless it was taken up anew', () => {
    const { held, lane } = open()
    const before = lane('a')
    lane('b')
    const idle = held.takeIdle(true)
    expect(held.size).toBe(0)
    const again = lane('a')
    held.putBack(idle)
    expect(held.size).toBe(2)
    expect(held.of('a')).toBe(again)
    expect(held.of('a')).not.toBe(before)
  })

  it('has in hand at most four times what it may have on the wire, less three', () => {
    const lane = { ...newLane('a'), concurrency: 3 }
    expect(roomOf(lane, 0)).toBe(9)
    for (let i = 0; i < 6; i++) lane.inHand.add(String(i))
    expect(roomOf(lane, 0)).toBe(3)
    lane.inHand.add('7')
    expect(roomOf(lane, 0), 'two are not worth a claim').toBe(0)
  })

  it('that takes one at a time has one in hand at a time', () => {
    const lane = newLane('a')
    expect(roomOf(lane, 0)).toBe(1)
    lane.inHand.add('1')
    expect(roomOf(lane, 0)).toBe(0)
  })
})
