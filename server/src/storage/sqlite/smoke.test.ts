import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../../base/id.ts'
import { readerProcess, writerThread } from '../../entries.ts'
import { appendRequest } from '../../events/append.ts'
import { beat } from '../../jobs/process.ts'
import { openSqlite } from './open.ts'

it('opens, writes, reads, closes', async () => {
  const storage = await openSqlite({
    folder: mkdtempSync(join(tmpdir(), 'tl-')),
    now: 1,
    thread: writerThread,
    reader: readerProcess,
    onFatal: (e) => {
      throw e
    },
  })
  await storage.commit(beat, { processId: 'p', now: 5 })
  const one = (i: number) => {
    const now = 1_800_000_000_000
    const id = newId('request', now)
    return {
      id,
      workspaceId: defaultWorkspaceId,
      sourceId: 's',
      receivedAt: now,
      method: 'POST',
      url: '/',
      headers: [],
      body: Buffer.from('{}'),
      bodyBytes: 2,
      senderAddress: '::1',
      verdict: 'verified' as const,
      cause: null,
      detail: null,
      verifyMs: 0.1,
      events: [
        {
          id: newId('event', now),
          workspaceId: defaultWorkspaceId,
          customer: null,
          sourceId: 's',
          requestId: id,
          type: 'a.b',
          subject: null,
          orderKey: null,
          data: '{}',
          receivedAt: now,
          dedupe: { key: `k${i % 3}`, hash: String(i % 3) },
        },
      ],
    }
  }
  const receipts = await Promise.all(Array.from({ length: 9 }, (_, i) => storage.commit(appendRequest, one(i))))
  expect(receipts.filter((r) => !r.isRepeat)).toHaveLength(3)
  const list = await storage.reads.log.listEvents(defaultWorkspaceId, {}, { after: null, limit: 10 })
  expect(list).toHaveLength(3)
  await storage.close()
})
