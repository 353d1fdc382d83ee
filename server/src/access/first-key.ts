import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Commit } from '../base/command.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { type Credential, hashKey, makeKey, previewOf } from './credential.ts'
import { hasKeys, keepFirstKey, useEnvironmentKey } from './keep-credential.ts'
import { scopes } from './scope.ts'

/** Puts the key of the environment in force, and a former one out of it. Without one a former one is out of force too. */
export async function useKeyOf(apiKey: string | undefined, now: number, commit: Commit): Promise<void> {
  const credential = apiKey === undefined ? null : credentialOf(apiKey, 'environment', now)
  await commit(useEnvironmentKey, { credential, now })
}

/** A key that was just made. */
export interface FirstKey {
  key: string
  /** Where it is written; undefined where it is to be shown. */
  file: string | undefined
}

/**
 * Sees to it that somebody can call the API: without any credential a first key is made. Answers it, this once. With a folder it
 * is written there, where only this user can read it, for a server that has no terminal: before it is in force, so that no key
 * is ever the only one while nobody knows it.
 */
export async function ensureFirstKey(
  now: number,
  commit: Commit,
  folder: string | undefined,
): Promise<FirstKey | undefined> {
  if (await commit(hasKeys, null)) return undefined
  const key = makeKey()
  const written = folder === undefined ? undefined : writeKey(folder, key)
  try {
    if (await commit(keepFirstKey, credentialOf(key, 'first', now))) return { key, file: written?.keep() }
  } catch (error) {
    // It may be in force for all that.
    written?.keep()
    throw error
  }
  written?.drop()
  return undefined
}

/** Writes a key beside the file that it is to become, which may hold one that is in force. */
function writeKey(folder: string, key: string): { keep(): string; drop(): void } {
  const file = join(folder, 'first-key')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(draft, `${key}\n`, { mode: 0o600, flush: true })
  return {
    keep() {
      renameSync(draft, file)
      return file
    },
    drop: () => unlinkSync(draft),
  }
}

function credentialOf(key: string, origin: Credential['origin'], now: number): Credential {
  return {
    id: newId('credential', now),
    workspaceId: defaultWorkspaceId,
    customer: null,
    name: origin === 'environment' ? 'TRUNKLINE_API_KEY' : 'first key',
    keyHash: hashKey(key),
    preview: previewOf(key),
    scopes,
    origin,
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
  }
}
