import { describe, expect, it } from 'vitest'
import { Problem, type ProblemCode, problems, StoreUnavailable } from '../base/errors.ts'
import { problemBody, problemHeaders, statusOf, toProblem } from './problem.ts'

const codes = Object.keys(problems) as ProblemCode[]

describe('the table of codes', () => {
  it('has a status for each code, in the same order', () => {
    expect(Object.keys(statusOf)).toEqual(codes)
    for (const status of Object.values(statusOf)) expect(status).toBeGreaterThanOrEqual(400)
  })

  it.each(codes)('%s says what is wrong and what to do', (code) => {
    const { title, advice } = problems[code]
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(title).toMatch(/^[A-Z][^.]*$/)
    expect(advice).toMatch(/^[A-Z].*\.$/)
  })
})

describe('an error', () => {
  it('that is a problem is that problem', () => {
    const problem = new Problem('CONFLICT', 'it is taken')
    expect(toProblem(problem)).toBe(problem)
  })

  it('of the database is said to pass, and what the database said stays here', () => {
    const problem = toProblem(new StoreUnavailable('connect to postgres://root:hunter2@db failed'))
    expect(problemBody(problem, 'req_1')).toEqual({
      type: 'urn:trunkline:error:STORE_UNAVAILABLE',
      title: problems.STORE_UNAVAILABLE.title,
      status: 503,
      code: 'STORE_UNAVAILABLE',
      detail: 'the database did not take it',
      requestId: 'req_1',
    })
    expect(problemHeaders(problem)).toEqual({ 'content-type': 'application/problem+json', 'retry-after': '5' })
  })

  it.each([new Error('hunter2'), new TypeError('hunter2'), 'hunter2', undefined, null, { code: 'hunter2' }])(
    'that nobody foresaw says nothing of itself',
    (error) => {
      const problem = toProblem(error)
      expect(problemBody(problem, 'req_1')).toEqual({
        type: 'urn:trunkline:error:INTERNAL',
        title: problems.INTERNAL.title,
        status: 500,
        code: 'INTERNAL',
        requestId: 'req_1',
      })
      expect(problem.cause).toBe(error)
    },
  )

  it('with fields names them', () => {
    const errors = [{ at: '/url', message: 'is required' }]
    expect(problemBody(new Problem('INVALID_INPUT', 'no', { errors }), 'req_1').errors).toEqual(errors)
  })
})
