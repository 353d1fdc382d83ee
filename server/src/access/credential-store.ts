import type { Page } from '../base/page.ts'
import type { Credential } from './credential.ts'

export interface CredentialReads {
  /** By the hash of the key, revoked ones too. */
  byHash(keyHash: string): Promise<Credential | undefined>
  read(workspaceId: string, id: string): Promise<Credential | undefined>
  /** Newest first, revoked ones too. */
  list(workspaceId: string, filter: CredentialFilter, page: Page): Promise<readonly Credential[]>
}

export interface CredentialFilter {
  /** Those that are bound to this customer. */
  customer?: string
}

export interface CredentialStore extends CredentialReads {
  /** Whether there is any credential that has not been revoked. */
  hasAny(): Promise<boolean>
  insert(credential: Credential): Promise<void>
  /** Inserts the one credential of origin `first`; false when another process was first. */
  insertFirst(credential: Credential): Promise<boolean>
  /** Inserts it; one with the same key is in force again, with these scopes. */
  insertUnlessThere(credential: Credential): Promise<void>
  revokeOthers(origin: Credential['origin'], keyHash: string | null, now: number): Promise<void>
  /** Takes a key out of force; one that is revoked already keeps its time. */
  revoke(workspaceId: string, id: string, now: number): Promise<void>
  /** Whether a key beside this one can make keys for the whole workspace: one in force, and for good. */
  hasOtherMaker(workspaceId: string, id: string): Promise<boolean>
}
