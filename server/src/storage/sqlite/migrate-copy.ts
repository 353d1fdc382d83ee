import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Log } from '../../base/log.ts'
import type { Database } from './database.ts'

/**
 * Copies the file before a migration changes it, to `trunkline.db.before-<migration>` beside it. A copy appears whole or
 * not at all, and one that is there is never overwritten: the next start after a crash in the migration finds it and goes
 * on, and a file that has changed since gets a copy of its own.
 */
export function keepCopy(database: Database, file: string, migration: string, journal: Log): void {
  // Everything into the file, and then nobody writes until it is copied.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE')
  try {
    if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
      throw new Error(
        `${file} is copied before the migration "${migration}", and another program is reading it. Close that program and start again; nothing was changed.`,
      )
    }
    const source = statSync(file)
    const { copy, isThere } = placeFor(file, migration, source)
    if (!isThere) makeCopy(file, source, copy, migration)
    journal.info('sqlite.copied', { migration, copy, bytes: source.size, wasThere: isThere })
  } finally {
    database.exec('ROLLBACK')
  }
}

/** Where the copy is, or will be. A copy carries the time of its file; whatever is written into the file gives it a later one. */
function placeFor(file: string, migration: string, source: Stats): { copy: string; isThere: boolean } {
  for (let n = 1; ; n++) {
    const copy = `${file}.before-${migration}${n === 1 ? '' : `-${n}`}`
    const there = statSync(copy, { throwIfNoEntry: false })
    const isSame = there?.size === source.size && Math.abs(there.mtimeMs - source.mtimeMs) < 1
    if (!there || isSame) return { copy, isThere: isSame }
  }
}

function makeCopy(file: string, source: Stats, copy: string, migration: string): void {
  const draft = `${copy}.part`
  try {
    copyAside(file, draft)
    chmodSync(draft, 0o600)
    utimesSync(draft, source.atimeMs / 1000, source.mtimeMs / 1000)
    flush(draft)
    renameSync(draft, copy)
    if (process.platform !== 'win32') flush(dirname(copy)) // Windows opens no folders
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new Error(
      `${file} (${source.size} bytes) is copied to ${copy} before the migration "${migration}", and that failed: ${(cause as Error).message}. Make room for the copy, or move older copies away, and start again; nothing was changed.`,
      { cause },
    )
  }
}

/** FICLONE: without a byte written, where the file system can share blocks. */
const script = `const fs = require('node:fs'), [, from, to] = process.argv
try { fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE) }
catch (error) { process.stderr.write(error.message); process.exitCode = 1 }`

/**
 * Copies in a process of its own. Here it would close the file, and with that take away the locks of every connection
 * that this process has to it (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
function copyAside(from: string, to: string): void {
  const { status, stderr, error } = spawnSync(process.execPath, ['-e', script, from, to], { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(stderr.trim() || `the copy ended with ${status}`)
}

function flush(path: string): void {
  const opened = openSync(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
