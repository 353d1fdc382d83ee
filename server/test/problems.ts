import { expect } from 'vitest'
import { type ProblemCode, problems } from '../src/base/errors.ts'
import { statusOf } from '../src/http/problem.ts'
import type { Answer } from './api.ts'

/** Holds an answer to what every error keeps: a known code with its status, a request id, and nothing of our insides. */
export function expectProblem(answer: Answer, what: string, code?: ProblemCode): void {
  const { status, headers, json, text } = answer
  expect(status, `${what}: ${text}`).toBeGreaterThanOrEqual(400)
  expect(status, `${what}: ${text}`).toBeLessThan(500)
  expect(headers.get('content-type'), what).toMatch(/^application\/problem\+json\b/)
  expect(Object.keys(problems), what).toContain(json.code)
  if (code !== undefined) expect(json.code, `${what}: ${text}`).toBe(code)
  expect(status, what).toBe(statusOf[json.code as ProblemCode])
  expect(json.status, what).toBe(status)
  expect(json.requestId, what).toMatch(/^req_[0-9a-z]{26}$/)
  expect(headers.get('x-request-id'), what).toBe(json.requestId)
  expect(text, what).not.toMatch(/node_modules|\.[jt]s:\d+|\n\s+at |FST_ERR|SQLITE|sqlstate/i)
}
