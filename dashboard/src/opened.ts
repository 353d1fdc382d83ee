import type { Content } from './parts/element.ts'
import type { Openable } from './route.ts'
import type { ViewNeeds } from './view.ts'

/** What is shown in the sheet. */
export interface Opened {
  title: string
  content: Content
  /** Brings it up to date. */
  refresh(): Promise<void>
}

export interface OpenNeeds extends ViewNeeds {
  /** The address at which something else is open in the place of this. */
  link(what: Partial<Record<Openable, string>>): string
}
