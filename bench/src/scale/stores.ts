import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Storage } from '../../../server/src/storage/stores.ts'
import type { Bench } from '../parts/bench.ts'
import { startChild } from '../systems/child.ts'
import { type Amounts, dialects, fillStatements, type Owners } from './rows.ts'
import type { Server } from './server-modules.ts'
import { addEndpoint, openWork, type Work } from './work.ts'

export type Engine = 'sqlite' | 'postgres'

/** A filled database with the server's stores open on it. */
export interface Filled extends Work {
  /** The rows and their indexes. */
  bytes: number
  close(): Promise<void>
}

/** Where the rows of one engine are kept, before and after they are put there behind the stores' back. */
interface Place {
  open(): Promise<Storage>
  fill(statements: readonly string[]): Promise<number>
  remove(): Promise<void>
}

/** Makes a database as the server does, fills it, and opens it again. */
export async function openFilled(
  bench: Bench,
  server: Server,
  { engine, amounts, progress }: { engine: Engine; amounts: Amounts; progress(line: string): void },
): Promise<Filled> {
  const place =
    engine === 'sqlite' ? sqlitePlace(bench, server, progress) : await postgresPlace(bench, server, progress)
  let storage: Storage | undefined
  try {
    const owners = await addOwners(server, place)
    const bytes = await place.fill([
      ...fillStatements(dialects[engine], amounts, owners),
      `UPDATE lanes SET next_due = ${owners.now}`,
    ])
    const opened = await place.open()
    storage = opened
    return {
      ...openWork(server, opened, owners),
      bytes,
      async close() {
        await opened.close()
        await place.remove()
      },
    }
  } catch (error) {
    await storage?.close()
    await place.remove()
    throw error
  }
}

async function addOwners(server: Server, place: Place): Promise<Owners> {
  const storage = await place.open()
  try {
    const now = Date.now()
    const workspaceId = server.defaultWorkspaceId
    return {
      workspaceId,
      endpointId: await addEndpoint(server, storage, workspaceId, 'active'),
      pausedId: await addEndpoint(server, storage, workspaceId, 'paused'),
      sourceId: server.newId('source', now),
      now,
      timeOf: (ms) => server.lowestId('event', ms).slice('evt_'.length, -16),
    }
  } finally {
    await storage.close()
  }
}

function needs(server: Server) {
  return {
    clock: server.systemClock,
    journal: server.silentLog,
    version: server.version,
    processId: server.newId('process', Date.now()),
    commands: server.commands,
    onFatal(error: Error): never {
      throw error
    },
  }
}

function sqlitePlace({ root, workFolder }: Bench, server: Server, progress: (line: string) => void): Place {
  const dataFolder = mkdtempSync(join(workFolder, 'scale-'))
  const file = join(dataFolder, 'trunkline.db')
  return {
    open: () => server.openStorage({ databaseUrl: undefined, dataFolder }, needs(server)),
    async fill(statements) {
      const list = join(dataFolder, 'statements.json')
      writeFileSync(list, JSON.stringify(statements))
      const program = fileURLToPath(new URL('./fill-sqlite.js', import.meta.url))
      const child = await startChild(workFolder, () => ({
        args: [program, join(root, 'server/dist/storage/sqlite/database.js'), file, list],
        isReady: /^ready/,
      }))
      try {
        await watched(
          progress,
          () => statSync(file).size,
          async () => {
            while (!child.hasEnded()) await new Promise((resolve) => setTimeout(resolve, 100))
          },
        )
        if (!/^filled$/m.test(child.output())) throw new Error(`the file could not be filled:\n${child.output()}`)
        return statSync(file).size
      } finally {
        await child.stop()
      }
    },
    async remove() {
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

async function postgresPlace({ databases, workFolder }: Bench, server: Server, progress: (line: string) => void) {
  const database = await databases?.create()
  if (!database) throw new Error('there is no PostgreSQL')
  const dataFolder = join(workFolder, 'unused')
  mkdirSync(dataFolder, { recursive: true })
  const place: Place = {
    open: () => server.openStorage({ databaseUrl: database.url, dataFolder }, needs(server)),
    async fill(statements) {
      const client = new pg.Client({ connectionString: database.url })
      const looker = new pg.Client({ connectionString: database.url })
      await Promise.all([client.connect(), looker.connect()])
      const size = async () =>
        Number((await looker.query('SELECT pg_database_size(current_database()) AS bytes')).rows[0]?.bytes)
      try {
        await watched(progress, size, async () => {
          for (const statement of statements) await client.query(statement)
          // What the server does by itself in the minutes after: none of it may fall into the measuring.
          await client.query('VACUUM (ANALYZE)')
          await client.query('CHECKPOINT')
        })
        return await size()
      } finally {
        await Promise.all([client.end(), looker.end()])
      }
    },
    remove: () => database.drop(),
  }
  return place
}

const saidEveryMs = 10_000

/** Says every ten seconds how large it has become. */
async function watched(
  progress: (line: string) => void,
  size: () => number | Promise<number>,
  run: () => Promise<void>,
): Promise<void> {
  const beganAt = performance.now()
  const timer = setInterval(async () => {
    try {
      const megabytes = Math.round(Number(await size()) / 1e6)
      progress(`${Math.round((performance.now() - beganAt) / 1000)} s, ${megabytes.toLocaleString('en')} MB`)
    } catch {
      // Asked at the moment it ended.
    }
  }, saidEveryMs)
  try {
    await run()
  } finally {
    clearInterval(timer)
  }
}
