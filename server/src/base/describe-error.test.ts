import { describe, expect, it } from 'vitest'
import { describeError, PayloadFault, textOf } from './describe-error.ts'

/** What a function throws. */
function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it threw nothing')
}

const canary = 'a canary in a cage'

describe('what is told of an error', () => {
  it.each([
    ['broken JSON', () => JSON.parse(`{"body":"${canary}`)],
    ['text that is no JSON', () => JSON.parse(canary)],
    ['JSON with text behind it', () => JSON.parse(`{"a":"${canary}"} "${canary}" 'x`)],
    ['a URL that is none', () => new URL(canary)],
    ['an unknown field', () => (JSON.parse('null') as Record<string, string>)[canary]],
    ['a wrong encoding', () => new TextDecoder(canary)],
  ])('leaves out what the engine quotes: %s', (_, run) => {
    const told = describeError(thrownBy(run))
    expect(textOf(told)).not.toMatch(/canary|cage/)
    expect(told.frames[0]).toMatch(/^ {4}at /)
  })

  it('knows the class of an error that came from another thread by its stack', () => {
    const error = new Error(`value "${canary}" is not valid`)
    error.stack = `TypeError: ${error.message}\n    at parse (file:///app/x.ts:1:2)`
    expect(describeError(error)).toEqual({
      name: 'TypeError',
      message: 'value … is not valid',
      frames: ['    at parse (file:///app/x.ts:1:2)'],
      cause: undefined,
    })
  })

  it('keeps what errors of our own quote, for those are names and ids', () => {
    const { name, message } = describeError(new Error('follower "fan-out": generation 5 has been taken over'))
    expect([name, message]).toEqual(['Error', 'follower "fan-out": generation 5 has been taken over'])
  })

  it('takes no line of a message for a line of the stack', () => {
    const error = new Error(`first\n    at ${canary}`)
    expect(describeError(error).frames.join()).not.toContain(canary)
    expect(describeError(error).frames.length).toBeGreaterThan(1)
  })

  it('is only the name and the place when the fault is in what reads payloads', () => {
    const fault = new PayloadFault(
      thrownBy(() => {
        throw new RangeError(canary)
      }),
    )
    const told = describeError(fault)
    expect([told.name, told.message]).toEqual(['RangeError', 'what it said is left out, because it may be the payload'])
    expect(told.frames[0]).toContain('describe-error.test')
    expect(describeError(new PayloadFault(canary)).name).toBe('a thrown string')
  })

  it.each([
    undefined,
    null,
    canary,
    { message: canary },
    Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error(canary)
      },
    }),
    Object.assign(new Error('x'), { message: Symbol('x'), stack: 5 }),
    Object.assign(new Error('x'), { name: 'x'.repeat(1e6) }),
  ])('is something, whatever was thrown', (thrown) => {
    const text = textOf(describeError(thrown))
    expect(text).not.toContain('canary')
    expect(text.length).toBeLessThan(20_000)
  })

  it('ends, though the causes go round and the message is a megabyte', () => {
    const error = new Error('word '.repeat(200_000))
    error.cause = error
    expect(textOf(describeError(error)).length).toBeLessThan(60_000)
  })
})
