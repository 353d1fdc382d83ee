import type { Credential } from './credential.ts'

export interface CredentialReads {
  /** By the hash of the key, revoked ones too. */
  byHash(keyHash: string): Promise<Credential | undefined>
}

export interface CredentialStore extends CredentialReads {
  /** Whether there is any credential that has not been revoked. */
  hasAny(): Promise<boolean>
  /** Inserts the one credential of origin `first`; false when another process was first. */
  insertFirst(credential: Credential): Promise<boolean>
  /** Inserts it; one with the same key is in force again, with these scopes. */
  insertUnlessThere(credential: Credential): Promise<void>
  revokeOthers(origin: Credential['origin'], keyHash: string | null, now: number): Promise<void>
}
