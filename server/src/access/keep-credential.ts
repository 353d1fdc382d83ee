import { command } from '../base/command.ts'
import type { Credential } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

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

/** Keeps the first key if the server has no credential at all; answers whether it was kept. Of two processes one wins. */
export const keepFirstKey = command<{ credentials: CredentialStore }, Credential, boolean>(
  'keep-first-key',
  async (tx, credential) => {
    if (await tx.credentials.hasAny()) return false
    return tx.credentials.insertFirst(credential)
  },
)
