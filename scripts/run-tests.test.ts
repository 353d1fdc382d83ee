import { describe, expect, it } from 'vitest'
import { verdict } from './run-tests.mjs'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})
const count = (code: number, ...files: ReturnType<typeof file>[]) => {
  const { passed, failed, skipped } = verdict(code, '', { testResults: files })
  return { passed, failed, skipped }
}

describe('verdict', () => {
  it('counts the tests of all files', () => {
    const files = [file('passed', 'passed', 'skipped'), file('passed', 'passed', 'todo', 'passed')]
    expect(count(0, ...files)).toEqual({ passed: 3, failed: 0, skipped: 2 })
    expect(count(1, ...files, file('failed', 'failed', 'passed'))).toEqual({ passed: 4, failed: 1, skipped: 2 })
  })

  it('counts a file that could not be loaded as a failure', () => {
    expect(count(1, file('passed', 'passed'), file('failed'))).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it('fails when vitest does, although every test passed', () => {
    expect(count(1, file('passed', 'passed'))).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  it('fails when nothing ran, and when there is no report', () => {
    expect(count(0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(count(0, file('passed', 'skipped'))).toEqual({ passed: 0, failed: 1, skipped: 1 })
    expect(verdict(0, '', undefined)).toMatchObject({ passed: 0, failed: 1 })
  })
})
