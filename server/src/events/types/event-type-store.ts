import type { Page } from '../../base/page.ts'

/** What becomes of an event whose data does not fit the schema of its type, when it is published. */
export const validations = ['off', 'warn', 'reject'] as const
export type Validation = (typeof validations)[number]

/** A type that a workspace has described itself. */
export interface RegisteredType {
  workspaceId: string
  type: string
  /** When it happens. */
  description: string
  /** The text of a JSON Schema, or null. */
  schema: string | null
  validation: Validation
  /** Data as it may look: the text of any JSON, or null. */
  example: string | null
  createdAt: number
  updatedAt: number
}

/** What must be known of a type to check what is published of it. */
export type CheckedType = Pick<RegisteredType, 'type' | 'validation' | 'updatedAt'>

export interface EventTypeReads {
  read(workspaceId: string, type: string): Promise<RegisteredType | undefined>
  /** In alphabetical order, after one of them. */
  list(workspaceId: string, page: Page): Promise<readonly RegisteredType[]>
  /** Those that are checked when something is published. */
  checked(workspaceId: string): Promise<readonly CheckedType[]>
}

export interface EventTypeStore extends EventTypeReads {
  /** Keeps a type; false when the workspace has one of that name, which stays as it is. */
  insert(type: RegisteredType): Promise<boolean>
  /** Puts other settings in its place; the time when it was made stays. False when there is none. */
  replace(type: RegisteredType): Promise<boolean>
  /** False when there is none. */
  remove(workspaceId: string, type: string): Promise<boolean>
  count(workspaceId: string): Promise<number>
}
