import type { Request } from '@trunkline/sdk'
import { bars } from '../parts/bars.ts'
import { type Content, element } from '../parts/element.ts'
import { took } from '../parts/time.ts'

const labels: Readonly<Record<string, string>> = {
  read: 'read',
  proven: 'proven',
  parsed: 'parsed',
  fannedOut: 'deliveries made',
  firstAttempt: 'first attempt',
  firstSuccess: 'first success',
}

/** Where the time went from one stage to the next. */
export function stageBars({ stages }: Pick<Request, 'stages'>): Content {
  const [received, ...later] = stages
  if (!received || later.length === 0) return null
  return [
    bars(
      later.map(({ stage, afterMs }, i) => {
        const fromMs = stages[i]?.afterMs ?? 0
        return {
          label: labels[stage] ?? stage,
          fromMs,
          toMs: afterMs,
          words: took(Math.max(0, afterMs - fromMs)),
        }
      }),
    ),
    element(
      'p',
      { class: 'words size' },
      `${took(later.at(-1)?.afterMs ?? 0)} from its first line to the last of these.`,
    ),
  ]
}
