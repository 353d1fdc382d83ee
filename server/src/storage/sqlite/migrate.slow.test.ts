import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { isRoot, mountSmallDisk, noMounts } from '../../../test/small-disk.ts'
import { type Facts, type Log, silentLog } from '../../base/log.ts'
import { migrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { openDatabase } from './database.ts'
import { colours } from './exercise-migration.ts'
import { migrateSqlite } from './migrate.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-migrate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const fileIn = (where = folder) => join(where, 'trunkline.db')
const copyIn = (where = folder) => `${fileIn(where)}.before-0901-colours`
/** What stands beside the file; a connection's own files stay until the memory of its statements is collected. */
const copies = (where = folder) =>
  readdirSync(where).filter((name) => name.includes('.before-') && !/-(wal|shm)$/.test(name))
const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

function notes(): { journal: Log; noted: [string, Facts | undefined][] } {
  const noted: [string, Facts | undefined][] = []
  return { noted, journal: { ...silentLog, info: (event, facts) => void noted.push([event, facts]) } }
}

/** What the released version does at its start. */
const migrateOld = (file = fileIn()) => migrateSqlite(file, { now: 1, version: '0.1.0', journal: silentLog })

/** What a version with one more step does at its start. */
const migrateNew = (journal = silentLog, file = fileIn(), step: Migration = colours) =>
  migrateSqlite(file, { now: 2, version: '0.2.0', journal, migrations: [...migrations, step] })

function sql(statement: string, file = fileIn()): Record<string, unknown>[] {
  const database = openDatabase(file)
  try {
    return database.all(statement, [])
  } finally {
    database.close()
  }
}

const rename = (name: string) => sql(`UPDATE workspaces SET name = '${name}' RETURNING name`)
const nameIn = (file: string) => sql('SELECT name FROM workspaces', file)[0]?.name
const hasColours = (file = fileIn()) => sql("SELECT 1 FROM sqlite_schema WHERE name = 'colours'", file).length === 1

describe('a new file', () => {
  it('is brought to the schema without a copy, and says which version did it', () => {
    const { journal, noted } = notes()
    migrateNew(journal)
    expect(noted).toEqual([['sqlite.created', { migrations: migrations.length + 1 }]])
    expect(copies()).toEqual([])
    expect(sql('SELECT name, at, version FROM migrations ORDER BY name')).toEqual([
      ...migrations.map(({ name }) => ({ name, at: 2, version: '0.2.0' })),
      { name: '0901-colours', at: 2, version: '0.2.0' },
    ])
  })
})

describe('a file of the version before', () => {
  beforeEach(() => {
    migrateOld()
    rename('kept')
  })

  it('is copied first, for this user only, and the log says where', () => {
    chmodSync(fileIn(), 0o644)
    const { journal, noted } = notes()
    migrateNew(journal)
    expect(copies()).toEqual(['trunkline.db.before-0901-colours'])
    expect(statSync(copyIn()).mode & 0o777).toBe(0o600)
    expect(noted).toEqual([
      ['sqlite.copied', { migration: '0901-colours', copy: copyIn(), bytes: statSync(copyIn()).size, wasThere: false }],
      ['sqlite.migrated', { migration: '0901-colours' }],
    ])
    expect([hasColours(), hasColours(copyIn())]).toEqual([true, false])
    expect(nameIn(copyIn())).toBe('kept')
    expect(sql('PRAGMA integrity_check', copyIn())).toEqual([{ integrity_check: 'ok' }])
    // The version before starts on it.
    migrateOld(copyIn())
  })

  it('is not copied when there is nothing to change', () => {
    migrateOld()
    expect(copies()).toEqual([])
    expect(nameIn(fileIn())).toBe('kept')
  })

  it('refuses its former program afterwards, and says which version it needs', () => {
    migrateNew()
    const before = hash(fileIn())
    expect(migrateOld).toThrow(
      'The database was brought up to date by Trunkline 0.2.0 (migration "0901-colours"), and this is 0.1.0. Start 0.2.0 or later.',
    )
    expect(hash(fileIn())).toBe(before)
  })

  it('keeps nothing of a step that fails, and the next start runs it', () => {
    const broken = { ...colours, sqlite: [...colours.sqlite, 'INSERT INTO nowhere VALUES (1)'] }
    expect(() => migrateNew(silentLog, fileIn(), broken)).toThrow(
      /^SQLite: the migration "0901-colours" failed, and nothing of it was kept: no such table: nowhere/,
    )
    expect(hasColours()).toBe(false)
    const { ino } = statSync(copyIn())
    migrateNew()
    expect(hasColours()).toBe(true)
    expect(statSync(copyIn()).ino).toBe(ino)
  })

  it('gets a copy of its own when it has changed since one was made', () => {
    const broken = { ...colours, sqlite: ['INSERT INTO nowhere VALUES (1)'] }
    expect(() => migrateNew(silentLog, fileIn(), broken)).toThrow('nowhere')
    migrateOld()
    rename('kept later')
    migrateNew()
    expect([nameIn(copyIn()), nameIn(`${copyIn()}-2`)]).toEqual(['kept', 'kept later'])
    expect(hasColours(`${copyIn()}-2`)).toBe(false)
  })

  it('takes what a crash left of a copy for no copy', () => {
    writeFileSync(`${copyIn()}.part`, 'half of it')
    migrateNew()
    expect(nameIn(copyIn())).toBe('kept')
    expect(copies()).toEqual(['trunkline.db.before-0901-colours'])
  })

  it('is left alone while another program reads it: a copy would not be whole', () => {
    const other = openDatabase(fileIn())
    other.exec('BEGIN')
    other.all('SELECT * FROM workspaces', [])
    rename('only in the log')
    expect(() => migrateNew()).toThrow(/trunkline\.db is copied before .* another program is reading it\. Close that/)
    expect(copies()).toEqual([])
    expect(hasColours()).toBe(false)
    other.exec('COMMIT')
    other.close()
    migrateNew()
    expect(nameIn(copyIn())).toBe('only in the log')
  })

  it('is as it was after a kill in the middle of a step, and the next start finishes it', async () => {
    const boot = fileURLToPath(new URL('../../boot.mjs', import.meta.url))
    const script = fileURLToPath(new URL('./exercise-migration.ts', import.meta.url))
    const child = spawn(process.execPath, [boot, script, fileIn(), '--endless'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    // What does not fit into memory is written beside the file long before the commit.
    const writing = () => (statSync(`${fileIn()}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 500_000
    await eventually('the middle of the step', writing)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { ino, mtimeMs } = statSync(copyIn())
    const { journal, noted } = notes()
    migrateNew(journal)
    expect(noted.map(([event, facts]) => [event, facts?.wasThere])).toEqual([
      ['sqlite.copied', true],
      ['sqlite.migrated', undefined],
    ])
    expect(statSync(copyIn())).toMatchObject({ ino, mtimeMs })
    expect(sql('SELECT count(*) AS n FROM colours')).toEqual([{ n: 1 }])
    expect(nameIn(fileIn())).toBe('kept')
    expect(sql('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(copies()).toEqual(['trunkline.db.before-0901-colours'])
  })
})

it.skipIf(noMounts || !isRoot)('a disk without room for the copy: the start is refused, and the file untouched', () => {
  const disk = mountSmallDisk(4)
  try {
    const file = fileIn(disk.folder)
    migrateOld(file)
    disk.fill()
    const before = hash(file)
    expect(() => migrateNew(silentLog, file)).toThrow(
      /trunkline\.db \(\d+ bytes\) is copied to .*before-0901-colours before .*ENOSPC.* Make room for the copy/,
    )
    expect(hash(file)).toBe(before)
    expect(copies(disk.folder)).toEqual([])
    disk.empty()
    migrateNew(silentLog, file)
    expect([hasColours(file), hasColours(copyIn(disk.folder))]).toEqual([true, false])
  } finally {
    disk.remove()
  }
})
