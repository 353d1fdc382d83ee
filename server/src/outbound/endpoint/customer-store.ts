import type { Page } from '../../base/page.ts'

/** A customer, known by what names it, and how much there is of it: counted no further than was asked. */
export interface Customer {
  name: string
  endpoints: number
  events: number
  deliveries: number
  /** When its latest event was received; null when there is none. */
  lastEventAt: number | null
}

export interface CustomerReads {
  /**
   * Who is named by an endpoint, an event, a source or a route, in alphabetical order by the bytes; the position is the
   * name. Each count ends at `countedTo`.
   */
  list(workspaceId: string, page: Page, countedTo: number): Promise<readonly Customer[]>
  /** One customer, as it may see itself: of deliveries those to its own endpoints. Undefined when nothing names it. */
  read(workspaceId: string, name: string, countedTo: number): Promise<Customer | undefined>
}
