import type { Choice } from '../parts/filter.ts'
import { type Place, statuses, writePlace } from '../route.ts'

/** The ways to narrow the deliveries: by status, and a way back from one endpoint to all. */
export function deliveryChoices(
  { delivery: _, event: __, ...place }: Place,
  endpointName: (id: string) => string,
): Choice[] {
  const { status: current, ...anyStatus } = place
  const { endpoint, ...anyEndpoint } = place
  return [
    { label: 'all', href: writePlace(anyStatus), isCurrent: current === undefined },
    ...statuses.map((status) => ({
      label: status,
      href: writePlace({ ...place, status }),
      isCurrent: status === current,
    })),
    ...(endpoint === undefined
      ? []
      : [{ label: `to ${endpointName(endpoint)} ✕`, href: writePlace(anyEndpoint), isCurrent: true }]),
  ]
}
