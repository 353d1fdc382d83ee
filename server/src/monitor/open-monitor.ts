import type { Clock } from '../base/clock.ts'
import { createEgress } from '../egress/request.ts'
import type { MonitorTargets, Origin } from './destination.ts'
import { createMonitor, type Monitor } from './monitor.ts'
import { otlp } from './otlp.ts'
import { sentry } from './sentry.ts'

/** Opens the way to the error monitors that are set; undefined when none is. */
export function openMonitor(
  { sentry: dsn, otlp: collector }: MonitorTargets,
  { clock, ...origin }: Origin & { clock: Clock },
): Monitor | undefined {
  const destinations = [...(dsn ? [sentry(dsn, origin)] : []), ...(collector ? [otlp(collector, origin)] : [])]
  if (destinations.length === 0) return undefined
  // The operator has chosen these addresses, and no other goes this way; redirects are not followed.
  const policy = { allowPrivate: ['0.0.0.0/0', '::/0'], allowHttp: true }
  return createMonitor({ destinations, egress: createEgress({ policy, clock }), clock })
}
