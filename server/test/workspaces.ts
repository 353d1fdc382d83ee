import { type Credential, hashKey, makeKey } from '../src/access/credential.ts'
import { defaultWorkspaceId, newId } from '../src/base/id.ts'
import type { Place } from './engines.ts'

/** Puts a workspace beside the default one into a database; answers its id. The API cannot make any yet. */
export async function addWorkspace({ rows }: Place): Promise<string> {
  const id = newId('workspace', Date.now())
  await rows("INSERT INTO workspaces (id, name, created_at) VALUES (?, 'another', 0)", [id])
  return id
}

/** Puts a key into a database; answers it. */
export async function addKey(
  { rows }: Place,
  scopes: Credential['scopes'],
  workspaceId = defaultWorkspaceId,
): Promise<string> {
  const key = makeKey()
  await rows(
    `INSERT INTO credentials (id, workspace_id, name, key_hash, preview, scopes, origin, created_at)
     VALUES (?, ?, 'of a test', ?, ?, ?, 'api', 0)`,
    [newId('credential', Date.now()), workspaceId, hashKey(key), key.slice(0, 12), JSON.stringify(scopes)],
  )
  return key
}
