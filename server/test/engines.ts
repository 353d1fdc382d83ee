import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openDatabase, type Row, type Value } from '../src/storage/sqlite/database.ts'
import type { TestDatabase } from './postgres.ts'
import type { Environment } from './server-process.ts'
import { sharedPostgres } from './shared-postgres.ts'

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

export const sqlite: Engine = {
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

export const postgres: Engine = {
  name: 'PostgreSQL',
  async createPlace() {
    const { createDatabase } = await sharedPostgres()
    return postgresPlace(await createDatabase())
  },
}

/** A PostgreSQL database that is there. */
export function postgresPlace({ url, drop }: TestDatabase): Place {
  const dataFolder = mkdtempSync(join(tmpdir(), 'trunkline-'))
  return {
    engine: 'PostgreSQL',
    dataFolder,
    environment: {
      TRUNKLINE_DATA: dataFolder,
      DATABASE_URL: url,
      TRUNKLINE_SECRET_KEY: randomBytes(32).toString('base64'),
    },
    async rows(sql, values = []) {
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => {}) // a server that ends says so on idle connections
      await client.connect()
      let n = 0
      const answer = await client
        .query<Row>(
          sql.replaceAll('?', () => `$${++n}`),
          [...values],
        )
        .finally(() => client.end())
      return answer.rows
    },
    async remove() {
      await drop()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

/** The engines that every promise is tested on. */
export const engines: readonly Engine[] = [sqlite, postgres]
