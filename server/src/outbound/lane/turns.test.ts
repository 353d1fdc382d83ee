import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Lane, newLane } from './lane.ts'
import { createTurns } from './turns.ts'

const lane = (workspaceId: string, customer: string | null, endpointId: string): Lane => ({
  ...newLane(endpointId),
  workspaceId,
  customer,
})

const order = (turns: ReturnType<typeof createTurns>, count: number) =>
  Array.from({ length: count }, () => turns.next()?.endpointId ?? '')

describe('turns', () => {
  it('go by customer, however many lanes one of them has', () => {
    const turns = createTurns()
    for (const id of ['a1', 'a2', 'a3']) turns.add(lane('w', 'a', id))
    turns.add(lane('w', 'b', 'b1'))
    turns.add(lane('w', null, 'n1'))
    expect(order(turns, 9)).toEqual(['a1', 'b1', 'n1', 'a2', 'b1', 'n1', 'a3', 'b1', 'n1'])
  })

  it('go by workspace first, however many customers one of them has', () => {
    const turns = createTurns()
    for (const customer of ['a', 'b', 'c']) turns.add(lane('v', customer, `v-${customer}`))
    turns.add(lane('w', null, 'w'))
    expect(order(turns, 6)).toEqual(['v-a', 'w', 'v-b', 'w', 'v-c', 'w'])
  })

  it('are left by a lane whose customer became known meanwhile', () => {
    const turns = createTurns()
    const stranger = newLane('x')
    turns.add(stranger)
    Object.assign(stranger, { workspaceId: 'w', customer: 'a' })
    turns.delete(stranger)
    expect(turns.size).toBe(0)
    expect(turns.next()).toBeUndefined()
  })

  it('are as many for each customer, whatever comes and goes', () => {
    const customers = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(customers, fc.integer({ min: 1, max: 20 }), (lanes, rounds) => {
        const turns = createTurns()
        for (const [c, count] of lanes.entries())
          for (let i = 0; i < count; i++) turns.add(lane('w', `c${c}`, `${c}.${i}`))
        const passing = lane('w', 'c0', 'passing')
        turns.add(passing)
        turns.delete(passing)
        const counts = new Map<string | null, number>()
        for (let i = 0; i < rounds * lanes.length; i++) {
          const customer = turns.next()?.customer ?? null
          counts.set(customer, (counts.get(customer) ?? 0) + 1)
        }
        expect([...counts.values()]).toEqual(lanes.map(() => rounds))
      }),
    )
  })
})
