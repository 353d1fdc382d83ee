import type { Api } from './api.ts'
import type { ApiError } from './api-error.ts'
import type { Retry } from './deliveries/retry.ts'
import type { Names } from './names.ts'
import type { Place } from './route.ts'

/** One part of the page. */
export interface View {
  node: HTMLElement
  /** Reads what it shows at a place. Nothing is shown until `show` is called: the place may be another one by then. */
  read(place: Place): Promise<Reading>
  /**
   * Takes in another place before anything of it is read: the ways on from it must lead on from there at once, or who
   * is quicker than the server loses what he chose before.
   */
  go?(place: Place): void
  /** Ends what goes on by itself. */
  stop?(): void
}

export interface Reading {
  faults: readonly ApiError[]
  show(): void
}

/** What every part has to do with. */
export interface ViewNeeds {
  api: Api
  names: Names
  place(): Place
  /** Goes to an address of this page. */
  go(href: string): void
  /** Brings the page up to date at once. */
  refresh(): void
  retry: Retry
}
