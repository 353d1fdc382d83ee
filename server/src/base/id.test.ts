import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId, type IdKind, idFrom, isId, lowestId, newId, timeOfId } from './id.ts'

const kinds: readonly IdKind[] = [
  'workspace',
  'credential',
  'source',
  'request',
  'event',
  'endpoint',
  'delivery',
  'attempt',
  'process',
  'account',
  'job',
]
const kind = fc.constantFrom(...kinds)
/** Up to the last millisecond that ten characters of base 32 hold. */
const time = fc.integer({ min: 0, max: 2 ** 50 - 1 })

describe('an id', () => {
  it('is a prefix, ten characters of time and sixteen of chance, without a dot', () => {
    fc.assert(
      fc.property(kind, time, (each, ms) => {
        expect(newId(each, ms)).toMatch(/^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/)
      }),
    )
    expect(newId('event', 0)).toMatch(/^evt_0{10}/)
  })

  it('tells the millisecond it was made in', () => {
    fc.assert(fc.property(kind, time, (each, ms) => timeOfId(each, newId(each, ms)) === ms))
    expect(timeOfId('event', newId('event', 1_700_000_000_000.9))).toBe(1_700_000_000_000)
    expect(timeOfId('event', newId('event', -5))).toBe(0)
  })

  it('that follows from a text is the same each time, and another one for another text', () => {
    const ids = [idFrom('event', 7, 'evt_1 a'), idFrom('event', 7, 'evt_1 a'), idFrom('event', 7, 'evt_1 b')]
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    for (const id of ids) expect([isId('event', id), timeOfId('event', id)]).toEqual([true, 7])
  })

  it('sorts by time', () => {
    fc.assert(
      fc.property(kind, time, time, (each, a, b) => {
        fc.pre(a !== b)
        return newId(each, a) < newId(each, b) === a < b
      }),
    )
  })

  it('is never made twice: not among a hundred thousand of one millisecond', () => {
    const ids = new Set(Array.from({ length: 100_000 }, () => newId('event', 5)))
    expect(ids.size).toBe(100_000)
  })

  it('uses every character at every place of its chance', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>())
    for (let i = 0; i < 3000; i++) {
      const chance = newId('event', 0).slice(-16)
      for (const [place, set] of seen.entries()) set.add(chance.charAt(place))
    }
    expect(seen.map((set) => set.size)).toEqual(seen.map(() => 32))
  })

  it('is not below the lowest of its millisecond, and above all of the one before', () => {
    fc.assert(
      fc.property(kind, fc.integer({ min: 1, max: 2 ** 50 - 1 }), (each, ms) => {
        const lowest = lowestId(each, ms)
        return isId(each, lowest) && newId(each, ms) >= lowest && newId(each, ms - 1) < lowest
      }),
    )
  })

  it('is an id of its own kind only', () => {
    for (const each of kinds) for (const other of kinds) expect(isId(each, newId(other, 5))).toBe(each === other)
  })
})

describe('no id', () => {
  const id = newId('event', 1_700_000_000_000)

  it.each([
    '',
    'evt_',
    id.slice(4),
    id.slice(0, -1),
    `${id}0`,
    `${id}\n`,
    id.toUpperCase(),
    `${id.slice(0, -1)}u`,
    `${id.slice(0, -1)}.`,
    `${id.slice(0, -1)}é`,
    ` ${id}`,
  ])('is %j', (text) => {
    expect(isId('event', text)).toBe(false)
    expect(timeOfId('event', text)).toBeUndefined()
  })

  it('is any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => !isId('event', text) && timeOfId('event', text) === undefined))
  })
})

it('the workspace of a new server has an id of the form of all others', () => {
  expect(isId('workspace', defaultWorkspaceId)).toBe(true)
})
