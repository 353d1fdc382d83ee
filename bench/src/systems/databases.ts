import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A PostgreSQL server to measure on. */
export interface Databases {
  /** Its first process: the others are its children. */
  pid: number | undefined
  /** An empty database. */
  create(): Promise<{ url: string; drop(): Promise<void> }>
  stop(): Promise<void>
}

/** Starts the PostgreSQL of the tests; undefined, with the reason said, where the server cannot use one. */
export async function openDatabases(root: string, say: (line: string) => void): Promise<Databases | undefined> {
  if (!existsSync(join(root, 'server/dist/storage/postgres/open.js'))) {
    say('PostgreSQL is left out: the server is built without its storage.')
    return undefined
  }
  say('PostgreSQL is left out: no way to start one is known yet.')
  return undefined
}
