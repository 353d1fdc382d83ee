import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { defaultWorkspaceId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import { openTestSqlite } from '../exercise/open-sqlite.ts'
import type { Opened } from '../exercise/opened.ts'
import { makeRequest } from '../exercise/rows.ts'
import { openDatabase } from './database.ts'

const page = { after: null, limit: 10 }
const make = (body = '{}') => makeRequest({ workspaceId: defaultWorkspaceId, sourceId: 'src_one', body })
const newFolder = () => mkdtempSync(join(tmpdir(), 'trunkline-sqlite-'))

describe('openSqlite', () => {
  let opened: Opened | undefined
  afterEach(async () => {
    await opened?.cleanup()
    opened = undefined
  })

  it('refuses a folder that another server uses, and says what to do', async () => {
    const folder = newFolder()
    opened = await openTestSqlite(folder)
    await expect(openTestSqlite(folder)).rejects.toThrow(
      /^Another Trunkline server is using this data folder \(.*trunkline\.lock is locked\)\. Stop it first, .* DATABASE_URL/,
    )
    await opened.storage.commit(appendRequest, make())
  })

  it('refuses a database of a newer version', async () => {
    const folder = newFolder()
    const first = await openTestSqlite(folder)
    await first.sql("INSERT INTO migrations (name, at, version) VALUES ('9999-to-come', 0, '0.2.0')")
    await first.storage.close()
    await expect(openTestSqlite(folder)).rejects.toThrow(
      'The database was brought up to date by Trunkline 0.2.0 (migration "9999-to-come"), and this is 0.1.0. Start 0.2.0 or later.',
    )
    // The refused one has let the folder go.
    await expect(openTestSqlite(folder)).rejects.toThrow('Start 0.2.0 or later.')
    rmSync(folder, { recursive: true })
  })

  it('opens a folder whose server was killed, and finds everything that it had acknowledged', async () => {
    const folder = newFolder()
    const { child, acknowledged } = await startOther(folder)
    child.kill('SIGKILL')
    await once(child, 'exit')
    opened = await openTestSqlite(folder)
    const rows = await opened.sql('SELECT id FROM requests')
    const stored = new Set(rows.map(({ id }) => id))
    expect(acknowledged().length).toBeGreaterThan(0)
    expect(acknowledged().filter((id) => !stored.has(id))).toEqual([])
    const events = await opened.sql('SELECT request_id FROM events')
    expect(events).toHaveLength(rows.length)
    expect(await opened.sql('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    await opened.storage.commit(appendRequest, make())
  })

  it('ends a query that does not end, answers the others, and reads on', async () => {
    opened = await openTestSqlite()
    const { storage, sql } = opened
    await storage.commit(appendRequest, make())
    expect((await storage.reads.log.listEvents(defaultWorkspaceId, {}, page)).rows).toHaveLength(1)
    await sql('ALTER TABLE events RENAME TO events_kept')
    await sql(`CREATE VIEW events AS WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n)
      SELECT seq, '' AS id, '${defaultWorkspaceId}' AS workspace_id, '' AS customer, '' AS source_id, '' AS request_id, '' AS type,
        '' AS subject, '' AS order_key, '' AS data, 0 AS data_bytes, 0 AS received_at, NULL AS erased_at, NULL AS warning FROM n, workspaces`)
    const endless = storage.reads.log.listEvents(defaultWorkspaceId, {}, page)
    const behind = storage.reads.sources.list(defaultWorkspaceId, page)
    await expect(endless).rejects.toMatchObject({ name: 'StoreUnavailable' })
    expect(await behind).toEqual([])
    await sql('DROP VIEW events')
    await sql('ALTER TABLE events_kept RENAME TO events')
    expect((await storage.reads.log.listEvents(defaultWorkspaceId, {}, page)).rows).toHaveLength(1)
  })
})

it('goes on writing while somebody reads for long, and cuts its log when that is over', async () => {
  const folder = newFolder()
  const opened = await openTestSqlite(folder)
  const file = join(folder, 'trunkline.db')
  const { storage } = opened
  const backup = openDatabase(file, { readOnly: true })
  backup.exec('BEGIN')
  backup.one('SELECT count(*) FROM requests', [])
  const big = JSON.stringify('x'.repeat(1024 * 1024))
  await Promise.all(Array.from({ length: 40 }, () => storage.commit(appendRequest, make(big))))
  const logged = () => statSync(`${file}-wal`).size
  expect(logged()).toBeGreaterThan(64 * 1024 * 1024)
  // Long enough for the log to have been looked at several times.
  let longest = 0
  for (const end = performance.now() + 1500; performance.now() < end; ) {
    const begin = performance.now()
    await storage.commit(appendRequest, make())
    longest = Math.max(longest, performance.now() - begin)
  }
  expect(longest).toBeLessThan(1000)
  backup.exec('COMMIT')
  backup.close()
  await eventually('a log that was cut', async () => {
    await storage.commit(appendRequest, make())
    return logged() <= 64 * 1024 * 1024
  })
  await opened.cleanup()
})

describe('a full disk', () => {
  it('fails what does not fit as unavailable, and heals when there is room again', async ({ skip }) => {
    const folder = newFolder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      rmSync(folder, { recursive: true })
      return skip('needs the right to mount a small tmpfs')
    }
    let opened: Opened | undefined
    try {
      const filler = join(folder, 'filler')
      writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024))
      opened = await openTestSqlite(folder)
      const { storage, sql } = opened
      const body = JSON.stringify('x'.repeat(200_000))
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => storage.commit(appendRequest, make(body))),
      )
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(failed.length).toBeGreaterThan(0)
      for (const { reason } of failed) expect(reason).toMatchObject({ name: 'StoreUnavailable' })
      const taken = outcomes.length - failed.length
      rmSync(filler)
      await storage.commit(appendRequest, make())
      expect(await sql('SELECT id FROM events')).toHaveLength(taken + 1)
    } finally {
      await opened?.storage.close()
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    }
  })
})

/** Another server on the folder, once it has acknowledged something. */
async function startOther(folder: string): Promise<{ child: ChildProcess; acknowledged(): string[] }> {
  const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  const args = [file('../../boot.mjs'), file('../exercise/hold-folder.ts'), folder, defaultWorkspaceId]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the other server ended by itself')))
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.split('\n').length > 100) resolve()
    })
  })
  // The last line may be cut.
  return { child, acknowledged: () => text.split('\n').slice(0, -1) }
}
