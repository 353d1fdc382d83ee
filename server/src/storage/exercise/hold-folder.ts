import { appendRequest } from '../../events/append.ts'
import { openTestSqlite } from './open-sqlite.ts'
import { makeRequest } from './rows.ts'

// A process of its own that opens a data folder, stores requests without end, and says which ones it has stored.
const [, , folder = '', workspaceId = ''] = process.argv
const { storage } = await openTestSqlite(folder)
for (;;) {
  const batch = Array.from({ length: 20 }, () => makeRequest({ workspaceId, sourceId: 'src_of_the_child' }))
  const receipts = await Promise.all(batch.map((request) => storage.commit(appendRequest, request)))
  process.stdout.write(`${receipts.map(({ requestId }) => requestId).join('\n')}\n`)
}
