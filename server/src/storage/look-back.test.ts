import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LookedPage } from '../base/page.ts'
import { lookBack, mergePages, type Walk } from './look-back.ts'

interface Row {
  id: string
  isMeant: boolean
}

const rowsOf = (meant: readonly boolean[]): Row[] =>
  meant.map((isMeant, i) => ({ id: String(999 - i), isMeant })).filter(({ id }) => id.length === 3)

/** Goes through these rows, and counts them. */
function walkOf(rows: readonly Row[], more: Partial<Walk<Row>> = {}) {
  const looked = { rows: 0, statements: 0 }
  const walk: Walk<Row> = {
    async rows(after, limit) {
      const behind = rows.filter(({ id }) => after === null || id < after).slice(0, limit)
      looked.rows += behind.length
      looked.statements++
      return behind
    },
    position: ({ id }) => id,
    madeAt: ({ id }) => Number(id),
    fits: ({ isMeant }) => isMeant,
    ...more,
  }
  return { walk, looked }
}

const bounds = { step: 8, most: 20, mostMs: 60_000 }

describe('looking back', () => {
  it('finds each row that is meant once, in order, over all pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        async (meant, limit) => {
          const rows = rowsOf(meant)
          const found: string[] = []
          for (let after: string | null = null; ; ) {
            const { walk, looked } = walkOf(rows)
            const page: LookedPage<Row> = await lookBack(walk, { after, limit }, bounds)
            expect(looked.rows).toBeLessThan(bounds.most + Math.max(bounds.step, limit + 1))
            found.push(...page.rows.map(({ id }) => id))
            if (page.next === null) break
            expect(page.next.at).toBe(Number(page.next.after))
            after = page.next.after
          }
          expect(found).toEqual(rows.filter(({ isMeant }) => isMeant).map(({ id }) => id))
        },
      ),
    )
  })

  it('looks at no more than one row more where all are meant', async () => {
    const { walk, looked } = walkOf(rowsOf(Array.from({ length: 100 }, () => true)))
    const page = await lookBack(walk, { after: null, limit: 5 }, bounds)
    expect(page.rows).toHaveLength(5)
    expect(page.next).toEqual({ after: '995', at: 995 })
    expect(looked).toEqual({ rows: 6, statements: 1 })
  })

  it('ends an empty page where enough was looked at, or the time is over', async () => {
    const rows = rowsOf(Array.from({ length: 100 }, () => false))
    const { walk, looked } = walkOf(rows)
    const page = await lookBack(walk, { after: null, limit: 1 }, bounds)
    expect(page).toEqual({ rows: [], next: { after: String(1000 - looked.rows), at: 1000 - looked.rows } })
    expect(looked.rows).toBeGreaterThanOrEqual(20)
    const slow = walkOf(rows)
    expect(await lookBack(slow.walk, { after: null, limit: 1 }, { ...bounds, mostMs: 0 })).toEqual({
      rows: [],
      next: { after: '998', at: 998 },
    })
  })

  it('is over where nothing behind can be meant', async () => {
    const { walk, looked } = walkOf(rowsOf(Array.from({ length: 100 }, () => false)), { isOver: async () => true })
    expect(await lookBack(walk, { after: null, limit: 3 }, bounds)).toEqual({ rows: [], next: null })
    expect(looked.statements).toBe(1)
  })
})

describe('pages of several lists', () => {
  it('are one list, whichever of them has looked less far', async () => {
    const lists = fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 120 })
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 6 }), async (drawn, limit) => {
        const all = drawn.map(([list, isMeant], i) => ({ id: String(999 - i), isMeant, list }))
        const found: string[] = []
        for (let after: string | null = null, pages = 0; pages < 500; pages++) {
          const page: LookedPage<Row> = mergePages<Row>(
            await Promise.all(
              [0, 1, 2].map((list) =>
                lookBack(walkOf(all.filter((row) => row.list === list)).walk, { after, limit }, bounds),
              ),
            ),
            walkOf([]).walk,
            limit,
          )
          expect(page.rows.length).toBeLessThanOrEqual(limit)
          found.push(...page.rows.map(({ id }) => id))
          if (page.next === null) break
          after = page.next.after
        }
        expect(found).toEqual(all.filter(({ isMeant }) => isMeant).map(({ id }) => id))
      }),
    )
  })
})
