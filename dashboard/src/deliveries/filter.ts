import type { Choice } from '../parts/filter.ts'
import { filtering, type Place, statuses } from '../route.ts'

/** The ways to narrow the deliveries: by status, and a way back from one endpoint to all. */
export function deliveryChoices(place: Place, endpointName: (id: string) => string): Choice[] {
  const { status: current, endpoint } = place
  return [
    { label: 'all', href: filtering(place, { status: undefined }), isCurrent: current === undefined },
    ...statuses.map((status) => ({
      label: status,
      href: filtering(place, { status }),
      isCurrent: status === current,
    })),
    ...(endpoint === undefined
      ? []
      : [
          {
            label: `to ${endpointName(endpoint)} ✕`,
            href: filtering(place, { endpoint: undefined }),
            isCurrent: true,
          },
        ]),
  ]
}
