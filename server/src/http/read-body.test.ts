import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { silentMeter } from '../base/meter.ts'
import { watchPace } from './pace.ts'
import { createBudget, readBody } from './read-body.ts'

const pace = watchPace({ slowest: 0, clock: systemClock })

/** A request of which the tests say what has arrived. */
function arriving(headers: Record<string, string> = {}) {
  const request = new IncomingMessage(new Socket())
  request.headers = headers
  return request
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a body', () => {
  it('is read whole, however it is cut', async () => {
    const bytes = Buffer.from([0, 255, 1, 254, 10, 13])
    for (const cuts of [
      [bytes],
      [...bytes].map((byte) => Buffer.from([byte])),
      [bytes.subarray(0, 1), bytes.subarray(1)],
    ]) {
      const request = arriving()
      const reading = readBody(request, 100, { budget: createBudget(silentMeter), pace })
      for (const each of [...cuts, null]) request.push(each)
      expect((await reading).equals(bytes)).toBe(true)
    }
  })

  it('may be empty', async () => {
    const request = arriving()
    const reading = readBody(request, 100, { budget: createBudget(silentMeter), pace })
    request.push(null)
    expect(await reading).toHaveLength(0)
  })

  it('of just the limit is taken, one byte more is not', async () => {
    const exact = arriving({ 'content-length': '10' })
    const reading = readBody(exact, 10, { budget: createBudget(silentMeter), pace })
    exact.push(Buffer.alloc(10))
    exact.push(null)
    expect(await reading).toHaveLength(10)

    const larger = arriving()
    const refused = readBody(larger, 10, { budget: createBudget(silentMeter), pace })
    larger.push(Buffer.alloc(6))
    larger.push(Buffer.alloc(5))
    await expect(refused).rejects.toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('10 bytes') })
  })

  it('that says it is too large is refused before any of it is read', async () => {
    const request = arriving({ 'content-length': '11' })
    await expect(readBody(request, 10, { budget: createBudget(silentMeter), pace })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    expect(request.listenerCount('data')).toBe(0)
  })

  it('that ends in the middle is told from one that ends', async () => {
    const request = arriving()
    const reading = readBody(request, 100, { budget: createBudget(silentMeter), pace })
    request.push(Buffer.alloc(7))
    await turn()
    request.destroy()
    await expect(reading).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
      message: expect.stringContaining('7 bytes'),
    })
  })

  it('of a sender that has left already is not waited for', async () => {
    const request = arriving()
    request.destroy()
    await turn()
    await expect(readBody(request, 100, { budget: createBudget(silentMeter), pace })).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    })
  })

  it.each([10, 3])('leaves nothing listening behind', async (limit) => {
    const request = arriving()
    const reading = readBody(request, limit, { budget: createBudget(silentMeter), pace }).catch(() => {})
    request.push(Buffer.alloc(5))
    request.push(null)
    await reading
    for (const event of ['data', 'end', 'error', 'close']) expect(request.listenerCount(event)).toBe(0)
  })
})

it('a body that comes too slowly is given up, and its bytes are given back', async () => {
  const request = arriving()
  const taken: number[] = []
  const budget = createBudget({ add() {}, set: (_, value) => taken.push(value) })
  const cut: (() => void)[] = []
  const ends: string[] = []
  const slow = {
    begin(giveUp: () => void) {
      cut.push(giveUp)
      return { note: (bytes: number) => void ends.push(`${bytes} bytes`), end: () => void ends.push('end') }
    },
  }
  const reading = readBody(request, 100, { budget, pace: slow })
  request.push(Buffer.alloc(6))
  await turn()
  for (const each of cut) each()
  await expect(reading).rejects.toMatchObject({ code: 'REQUEST_ABORTED', message: expect.stringContaining('slowly') })
  expect(taken).toEqual([6, 0])
  expect(ends).toEqual(['6 bytes', 'end'])
  expect(request.listenerCount('data')).toBe(0)
})

describe('the budget', () => {
  it('is taken by what has arrived, and stays taken until it is given back', async () => {
    const seen: number[] = []
    const budget = createBudget({ add() {}, set: (_, value) => seen.push(value) }, 100)
    const request = arriving({ 'content-length': '50' })
    const reading = readBody(request, 1000, { budget, pace })
    await turn()
    expect(seen).toEqual([])
    request.push(Buffer.alloc(50))
    request.push(null)
    const body = await reading
    expect(seen).toEqual([50])
    expect(budget.take(51)).toBe(false)
    budget.giveBack(body.length)
    expect(seen).toEqual([50, 0])
    expect(budget.take(100)).toBe(true)
  })

  it('that is used up refuses with a time to come back', async () => {
    const budget = createBudget(silentMeter, 100)
    budget.take(60)
    const request = arriving()
    const reading = readBody(request, 1000, { budget, pace })
    request.push(Buffer.alloc(30))
    request.push(Buffer.alloc(30))
    await expect(reading).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 5 })
    expect(budget.take(40)).toBe(true)
  })

  it('gets back what a request took that was refused or that broke off', async () => {
    const budget = createBudget(silentMeter, 100)
    const large = arriving()
    const refused = readBody(large, 50, { budget, pace }).catch(() => {})
    large.push(Buffer.alloc(40))
    large.push(Buffer.alloc(40))
    await refused
    const broken = arriving()
    const aborted = readBody(broken, 1000, { budget, pace }).catch(() => {})
    broken.push(Buffer.alloc(90))
    await turn()
    broken.destroy()
    await aborted
    expect(budget.take(100)).toBe(true)
  })
})
