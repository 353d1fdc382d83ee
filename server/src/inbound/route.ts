import type { OpenSource } from './open-source.ts'
import type { Destination } from './source-store.ts'

/** Whether a text can be a route: it comes from the network, and stands in a path of the API. */
export function isRoute(text: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(text)
}

/** Whose an event is: where its route leads, else the source's own. */
export function destinationOf(
  route: string | undefined,
  { workspaceId, customer, routes }: Pick<OpenSource, 'workspaceId' | 'customer' | 'routes'>,
): Destination {
  return (route === undefined ? undefined : routes.get(route)) ?? { workspaceId, customer }
}

/** Whether events go to more than one owner, so that nobody may have the whole body that they came in. */
export function isShared(events: readonly Destination[]): boolean {
  const [first, ...others] = events
  return others.some((each) => each.workspaceId !== first?.workspaceId || each.customer !== first.customer)
}
