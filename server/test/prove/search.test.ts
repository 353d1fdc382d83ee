import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newId } from '../../src/base/id.ts'
import { appendRequest } from '../../src/events/append.ts'
import type { RequestFilter } from '../../src/events/request-store.ts'
import { openTestPostgres } from '../../src/storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../../src/storage/exercise/open-sqlite.ts'
import type { Open } from '../../src/storage/exercise/opened.ts'
import { makeRequest, t0 } from '../../src/storage/exercise/rows.ts'

const requests = 20_000
const bodyBytes = 10 * 1024
const atOnce = 500
/** The reader of SQLite is ended after two seconds. */
const limitMs = 1500

const [often, rare] = [newId('source', t0), newId('source', t0)]
const engines: readonly [string, Open][] = [
  ['SQLite', openTestSqlite],
  ['PostgreSQL', openTestPostgres],
]

describe.each(engines)('20,000 requests of 10 KiB on %s', (engine, open) => {
  it('are searched page by page, none of which takes long, and the oldest is found', { timeout: 600_000 }, async () => {
    const opened = await open()
    try {
      const workspaceId = newId('workspace', t0)
      await opened.sql('INSERT INTO workspaces (id, name, created_at) VALUES (?, ?, 0)', workspaceId, 'tenant')
      for (let i = 0; i < requests; i += atOnce) await append(opened.storage, workspaceId, i)
      const filters: RequestFilter[] = [
        { text: 'the needle' },
        { sourceId: rare },
        { senderAddress: '192.0.2.1' },
        { verdicts: ['unsigned', 'quarantined'] },
        { cause: 'UNPARSABLE' },
        { text: 'the needle', sourceId: often, from: t0, to: t0 + requests },
      ]
      for (const filter of filters) {
        const { found, pages, longestMs } = await search(opened.storage.reads, workspaceId, filter)
        console.log(engine, JSON.stringify(filter), `${pages} pages, the longest ${Math.round(longestMs)} ms`)
        expect(found).toEqual('text' in filter && filter.sourceId ? [] : [t0])
        expect(longestMs).toBeLessThan(limitMs)
      }
    } finally {
      await opened.cleanup()
    }
  })
})

/** The oldest of all is the one that is looked for. */
function append({ commit }: Awaited<ReturnType<Open>>['storage'], workspaceId: string, from: number) {
  return Promise.all(
    Array.from({ length: atOnce }, (_, k) => {
      const i = from + k
      const isWanted = i === 0
      const body = randomBytes(bodyBytes)
      if (isWanted) body.write('the needle', bodyBytes - 10)
      const request = makeRequest({
        ...{ workspaceId, body, data: '1', at: t0 + i, sourceId: isWanted ? rare : often },
        ...(isWanted ? { verdict: 'unsigned', cause: 'UNPARSABLE' } : {}),
      })
      return commit(appendRequest, { ...request, senderAddress: isWanted ? '192.0.2.1' : '192.0.2.2' })
    }),
  )
}

async function search(
  reads: Awaited<ReturnType<Open>>['storage']['reads'],
  workspaceId: string,
  filter: RequestFilter,
): Promise<{ found: number[]; pages: number; longestMs: number }> {
  const found: number[] = []
  let [pages, longestMs] = [0, 0]
  for (let after: string | null = null; ; pages++) {
    const begin = performance.now()
    const { rows, next } = await reads.requests.list(workspaceId, filter, { after, limit: 20 })
    longestMs = Math.max(longestMs, performance.now() - begin)
    found.push(...rows.map(({ receivedAt }) => receivedAt))
    if (next === null) return { found, pages: pages + 1, longestMs }
    after = next
  }
}
