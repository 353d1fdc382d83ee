import type { Page } from '../base/page.ts'

/** A place where a provider's requests come in. */
export interface Source {
  id: string
  workspaceId: string
  customer: string | null
  kind: string
  name: string
  /** The unguessable part of its URL. */
  key: string
  /** Sealed JSON: the secrets that verify, current first. */
  sealedSecrets: string
  /** The settings of its kind, as JSON text. */
  config: string
  isEnabled: boolean
  createdAt: number
  updatedAt: number
}

export interface SourceReads {
  read(workspaceId: string, id: string): Promise<Source | undefined>
  /** Newest first. */
  list(workspaceId: string, page: Page): Promise<readonly Source[]>
  /** By the key in its URL, whatever its workspace: this is how a request finds its workspace. */
  byKey(key: string): Promise<Source | undefined>
}

export type SourceChanges = Partial<Pick<Source, 'name' | 'sealedSecrets' | 'config' | 'isEnabled'>>

export interface SourceStore extends SourceReads {
  insert(source: Source): Promise<void>
  /** The source as it is now, or undefined when the workspace has none of that id. */
  update(workspaceId: string, id: string, changes: SourceChanges, now: number): Promise<Source | undefined>
  remove(workspaceId: string, id: string): Promise<boolean>
}
