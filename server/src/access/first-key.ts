import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Commit } from '../base/command.ts'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { type Credential, hashKey, makeKey, previewOf } from './credential.ts'
import { keepFirstKey, useEnvironmentKey } from './keep-credential.ts'
import { scopes } from './scope.ts'

/**
 * Sees to it that somebody can call the API: the key of the environment is put in force (and a former one out of it);
 * without one, and without any other credential, a first key is made. Answers that key, this once.
 */
export async function ensureKey(apiKey: string | undefined, now: number, commit: Commit): Promise<string | undefined> {
  await commit(useEnvironmentKey, {
    credential: apiKey === undefined ? null : credentialOf(apiKey, 'environment', now),
    now,
  })
  if (apiKey !== undefined) return undefined
  const key = makeKey()
  return (await commit(keepFirstKey, credentialOf(key, 'first', now))) ? key : undefined
}

/** Writes the first key where only this user can read it; answers the path. For a server that has no terminal. */
export function writeFirstKey(folder: string, key: string): string {
  const file = join(folder, 'first-key')
  writeFileSync(file, `${key}\n`, { mode: 0o600, flush: true })
  return file
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
