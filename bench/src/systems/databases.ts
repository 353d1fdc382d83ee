import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tsImport } from 'tsx/esm/api'

/** A PostgreSQL server to measure on. */
export interface Databases {
  /** Its first process, whose children are the others; undefined when it is not on this machine. */
  pids: readonly number[] | undefined
  /** Where it keeps its files; undefined when it is not on this machine. */
  folder: string | undefined
  /** An empty database. */
  create(): Promise<Database>
  stop(): Promise<void>
}

export interface Database {
  url: string
  drop(): Promise<void>
}

/**
 * The PostgreSQL that the tests bring along, with fsync on, or the one of TRUNKLINE_TEST_DATABASE_URL. Undefined, with
 * the reason said, where there is none.
 */
export async function openDatabases(root: string, say: (line: string) => void): Promise<Databases | undefined> {
  if (!existsSync(join(root, 'server/dist/storage/postgres/open.js'))) {
    say('PostgreSQL is left out: the server is built without its storage.')
    return undefined
  }
  try {
    const file = pathToFileURL(join(root, 'server/test/postgres.ts')).href
    const tests = (await tsImport(file, import.meta.url)) as typeof import('../../../server/test/postgres.ts')
    const url = process.env.TRUNKLINE_TEST_DATABASE_URL
    if (url)
      return { pids: undefined, folder: undefined, create: () => tests.createDatabase(url), stop: async () => {} }
    const server = await tests.startPostgres()
    const folder = join(server.socketFolder, 'data')
    return {
      pids: [Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])],
      folder,
      create: server.createDatabase,
      stop: server.remove,
    }
  } catch (error) {
    say(`PostgreSQL is left out: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
