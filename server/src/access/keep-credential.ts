import { command } from '../base/command.ts'
import { Problem } from '../base/errors.ts'
import type { Credential } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'
import type { Scope } from './scope.ts'

/**
 * Makes the key of the environment variable the only one of its origin: another one is revoked, and no variable revokes
 * it too. Safe to run at every start and by two processes at once.
 */
export const useEnvironmentKey = command<
  { credentials: CredentialStore },
  { credential: Credential | null; now: number },
  null
>('use-environment-key', async (tx, { credential, now }) => {
  await tx.credentials.revokeOthers('environment', credential?.keyHash ?? null, now)
  if (credential) await tx.credentials.insertUnlessThere(credential)
  return null
})

/** Whether the server has any credential, in force or not. */
export const hasKeys = command<{ credentials: CredentialStore }, null, boolean>('has-keys', (tx) =>
  tx.credentials.hasAny(),
)

/** Keeps the first key if the server has no credential at all; answers whether it was kept. Of two processes one wins. */
export const keepFirstKey = command<{ credentials: CredentialStore }, Credential, boolean>(
  'keep-first-key',
  async (tx, credential) => {
    if (await tx.credentials.hasAny()) return false
    return tx.credentials.insertFirst(credential)
  },
)

/** Keeps a key that was made through the API. */
export const createKey = command<{ credentials: CredentialStore }, Credential, null>(
  'create-key',
  async (tx, credential) => {
    await tx.credentials.insert(credential)
    return null
  },
)

export interface Revocation {
  workspaceId: string
  id: string
  /** Only a key of this customer is found; null finds every one of the workspace. */
  customer: string | null
  /** What whoever asks may do: a key that may do more is not his to take away. */
  scopes: readonly Scope[]
  now: number
}

/**
 * Takes a key out of force; one that is revoked already stays so. One that may do more than whoever asks is refused, or
 * lesser keys could lock out those that they were made by. The key of the environment would be back at the next start, and
 * without the last one that makes keys nobody could make any.
 */
export const revokeKey = command<{ credentials: CredentialStore }, Revocation, null>(
  'revoke-key',
  async (tx, { workspaceId, id, customer, scopes, now }) => {
    const known = await tx.credentials.read(workspaceId, id)
    if (!known || (customer !== null && known.customer !== customer)) throw noKey(id)
    if (known.revokedAt !== null) return null
    const beyond = known.scopes.filter((scope) => !scopes.includes(scope))
    if (beyond.length > 0)
      throw new Problem(
        'SCOPE_MISSING',
        `key "${id}" may do more than the one that revokes it: ${beyond.map((each) => `"${each}"`).join(', ')}`,
      )
    if (known.origin === 'environment')
      throw new Problem(
        'CONFLICT',
        `key "${id}" is the one of TRUNKLINE_API_KEY: change or remove the variable and start the server again`,
      )
    const isMaker = known.customer === null && known.expiresAt === null && known.scopes.includes('keys.write')
    if (isMaker && !(await tx.credentials.hasOtherMaker(workspaceId, id)))
      throw new Problem(
        'CONFLICT',
        `key "${id}" is the last one that can make keys: make another with "keys.write" first`,
      )
    await tx.credentials.revoke(workspaceId, id, now)
    return null
  },
)

export function noKey(id: string): Problem {
  return new Problem('NOT_FOUND', `there is no key "${id}"`)
}
