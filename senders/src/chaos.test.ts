import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from './chance.ts'
import { planChaos, type Round } from './chaos.ts'

const forgeries = fc.subarray(['wrong secret', 'tampered'] as const)
const wishes = fc.record({ messages: fc.integer({ min: 1, max: 60 }), seed: fc.integer(), forgeries })

const plan = ({ seed, ...rest }: { messages: number; seed: number; forgeries: ('wrong secret' | 'tampered')[] }) =>
  planChaos({ ...rest, random: seededRandom(seed) })
const stepsOf = (rounds: readonly Round[]) => rounds.flatMap(({ steps }) => steps)

describe('a plan of chaos', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(wishes, (each) => {
        expect(plan(each)).toEqual(plan(each))
      }),
    )
    expect(plan({ messages: 20, seed: 1, forgeries: [] })).not.toEqual(plan({ messages: 20, seed: 2, forgeries: [] }))
  })

  it('sends every message genuinely at least once, the first time before every repeat', () => {
    fc.assert(
      fc.property(wishes, (each) => {
        const steps = stepsOf(plan(each))
        for (let message = 0; message < each.messages; message++) {
          const deeds = steps
            .filter((step) => step.message === message && /^(genuine|repeat)$/.test(step.deed))
            .map((step) => step.deed)
          expect(deeds[0]).toBe('genuine')
          expect(deeds.lastIndexOf('genuine')).toBe(0)
        }
      }),
    )
  })

  it('marks every forged one, forges only what can be told, and sends no other message', () => {
    fc.assert(
      fc.property(wishes, (each) => {
        for (const { deed, message } of stepsOf(plan(each))) {
          expect(['genuine', 'repeat', ...each.forgeries]).toContain(deed)
          expect(message >= 0 && message < each.messages).toBe(true)
        }
      }),
    )
  })

  it('waits for no longer than half a second, and sends at most four at once', () => {
    fc.assert(
      fc.property(wishes, (each) => {
        for (const { waitMs, steps } of plan(each)) {
          expect(waitMs >= 0 && waitMs <= 500 && Number.isInteger(waitMs)).toBe(true)
          expect(steps.length >= 1 && steps.length <= 4).toBe(true)
        }
      }),
    )
  })

  it('has, in a hundred messages, some of everything', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const rounds = plan({ messages: 100, seed, forgeries: ['wrong secret', 'tampered'] })
      const steps = stepsOf(rounds)
      expect(new Set(steps.map(({ deed }) => deed)).size).toBe(4)
      const firsts = steps.filter(({ deed }) => deed === 'genuine').map(({ message }) => message)
      expect(firsts).not.toEqual(firsts.toSorted((a, b) => a - b))
      expect(rounds.some(({ waitMs }) => waitMs > 0)).toBe(true)
      expect(rounds.some(({ steps }) => steps.length > 1)).toBe(true)
    }
  })
})
