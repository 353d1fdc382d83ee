import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { migrations } from '../../src/storage/migrations/index.ts'
import type { Engine, Place } from '../engines.ts'
import type { Environment } from '../server-process.ts'

/** What is known about the data that a release left behind on one engine. */
export interface Kept {
  version: string
  /** When the last question was answered: milliseconds since 1970. */
  madeAt: number
  /** The steps that had made its schema, each with a hash of its statements. */
  steps: Record<string, string>
  /** What providers had posted, and what they were told. */
  posted: Posted[]
  /** What the API had answered: lists whole, everything else as it was read. Paths are below `/api/v1`. */
  answers: Record<string, unknown>
}

export interface Posted {
  sourceId: string
  kind: string
  url: string
  id: string
  event: string
  body: string
  requestId: string
  eventIds: string[]
}

/** The folder of a release. */
export const folderOf = (version: string): string => fileURLToPath(new URL(`./${version}`, import.meta.url))

/** The releases whose data is kept. */
export const releases: readonly string[] = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
  .sort()

/** What a release knew about the data that it left. */
export function readKept(version: string, engine: Engine['name']): Kept {
  return JSON.parse(readFileSync(join(folderOf(version), `${engine.toLowerCase()}.json`), 'utf8')) as Kept
}

/** Puts what a release left into an empty place. */
export async function restore(version: string, place: Place): Promise<void> {
  const folder = folderOf(version)
  const { DATABASE_URL: url } = place.environment
  if (url === undefined) {
    const packed = readFileSync(join(folder, 'sqlite.db.gz'))
    return writeFileSync(join(place.dataFolder, 'trunkline.db'), gunzipSync(packed), { mode: 0o600 })
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(readFileSync(join(folder, 'postgres.sql'), 'utf8')).finally(() => client.end())
}

/** A secret that is the same at every run and stands nowhere: the hash of a sentence. */
const secretOf = (version: string, what: string): Buffer =>
  createHash('sha256').update(`The ${what} of the kept data of Trunkline ${version}`).digest()

export const secretKeyOf = (version: string): Buffer => secretOf(version, 'secret key')

export const apiKeyOf = (version: string): string => `osk_${secretOf(version, 'API key').toString('hex').slice(0, 48)}`

/** The secret of the source of a kind, as its provider shows it. */
export function sourceSecretOf(version: string, kind: string): string {
  const secret = secretOf(version, `${kind} source`)
  if (kind === 'github') return secret.toString('hex')
  return ['whsec', secret.toString(kind === 'stripe' ? 'hex' : 'base64')].join('_')
}

/** The settings of every server that works with the data, at a place of its own. */
export function settingsOf(version: string, place: Place): Environment {
  return {
    ...place.environment,
    TRUNKLINE_SECRET_KEY: secretKeyOf(version).toString('base64'),
    TRUNKLINE_API_KEY: apiKeyOf(version),
    TRUNKLINE_PUBLIC_URL: 'https://hooks.example.com',
  }
}

/** The steps of today's program that a database has had, each with a hash of its statements. */
export function hashesOf(names: readonly string[], engine: Engine['name']): Record<string, string> {
  const known = migrations.filter(({ name }) => names.includes(name))
  return Object.fromEntries(
    known.map((step) => [
      step.name,
      createHash('sha256')
        .update(JSON.stringify(engine === 'SQLite' ? step.sqlite : step.postgres))
        .digest('hex'),
    ]),
  )
}

/** Whether a version is out, and its data must stay as it is. */
export function isReleased(version: string): boolean {
  const changes = fileURLToPath(new URL('../../../CHANGELOG.md', import.meta.url))
  return existsSync(changes) && readFileSync(changes, 'utf8').includes(`\n## [${version}]`)
}
