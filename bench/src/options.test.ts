import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

describe('the arguments of the bench', () => {
  it('name one of the longer comparisons, or none for the table', () => {
    expect(readOptions([]).mode).toBe('table')
    expect(readOptions(['usual', '--rounds', '3', '--write'])).toMatchObject({ mode: 'usual', rounds: 3, writes: true })
    expect(readOptions(['scale', '--quick'])).toMatchObject({ mode: 'scale', isQuick: true, rounds: 1 })
    expect(readOptions(['accept-scale', '--quick'])).toMatchObject({ mode: 'accept-scale', isQuick: true })
    expect(readOptions(['processes']).mode).toBe('processes')
    expect(readOptions(['fairness', '--quick'])).toMatchObject({ mode: 'fairness', isQuick: true })
    expect(readOptions(['everything', '--first', '../first'])).toMatchObject({ mode: 'everything', first: '../first' })
    expect(readOptions(['--long']).mode).toBe('long')
  })

  it('are refused when there is no such part, when there are two, and when the rounds are no number', () => {
    expect(() => readOptions(['unusual'])).toThrow('there is no part "unusual"')
    expect(() => readOptions(['usual', 'scale'])).toThrow('one part at a time, not "usual scale"')
    expect(() => readOptions(['usual', '--rounds', 'many'])).toThrow('not "many"')
    expect(() => readOptions(['--unknown'])).toThrow('--unknown')
  })
})
