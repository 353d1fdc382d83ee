import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type Row, type Value } from '../src/storage/sqlite/database.ts'
import type { Environment } from './server-process.ts'

/** A database engine that a server can run on. */
export interface Engine {
  name: 'SQLite' | 'PostgreSQL'
  /** An empty database and data folder of their own. */
  createPlace(): Promise<Place>
}

/** Where a server keeps what it knows. */
export interface Place {
  engine: Engine['name']
  dataFolder: string
  /** The settings that make a server use it. */
  environment: Environment
  /** Looks into the database, or changes it, behind the server's back; values stand for `?`. */
  rows(sql: string, values?: readonly Value[]): Promise<Row[]>
  remove(): Promise<void>
}

const sqlite: Engine = {
  name: 'SQLite',
  async createPlace() {
    return sqlitePlace(mkdtempSync(join(tmpdir(), 'trunkline-')))
  },
}

/** A SQLite database in a folder that is there. */
export function sqlitePlace(dataFolder: string): Place {
  return {
    engine: 'SQLite',
    dataFolder,
    environment: { TRUNKLINE_DATA: dataFolder },
    async rows(sql, values = []) {
      const database = openDatabase(join(dataFolder, 'trunkline.db'))
      try {
        return database.all(sql, values)
      } finally {
        database.close()
      }
    },
    async remove() {
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

/** The engines that every promise is tested on. */
export const engines: readonly Engine[] = [sqlite]
