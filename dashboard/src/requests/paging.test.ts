import type { RequestHead, RequestPage } from '@trunkline/sdk'
import { describe, expect, it } from 'vitest'
import { createPaging } from './paging.ts'

const request = (n: number, cause: string | null = null): RequestHead => ({
  id: `req_${String(n).padStart(4, '0')}`,
  sourceId: 'src_1',
  receivedAt: '2026-11-22T06:00:00Z',
  method: 'POST',
  url: '/in/***',
  senderAddress: '192.0.2.1',
  verdict: cause === null ? 'verified' : 'quarantined',
  cause,
  contentType: null,
  bodyBytes: 0,
  isBodyKept: true,
  eventCount: 1,
  repeatOf: null,
})

/** A page of rows from one number down to another; before it there are more, unless it ends with the first. */
const page = (from: number, to: number): RequestPage => ({
  data: Array.from({ length: from - to + 1 }, (_, i) => request(from - i)),
  nextCursor: to > 1 ? `before ${to}` : null,
  hasMore: to > 1,
  lookedBackTo: null,
})

const numbers = (rows: readonly RequestHead[]) => rows.map(({ id }) => Number(id.slice(4)))
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i)

describe('the rows of a list of requests', () => {
  it('are the newest page until more is asked for', () => {
    const paging = createPaging()
    paging.newest(page(20, 11))
    paging.newest(page(22, 13))
    expect(numbers(paging.shown())).toEqual(down(22, 13))
    expect(paging.cursor()).toBe('before 13')
  })

  it('keep the older pages below the newest, each row once', () => {
    const paging = createPaging()
    paging.newest(page(20, 11))
    paging.older(page(10, 5))
    paging.newest(page(23, 14))
    expect(numbers(paging.shown())).toEqual(down(23, 5))
    expect(paging.cursor()).toBe('before 5')
    paging.older(page(6, 1))
    expect(numbers(paging.shown())).toEqual(down(23, 1))
    expect(paging.cursor()).toBeNull()
  })

  it('show what has changed about a row, and leave out what the list does not hold any more', () => {
    const paging = createPaging()
    paging.newest(page(20, 11))
    paging.older(page(10, 5))
    const { data, ...rest } = page(20, 11)
    paging.newest({
      ...rest,
      data: data.filter((_, i) => i !== 3).map((each, i) => (i === 0 ? request(20, 'STALE') : each)),
    })
    expect(paging.shown()[0]?.cause).toBe('STALE')
    expect(numbers(paging.shown())).toEqual(down(20, 5).filter((n) => n !== 17))
  })

  it('begin anew where so many have come that there is a gap, or that the page would get slow', () => {
    const paging = createPaging(18)
    paging.newest(page(20, 11))
    paging.older(page(10, 5))
    paging.newest(page(40, 31))
    expect(numbers(paging.shown())).toEqual(down(40, 31))
    paging.older(page(30, 25))
    paging.newest(page(43, 34))
    expect(numbers(paging.shown())).toEqual(down(43, 34))
    expect(paging.cursor()).toBe('before 34')
  })

  it('stand still while they are looked at, and say how many wait', () => {
    const paging = createPaging()
    paging.newest(page(20, 11))
    paging.hold(true)
    paging.newest(page(22, 13))
    expect(numbers(paging.shown())).toEqual(down(20, 11))
    expect(paging.waiting()).toBe(2)
    paging.hold(false)
    expect(numbers(paging.shown())).toEqual(down(22, 13))
    expect(paging.waiting()).toBe(0)
  })
})
